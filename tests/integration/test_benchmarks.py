"""The benchmarks run and measure something; how fast it is, no test says."""

import pytest

from benchmarks import boxes, doorbell, growth, loop, million, page, replay, workers


def test_a_recording_is_judged_as_often_as_it_is_told() -> None:
    results = [replay.measure(copies=3, filtered=filtered) for filtered in (True, False)]
    assert [result.calls for result in results] == [15, 15]
    assert results[1].events > results[0].events
    assert "| filtered | 15 |" in page.replay(results)


def test_every_call_that_goes_into_the_loop_comes_out() -> None:
    result = loop.measure((20, 40), warm_up=5)
    assert (result.calls, [mark for mark, _ in result.resident_mb]) == (40, [20, 40])
    parts = loop.parts(100)
    assert sum(share for _, share in parts) == pytest.approx(1)
    assert "| 40 |" in page.loop(result, parts, 100)


def test_every_call_of_the_million_is_taken_in_and_memory_is_told_at_each_mark() -> None:
    result = million.measure((100, 200))
    assert [mark.calls for mark in result.marks] == [100, 200]
    assert result.marks[0].held < result.marks[1].held, "one in fifty never hangs up"
    listening = million.listen((100, 200))
    assert [mark.held for mark in listening] == [mark.held for mark in result.marks]
    assert "| 200 |" in million.page(result, listening)


@pytest.mark.parametrize("kind", [growth.FILE, growth.SERVER])
def test_a_clinic_grows_to_the_size_that_is_asked_for_and_goes_on_texting(kind: str) -> None:
    (grown,) = growth.measure((1000,), calls=20, warm_up=1, kind=kind)
    assert (grown.stored, grown.calls) == (1000, 20)
    assert (grown.pages > 0) == (kind == growth.SERVER)
    assert f"| {1000:,} |" in growth.page([grown], kind=kind)


def test_each_text_goes_once_however_many_workers_there_are() -> None:
    found = workers.measure(counts=(2,), most=12)
    assert {sent.database for sent in found} == {"SQLite", "PostgreSQL"}
    assert {(sent.texts, sent.twice) for sent in found} == {(12, 0)}
    assert "| SQLite | at once | 2 |" in workers.page(found)


def test_every_call_of_every_box_comes_into_the_centre_s_books() -> None:
    (taken,) = boxes.measure((2,), calls=6)
    assert (taken.boxes, taken.waits.count) == (2, 6)
    assert "| 2 |" in boxes.page([taken])


def test_every_text_goes_with_a_broker_and_without() -> None:
    found = doorbell.measure(calls=2, warm_up=1)
    assert [rung.delay.count for rung in found] == [2, 2, 2]
    assert "broker killed" in doorbell.page(found)
