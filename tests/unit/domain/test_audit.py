"""Two accounts of one day, compared; and a silence that is too long to be true."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondring.domain import quiet
from secondring.domain.audit import Kind, compare, day_span
from secondring.domain.call_events import CallEnded
from secondring.domain.records import Call
from secondring.domain.rules import Guards
from secondring.domain.verdict import Reason, Verdict
from secondring.domain.weeks import Span
from tests.support.clinic import ANNA, MONDAY_TEN, Clinic, a_site, some_rules

DAY = Span(MONDAY_TEN - timedelta(hours=10), MONDAY_TEN + timedelta(hours=14))


def a_call(**rules: Any) -> tuple[Call, CallEnded]:
    """Ours and the record's, in agreement."""
    clinic = Clinic(rules=some_rules(**rules))
    ended = clinic.misses()
    return clinic.call(ended), ended


def one(record: str, ours: Call | None, theirs: CallEnded | None) -> tuple[Kind, bool, str]:
    found = compare(record, [ours] if ours else [], [theirs] if theirs else [], DAY)
    (finding,) = found.findings
    assert found.count(finding.kind) == 1
    return finding.kind, finding.serious, finding.words


def test_who_says_the_same_agrees() -> None:
    ours, theirs = a_call()
    assert one("cdr", ours, theirs) == (Kind.AGREED, False, "")


def test_who_is_not_to_be_won_back_was_missed_all_the_same() -> None:
    ours, theirs = a_call(guards=Guards(blocked=frozenset({ANNA})))
    assert ours.verdict is Verdict.IGNORED
    assert one("cdr", ours, theirs)[0] is Kind.AGREED


@pytest.mark.parametrize(
    ("record", "told"),
    [("cel", "rotated away"), ("cdr", "unanswered = no"), ("queue_log", "lets nobody in")],
)
def test_what_only_we_know_is_serious(record: str, told: str) -> None:
    ours, _ = a_call()
    kind, serious, words = one(record, replace(ours, queue="front"), None)
    assert (kind, serious) == (Kind.ONLY_OURS, True)
    assert told in words


def test_what_only_the_record_knows_is_serious() -> None:
    _, theirs = a_call()
    kind, serious, words = one("cdr", None, theirs)
    assert (kind, serious) == (Kind.ONLY_THEIRS, True)
    assert "did not hear of it" in words


def test_another_reason_is_different_and_not_serious() -> None:
    ours, theirs = a_call()
    kind, serious, words = one("cdr", ours, replace(theirs, reason=Reason.BUSY))
    assert (kind, serious) == (Kind.DIFFERENT, False)
    assert words.startswith("nobody answered by either account")


@pytest.mark.parametrize(
    ("record", "told"),
    [("cdr", "whatever picked up"), ("queue_log", "a mailbox too"), ("cel", "did not see it")],
)
def test_answered_by_one_account_only_is_serious_and_explained(record: str, told: str) -> None:
    ours, theirs = a_call()
    answered = replace(theirs, verdict=Verdict.ANSWERED, reason=None, answered_at=theirs.started_at)
    kind, serious, words = one(record, replace(ours, queue="front"), answered)
    assert (kind, serious) == (Kind.DIFFERENT, True)
    assert told in words


def test_the_queue_log_is_only_asked_of_callers_who_were_in_a_queue() -> None:
    ours, _ = a_call()
    assert compare("queue_log", [ours], [], DAY).findings == ()


def test_a_call_counts_on_the_day_on_which_it_ended_by_either_account() -> None:
    ours, theirs = a_call()
    before = Span(DAY.begins - timedelta(days=1), DAY.begins)
    assert compare("cdr", [ours], [theirs], before).findings == ()
    edge = replace(theirs, ended_at=DAY.begins - timedelta(seconds=1))
    assert len(compare("cdr", [ours], [edge], before).findings) == 1


def test_a_day_is_the_sites_own() -> None:
    span = day_span(date(2026, 3, 8), "America/New_York")
    assert (span.begins.hour, span.ends - span.begins) == (5, timedelta(hours=23))


# a silence


NOT_BUSY = [1, 0, 2, 1]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([8, 6, 7, 7], 7),
        ([0, 9, 9, 9], 9),
        ([5, 5, 5, 5], None),
        ([40, 0, 0, 0], None),
        (NOT_BUSY, None),
        ([], None),
    ],
)
def test_what_is_too_quiet_to_be_true(counts: list[int], expected: float | None) -> None:
    found = quiet.judge(counts, MONDAY_TEN)
    assert (found.expected if found else None) == expected


@given(st.lists(st.integers(0, 500), max_size=4))
def test_few_calls_are_never_missed(counts: list[int]) -> None:
    found = quiet.judge(counts, MONDAY_TEN)
    assert found is None or max(counts) >= quiet.EXPECTED


def a_busy_month(clinic: Clinic) -> Clinic:
    """Eight calls in this quarter of an hour in each of the past weeks, and one a while ago today."""
    now = clinic.now
    for week in (4, 3, 2, 1):
        clinic.now = now - timedelta(weeks=week, minutes=15)
        for number in range(8):
            clinic.misses(f"+120255501{number:02}")
    clinic.now = now - timedelta(minutes=16)
    clinic.misses()
    clinic.now = now
    return clinic


def look(clinic: Clinic) -> quiet.Quiet | None:
    with clinic.store.reading() as books:
        return quiet.look(books, clinic.rules, clinic.now)


def test_a_quarter_of_an_hour_without_calls_where_eight_are_usual() -> None:
    clinic = a_busy_month(Clinic())
    found = look(clinic)
    assert found is not None
    assert "no call was heard since 14:4" in found.in_words
    clinic.misses()
    assert look(clinic) is None


def test_a_call_that_only_a_record_told_of_is_no_sign_that_we_listen() -> None:
    clinic = a_busy_month(Clinic())
    clinic.misses(late=True)
    assert look(clinic) is not None


def test_a_holiday_may_be_quiet() -> None:
    site = a_site()
    closed = replace(site.hours, days={datetime(2026, 3, 2, tzinfo=UTC).date(): ()})
    assert look(a_busy_month(Clinic(rules=some_rules(replace(site, hours=closed))))) is None


def test_a_new_clinic_has_no_habits() -> None:
    assert look(Clinic()) is None
