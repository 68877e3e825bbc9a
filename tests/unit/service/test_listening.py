"""From facts to books, also when the books cannot be written for a while."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import pytest

from secondring import listening
from secondring.domain import casework, facts
from secondring.domain.alarms import Alarm
from secondring.domain.call_events import CallEvent
from secondring.domain.calls import CallTracker
from secondring.domain.casework import Casework
from secondring.domain.errors import StoreBusy, StoreFull
from secondring.domain.facts import Fact
from secondring.domain.ports import Books
from secondring.domain.routing import Circumstances, Decision, decide
from secondring.domain.verdict import Verdict
from secondring.listening import CallKeeper, InStore, Spool
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


def a_keeper(
    in_store: InStore,
    alarms: list[Alarm],
    rings: Rings,
    spool: Spool | None = None,
    most_waiting: int = listening.MOST_WAITING,
) -> CallKeeper:
    return CallKeeper(
        CallTracker(),
        Casework(some_rules(), PlainWording()),
        in_store,
        clock=lambda: MONDAY_TEN,
        ring=rings.ring,
        raise_alarm=alarms.append,
        spool=spool,
        most_waiting=most_waiting,
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


class Refusing:
    """Books that refuse until they are told not to."""

    def __init__(self, store: MemoryStore) -> None:
        self.refuses = True
        self._writer = Writer(store)

    async def __call__(self, work: Callable[[Books], T]) -> T:
        if self.refuses:
            raise StoreFull("the disk is full")
        return await self._writer(work)

    def close(self) -> None:
        self._writer.close()


class PlainSpool:
    def __init__(self, *kept: CallEvent) -> None:
        self.events = list(kept)
        self.cleared = 0

    def add(self, events: Sequence[CallEvent]) -> None:
        self.events += events

    def kept(self) -> list[CallEvent]:
        return list(self.events)

    def clear(self) -> None:
        self.events, self.cleared = [], self.cleared + 1


def calls_of(store: MemoryStore) -> list[str]:
    with store.reading() as books:
        day = timedelta(days=1)
        found = books.calls(since=MONDAY_TEN - day, until=MONDAY_TEN + day, limit=999)
    return sorted(call.id.uniqueid for call in found if call.verdict)


def missed_calls(*names: str) -> list[list[Fact]]:
    return [Script(now=MONDAY_TEN).calls_in(name).up(name).hangs_up(name).told for name in names]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "RETRY_PAUSES", (0.001,))


@pytest.mark.usefixtures("quick")
async def test_the_pbx_is_listened_to_while_the_disk_is_full_and_then_all_calls_are_told_once() -> None:
    store, alarms, spool = MemoryStore(), list[Alarm](), PlainSpool()
    books = Refusing(store)
    keeper = a_keeper(books, alarms, Rings(), spool)
    names = [f"c{number}" for number in range(30)]
    for told in missed_calls(*names):
        await keeper.handle(told)
    assert keeper.waiting == len(spool.events) == 60
    assert calls_of(store) == []
    assert [alarm.kind for alarm in alarms] == ["store"]
    books.refuses = False
    await keeper.settled()
    books.close()
    assert calls_of(store) == sorted(names)
    assert (keeper.waiting, spool.events, spool.cleared) == (0, [], 1)
    with store.reading() as found:
        day = timedelta(days=1)
        (episode,) = found.episodes(since=MONDAY_TEN - day, until=MONDAY_TEN + day, limit=9)
        assert episode.calls == 30, "one caller, told once for each of their calls"


@pytest.mark.usefixtures("quick")
async def test_only_when_more_waits_than_memory_is_meant_for_the_pbx_has_to_wait_too() -> None:
    store = MemoryStore()
    books = Refusing(store)
    keeper = a_keeper(books, [], Rings(), most_waiting=5)
    first, second, third = missed_calls("a", "b", "c")
    await keeper.handle(first)
    await keeper.handle(second)
    late = asyncio.create_task(keeper.handle(third))
    await asyncio.sleep(0.05)
    assert not late.done()
    books.refuses = False
    await late
    await keeper.settled()
    books.close()
    assert calls_of(store) == ["a", "b", "c"]


@pytest.mark.usefixtures("quick")
async def test_what_a_killed_process_could_not_store_is_told_by_the_next_one_and_once() -> None:
    store, spool = MemoryStore(), PlainSpool()
    books = Refusing(store)
    killed = a_keeper(books, [], Rings(), spool)
    for told in missed_calls("a", "b"):
        await killed.handle(told)
    books.refuses = False
    follower = a_keeper(books, [], Rings(), PlainSpool(*spool.events))
    assert await follower.recover() == 4
    await follower.settled()
    assert calls_of(store) == ["a", "b"]
    await killed.settled()
    books.close()
    assert calls_of(store) == ["a", "b"]
    with store.reading() as found:
        day = timedelta(days=1)
        (episode,) = found.episodes(since=MONDAY_TEN - day, until=MONDAY_TEN + day, limit=9)
        assert episode.calls == 2
