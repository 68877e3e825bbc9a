"""What a run says of itself: enough to debug each mismatch, and no number whole."""

import json
from dataclasses import replace

from chaos import report
from chaos.ledger import Evidence, balance
from chaos.run import Result, Wanted
from tests.unit.chaos.test_ledger import AT, HEARD, NUMBER, TEXTED

WANTED = Wanted(shape="one", seed=7, calls=1, faults=1, rate=6, patience=60)


def result(taken: int) -> Result:
    ledger = balance(Evidence(seen=[HEARD], booked=[TEXTED], taken={NUMBER: taken}, on_record=frozenset()))
    return Result(
        wanted=WANTED,
        ledger=ledger,
        by_ending={"gives-up": 1},
        faults=[("kill secondring", AT + 1, 0.1), ("carrier down", AT + 900, 2.0)],
        starts={"secondring": 2},
        posts=taken,
        traffic_s=2.0,
        settled_s=1.0,
        load=0.5,
        troubles=[],
    )


def test_a_run_that_balances_says_so() -> None:
    assert "BALANCED: duplicates 0, losses 0" in report.for_people(result(1))
    assert json.loads(report.for_programs(result(1)))["became"]["text"] == 1


def test_a_mismatch_is_told_with_what_broke_around_it_and_its_number_masked() -> None:
    told = report.for_people(result(2))
    assert "DOES NOT BALANCE (1 mismatches" in told
    assert "TWICE" in told
    assert "kill secondring" in told.partition("TWICE")[2]
    assert "carrier down" not in told.partition("gives-up, placed")[2]
    assert NUMBER not in told + report.for_programs(result(2))


def test_a_run_that_never_came_to_rest_or_had_troubles_has_not_passed() -> None:
    assert result(1).passed
    assert not replace(result(1), settled_s=None).passed
    assert not replace(result(1), troubles=["secondring: Traceback"]).passed
