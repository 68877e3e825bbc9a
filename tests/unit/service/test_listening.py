"""From facts to books, also when the books cannot be written for a while."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest

from secondring.domain import casework, facts
from secondring.domain.alarms import Alarm
from secondring.domain.calls import CallTracker
from secondring.domain.casework import Casework
from secondring.domain.errors import StoreBusy
from secondring.domain.facts import Fact
from secondring.domain.ports import Books
from secondring.domain.routing import Circumstances, Decision, decide
from secondring.domain.verdict import Verdict
from secondring.listening import CallKeeper, InStore
from secondring.store.memory import MemoryStore
from secondring.writer import Writer
from tests.support.clinic import MONDAY_TEN, PlainWording, some_rules
from tests.support.pbx_script import Script

T = TypeVar("T")


class Rings:
    def __init__(self) -> None:
        self.count = 0

    async def ring(self) -> None:
        self.count += 1


def a_keeper(in_store: InStore, alarms: list[Alarm], rings: Rings) -> CallKeeper:
    return CallKeeper(
        CallTracker(),
        Casework(some_rules(), PlainWording()),
        in_store,
        clock=lambda: MONDAY_TEN,
        ring=rings.ring,
        raise_alarm=alarms.append,
    )


def a_missed_call() -> list[Fact]:
    return Script(now=MONDAY_TEN).calls_in().dials("p").dial_ends("p", "NOANSWER").hangs_up().told


async def test_what_follows_from_a_call_is_committed_before_the_bell_rings() -> None:
    store, rings = MemoryStore(), Rings()
    writer = Writer(store)
    await a_keeper(writer, [], rings).handle(a_missed_call())
    writer.close()
    with store.reading() as books:
        (call,) = books.find_calls("c")
        assert call.verdict is Verdict.MISSED
        assert call.episode is not None
        assert len(books.texts_of(call.episode)) == 1
    assert rings.count == 1


async def test_a_database_that_refuses_is_asked_again_and_nothing_is_lost() -> None:
    store, alarms = MemoryStore(), list[Alarm]()
    writer = Writer(store)
    refusals = iter([True, True, False])

    async def reluctant(work: Callable[[Books], T]) -> T:
        if next(refusals, False):
            raise StoreBusy("the database is locked")
        return await writer(work)

    keeper = a_keeper(reluctant, alarms, Rings())
    await keeper.handle(a_missed_call())
    await keeper.settled()
    writer.close()
    with store.reading() as books:
        assert len(books.find_calls("c")) == 1
    assert [alarm.kind for alarm in alarms] == ["store"]


async def test_a_call_that_we_fail_on_goes_to_a_person_and_costs_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    store, alarms = MemoryStore(), list[Alarm]()
    writer = Writer(store)

    def fails_on_d(case: Circumstances) -> Decision:
        if case.call.id.uniqueid == "d":
            raise ValueError(f"cannot handle {case.caller.e164}")
        return decide(case)

    monkeypatch.setattr(casework, "decide", fails_on_d)
    both = Script(now=MONDAY_TEN).calls_in("c", caller="2025550123").calls_in("d", caller="2025550124")
    both.up("c").up("d").hangs_up("d").hangs_up("c")
    await a_keeper(writer, alarms, Rings()).handle(both.told)
    writer.close()
    with store.reading() as books:
        assert [task.title for task in books.tasks()] == ["Call back at once (we could not handle this call)"]
        assert books.find_calls("d")[0].verdict is Verdict.MISSED
        (fine,) = books.find_calls("c")
        assert fine.episode is not None
        assert len(books.texts_of(fine.episode)) == 1
        (alarm,) = books.alarms(since=MONDAY_TEN, limit=9)
    assert alarm.kind == "call-not-handled"
    assert "2025550124" not in alarm.because
    assert alarms == []


async def test_calls_that_were_open_are_taken_up_again() -> None:
    store = MemoryStore()
    writer = Writer(store)
    first = Script(now=MONDAY_TEN).calls_in().told
    await a_keeper(writer, [], Rings()).handle(first)
    after_crash = a_keeper(writer, [], Rings())
    assert await after_crash.adopt_open_calls("pbx") == 1
    await after_crash.handle([facts.StockTaken(at=MONDAY_TEN, legs=())])
    writer.close()
    with store.reading() as books:
        (call,) = books.find_calls("c")
        assert (call.verdict, call.detail) == (Verdict.MISSED, "lost-track")
        assert [task.title for task in books.tasks()] == ["Call back (not-seen-to-the-end)"]


async def test_facts_of_two_batches_stay_in_order() -> None:
    store = MemoryStore()
    writer = Writer(store)
    keeper = a_keeper(writer, [], Rings())
    told = a_missed_call()
    await asyncio.gather(keeper.handle(told[:2]), keeper.handle(told[2:]))
    writer.close()
    with store.reading() as books:
        assert books.find_calls("c")[0].reason == "no-answer"
