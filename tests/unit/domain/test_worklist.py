"""The order of the work list, and that two people never work on the same row unknowingly."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from secondring.domain import handling, worklist
from secondring.domain.errors import NotNow, UnknownThing
from secondring.domain.ids import SiteId, TaskId
from secondring.domain.records import Task, TaskState
from secondring.domain.rules import BILLING, FRONT_DESK, TRIAGE
from secondring.domain.staff import Role, User, UserId
from secondring.domain.urgent_case import UrgentCase
from secondring.domain.worklist import Level
from tests.support.books import an_urgent_case
from tests.support.clinic import ANNA, BEN, MONDAY_TEN, Clinic

CARA = replace(ANNA, e164="+12025550125")


def _rows(clinic: Clinic) -> list[worklist.Row]:
    with clinic.store.reading() as books:
        return worklist.rows(books, books.tasks(), clinic.rules, clinic.now)


def _task(clinic: Clinic, **changes: Any) -> Task:
    task = replace(clinic.task, **changes)
    with clinic.store.transaction() as books:
        books.save_task(task)
    return task


def _missed(text: str = "something about my bill") -> Clinic:
    clinic = Clinic()
    clinic.misses()
    clinic.wait(seconds=5).send_due()
    return clinic.writes(text)


def test_what_is_urgent_stands_on_top_then_what_is_due_first() -> None:
    clinic = _missed("BILLING")
    clinic.misses(BEN)
    clinic.wait(seconds=5).send_due()
    clinic.writes("REFILL", BEN)
    clinic.misses(CARA)
    clinic.wait(seconds=5).send_due()
    clinic.writes("URGENT", CARA)
    assert [row.task.queue for row in _rows(clinic)] == ["triage", "care-team", "billing"]
    assert [row.level for row in _rows(clinic)] == [Level.URGENT, Level.CALM, Level.CALM]


def test_whoever_calls_again_in_vain_rises() -> None:
    clinic = _missed("hello there friend")
    clinic.wait(minutes=20).misses(BEN)
    clinic.wait(seconds=5).send_due()
    clinic.writes("hello there friend", BEN)
    assert [row.episode.caller for row in _rows(clinic)] == [ANNA, BEN]
    clinic.misses(BEN)
    rows = _rows(clinic)
    assert [row.episode.caller for row in rows] == [BEN, ANNA]
    assert [row.episode.calls for row in rows] == [2, 1]


def test_the_bar_shrinks_in_business_time_only() -> None:
    clinic = _missed("REFILL")
    (fresh,) = _rows(clinic)
    assert fresh.left == pytest.approx(1, abs=0.01)
    clinic.now = MONDAY_TEN + timedelta(hours=2)
    (noon,) = _rows(clinic)
    clinic.now = MONDAY_TEN + timedelta(hours=3)
    (after_lunch,) = _rows(clinic)
    assert noon.left == pytest.approx(after_lunch.left), "nothing runs while the clinic has its lunch"
    clinic.now = MONDAY_TEN + timedelta(hours=6)
    assert _rows(clinic)[0].level is Level.SOON
    clinic.now = MONDAY_TEN + timedelta(hours=7)
    (late,) = _rows(clinic)
    assert (late.level, late.left, late.late) == (Level.LATE, 0, True)
    assert worklist.count([late, fresh]) == (2, 1)


def test_roles_see_the_queues_they_need() -> None:
    task = _missed().task

    def sees(*roles: Role, site: str = "north") -> bool:
        sites = frozenset({SiteId(site)})
        user = User(
            id=UserId("P"), name="x", shown="X", roles=frozenset(roles), sites=sites, created_at=MONDAY_TEN
        )
        return worklist.may_see(user, replace(task, queue=BILLING))

    assert [role for role in Role if sees(role)] == [Role.FRONT_DESK, Role.BILLING, Role.MANAGER]
    assert sees(Role.NURSE, Role.BILLING)
    assert not sees(Role.FRONT_DESK, site="south")


def test_the_second_of_two_is_told_who_was_first() -> None:
    clinic = _missed()
    seen = handling.mark(clinic.task)
    with clinic.store.transaction() as books:
        task = handling.as_seen(books, clinic.task.id, seen, {})
        clinic.deskwork.take(books, task.id, "ana", clinic.now)
    with (
        clinic.store.transaction() as books,
        pytest.raises(handling.MovedOn, match=r"A\. Clerk has it"),
    ):
        handling.as_seen(books, clinic.task.id, seen, {"ana": "A. Clerk"})


def test_a_row_that_is_done_or_gone_says_so() -> None:
    clinic = _missed("hello there friend")
    seen, task = handling.mark(clinic.task), clinic.task
    clinic.calls_back(talked=30)
    with clinic.store.transaction() as books:
        with pytest.raises(handling.MovedOn, match="done already"):
            handling.as_seen(books, task.id, seen, {})
        with pytest.raises(UnknownThing, match="not there"):
            handling.as_seen(books, TaskId("T-none"), seen, {})


def test_release_gives_it_back_and_only_ones_own() -> None:
    clinic = _missed()
    task = _task(clinic, owner="ana", state=TaskState.TAKEN)
    with clinic.store.transaction() as books:
        with pytest.raises(handling.MovedOn):
            handling.release(books, task, "bo", clinic.now)
        free = handling.release(books, task, "ana", clinic.now)
    assert (free.owner, free.state) == (None, TaskState.OPEN)
    assert clinic.task == free


def test_reassigning_moves_the_row_but_never_takes_urgent_from_triage() -> None:
    clinic = _missed()
    with clinic.store.transaction() as books:
        moved = handling.reassign(books, clinic.task, "ana", clinic.now, queue=BILLING, owner="bo")
        assert (moved.queue, moved.owner, moved.state) == (BILLING, "bo", TaskState.TAKEN)
        urgent = replace(clinic.task, urgent=True, queue=TRIAGE)
        with pytest.raises(NotNow, match="urgent"):
            handling.reassign(books, urgent, "ana", clinic.now, queue=FRONT_DESK, owner=None)
        with pytest.raises(UnknownThing, match="no such queue"):
            handling.reassign(books, moved, "ana", clinic.now, queue="archive", owner=None)


def test_what_is_put_off_sinks_and_comes_back() -> None:
    clinic = _missed()
    clinic.wait(minutes=5).misses(BEN)
    clinic.wait(seconds=5).send_due()
    clinic.writes("hello there friend", BEN)
    first = _rows(clinic)[0].task
    with clinic.store.transaction() as books:
        until = handling.snooze_end(clinic.rules.sites[0].hours, "15-minutes", clinic.now)
        handling.snooze(books, first, "ana", clinic.now, until=until)
    assert [row.level for row in _rows(clinic)] == [Level.CALM, Level.SNOOZED]
    assert _rows(clinic)[1].task.due_at == first.due_at
    clinic.wait(minutes=16)
    assert _rows(clinic)[0].task.id == first.id


def test_what_is_urgent_or_somebody_elses_cannot_be_put_off() -> None:
    clinic = _missed()
    with clinic.store.transaction() as books:
        for task in (replace(clinic.task, urgent=True), replace(clinic.task, owner="bo")):
            with pytest.raises(NotNow):
                handling.snooze(books, task, "ana", clinic.now, until=clinic.now + timedelta(hours=1))


def test_the_next_opening_is_on_another_day() -> None:
    hours = Clinic().rules.sites[0].hours
    assert handling.snooze_end(hours, "next-opening", MONDAY_TEN) == MONDAY_TEN + timedelta(hours=22)
    with pytest.raises(UnknownThing):
        handling.snooze_end(hours, "for-ever", MONDAY_TEN)


@pytest.mark.parametrize("words", ["", "   ", "x" * 1001])
def test_a_note_has_some_words_and_not_too_many(words: str) -> None:
    clinic = _missed()
    with clinic.store.transaction() as books, pytest.raises(NotNow):
        handling.write_note(books, clinic.episode.id, None, "ana", words, clinic.now)


def _alarm(clinic: Clinic, **changes: Any) -> UrgentCase:
    case = an_urgent_case(1, episode=clinic.episode.id, site=clinic.episode.site, **changes)
    with clinic.store.transaction() as books:
        books.save_urgent_case(case)
    return case


def test_an_alarm_is_signed_for_once() -> None:
    clinic = _missed()
    case = _alarm(clinic, last_resort_at=clinic.now)
    with clinic.store.transaction() as books:
        handling.sign(books, case.id, "bo", clinic.now)
        assert books.unsigned_urgent_cases() == []
        with pytest.raises(handling.MovedOn, match="bo has signed"):
            handling.sign(books, case.id, "ana", clinic.now)


def test_only_an_alarm_can_be_signed_for() -> None:
    clinic = _missed()
    case = _alarm(clinic)
    with clinic.store.transaction() as books, pytest.raises(UnknownThing, match="no such alarm"):
        handling.sign(books, case.id, "bo", clinic.now)
