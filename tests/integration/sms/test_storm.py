"""Bad weather and kill -9 at once: nobody gets two texts, none is lost, and the books are right in the end."""

from pathlib import Path

from tests.support.storm import Forecast, Storm


async def test_in_bad_weather_and_killed_again_and_again_each_text_is_accounted_for_once(
    tmp_path: Path,
) -> None:
    forecast = Forecast(
        texts=80, kills=2, lost=0.1, repeated=0.2, opted_out=0.05, landlines=0.05, patience=120
    )
    outcome = await Storm(tmp_path, forecast).run()
    assert (outcome.twice, outcome.lost, outcome.kills) == (0, 0, 2)
    assert outcome.states == outcome.expected
    assert outcome.tasks == outcome.expected["failed"]
    assert outcome.answers_lost
    assert outcome.receipts_repeated
    assert outcome.opt_outs
