"""What the records make of every recorded run, beside what the live stream made of it."""

import pytest

from lab.witnesses import PAGE, WITNESSES, Compared, compared, page
from secondring.domain.call_events import CallEnded
from secondring.domain.verdict import Verdict

MAIN = {title: records for title, records in WITNESSES.items() if records[0] != "queue_log"}


def of(calls: list[CallEnded]) -> dict[str, CallEnded]:
    return {call.call.uniqueid: call for call in calls}


@pytest.fixture(scope="module")
def runs() -> dict[str, list[Compared]]:
    return {title: list(compared(records)) for title, records in WITNESSES.items()}


def test_the_table_in_the_docs_is_current() -> None:
    assert page(PAGE.read_text()) == PAGE.read_text(), "run: python -m lab.witnesses"


@pytest.mark.parametrize("title", MAIN)
def test_no_caller_who_reached_nobody_is_said_to_be_answered(
    runs: dict[str, list[Compared]], title: str
) -> None:
    for run in runs[title]:
        live = of(run.live)
        for call, told in of(run.told).items():
            assert told.verdict is not Verdict.ANSWERED or live[call].verdict is Verdict.ANSWERED, run.name


@pytest.mark.parametrize("title", MAIN)
def test_every_call_and_no_other_is_found(runs: dict[str, list[Compared]], title: str) -> None:
    for run in runs[title]:
        assert of(run.told).keys() == of(run.live).keys(), run.name


@pytest.mark.parametrize("title", MAIN)
def test_every_missed_call_is_missed(runs: dict[str, list[Compared]], title: str) -> None:
    for run in runs[title]:
        told = of(run.told)
        missed = [call for call, one in of(run.live).items() if one.verdict is Verdict.MISSED]
        assert [told[call].verdict for call in missed] == [Verdict.MISSED] * len(missed), run.name


def test_cel_knows_the_number_dialled_and_who_called(runs: dict[str, list[Compared]]) -> None:
    """But for one who withheld a number that the carrier passes on: no record tells that."""
    for run in runs["CEL"]:
        assert run.agree("did"), run.name
        assert run.agree("caller", "withheld") == (run.name != "fp_masked_number"), run.name


def test_the_queue_log_knows_why_callers_left_their_queues(runs: dict[str, list[Compared]]) -> None:
    for run in runs["CEL and queue_log"]:
        in_queues = [call for call in run.live if call.queue or call.detail == "not-joined"]
        if in_queues and not run.agree("detail"):
            told = of(run.told)
            details = {(str(c.detail), str(told[c.call.uniqueid].detail)) for c in in_queues}
            allowed = {
                ("all-busy", "caller-cancel"),
                ("no-message", "message-unknown"),
                ("message-left", "message-unknown"),
                ("caller-cancel", "all-busy"),
            }
            assert {pair for pair in details if pair[0] != pair[1]} <= allowed, run.name
