"""The benchmarks run and measure something; how fast it is, no test says."""

import pytest

from benchmarks import loop, million, page, replay


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
    assert "| 200 |" in million.page(result)
