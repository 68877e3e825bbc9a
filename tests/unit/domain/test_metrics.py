"""The five metrics say what they are counted from."""

from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.metrics import percentile, report, spread
from secondring.domain.ports import Figures
from secondring.domain.records import Outcome

FIGURES = Figures(
    episodes=8,
    open=2,
    outcomes={Outcome.REACHED: 2, Outcome.BOOKED: 1, Outcome.UNRECOVERED: 2, Outcome.OPTED_OUT: 1},
    texted=5,
    replied=3,
    booking_asked=2,
    booked=1,
    urgent=1,
    urgent_reached=1,
    seconds_to_text=(2.0, 2.1, 2.2, 3.0, 70.0),
    seconds_to_nurse=(11.0,),
    calls_missed={"busy": 1, "no-answer": 8},
    calls_answered=20,
    calls_ignored=3,
)


def test_every_rate_carries_its_numerator_and_denominator() -> None:
    made = report(FIGURES)
    assert (made.recovery.numerator, made.recovery.denominator) == (3, 8)
    assert (made.unrecovered.numerator, made.unrecovered.denominator) == (2, 8)
    assert (made.self_scheduling.numerator, made.self_scheduling.denominator) == (1, 2)
    assert made.time_to_first_text.p50 == 2.2
    assert made.time_to_first_text.p99 == 70.0
    assert (made.time_to_first_text.within_target.numerator, made.time_to_first_text.count) == (4, 5)
    assert made.urgent.p50 == 11.0
    assert made.still_open == 2


def test_nothing_to_count_is_no_rate() -> None:
    assert spread((), 60).p50 is None
    assert spread((), 60).within_target.value is None


@given(st.lists(st.floats(0, 1e6), min_size=1).map(sorted), st.floats(1, 100))
def test_a_percentile_is_a_value_that_was_measured(values: list[float], percent: float) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(1 for v in values if v <= (found or 0)) >= len(values) * percent / 100 - 1e-9
