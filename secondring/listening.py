"""From facts to books: feeds the call tracker and commits what it finds, before anything else happens.

The tracker has taken a fact in for good, so what follows from it must not get lost: when the database does not take
it, it is kept in memory and in the emergency spool, and told again and again, in order. The PBX is listened to
meanwhile; only when more waits than memory is meant for, its events have to wait too.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.call_events import CallBegan, CallEnded, CallEvent
from secondring.domain.calls import CallTracker
from secondring.domain.casework import Casework
from secondring.domain.errors import PeerError, blame
from secondring.domain.facts import Fact, LinkLost, StockTaken
from secondring.domain.ids import Uniqueid
from secondring.domain.ports import Books

log = logging.getLogger(__name__)
T = TypeVar("T")


Becomes = Callable[[Books], None]
"""What is kept of a call."""


class Company(Protocol):
    """Whether we are the only service on this PBX; see `secondring.company`."""

    def hear(self, fact: Fact) -> None:
        """Take in what happened on the link."""
        ...

    def lays_aside(self, event: CallEvent) -> bool:
        """True when this call is not ours to tell, or not yet; it is told of later, or by somebody else."""
        ...

    async def keep_laid_aside(self) -> None:
        """Write down what was laid aside, so that it outlives us."""
        ...

    @property
    def has_laid_aside(self) -> bool:
        """True while some call waits for that."""
        ...

    def told(self, events: Sequence[CallEvent]) -> None:
        """These are committed."""
        ...


RETRY_PAUSES = (0.1, 0.5, 1.0, 2.0, 5.0)
"""Seconds between tries to store what was found; the last one repeats."""
TICK = timedelta(minutes=1)
MOST_WAITING = 20_000
"""Events of calls (about three each, some kB) that may wait in memory for the database: days of a clinic's calls."""
AT_ONCE = 100
"""Events told in one transaction once the database takes them again."""


class InStore(Protocol):
    """Runs a function in one write transaction."""

    def __call__(self, work: Callable[[Books], T]) -> Awaitable[T]: ...


class Spool(Protocol):
    """Where what the books do not take is kept meanwhile, on another disk than theirs. Never raises."""

    def add(self, events: Sequence[CallEvent]) -> None: ...
    def kept(self) -> list[CallEvent]:
        """All that is in it, in order."""
        ...

    def clear(self) -> None: ...


class CallKeeper:
    """The consumer of one PBX's facts."""

    def __init__(
        self,
        tracker: CallTracker,
        casework: Casework,
        in_store: InStore,
        *,
        clock: Callable[[], datetime],
        ring: Callable[[], Awaitable[None]],
        raise_alarm: Callable[[Alarm], None],
        doubt: Callable[[CallEvent], bool] | None = None,
        spool: Spool | None = None,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """`doubt` takes over calls that were not seen whole, and tells of them when it knows more."""
        self.company: Company | None = None
        self._tracker = tracker
        self._casework = casework
        self._in_store = in_store
        self._clock = clock
        self._ring = ring
        self._raise_alarm = raise_alarm
        self.doubt = doubt
        self.listening_since: datetime | None = None
        """Since when every call is heard, beginning and end; None while the link is down."""
        self._busy = asyncio.Lock()
        self.last_call_at: datetime | None = None
        self._spool = spool
        self._most_waiting = most_waiting
        self._waiting: list[CallEvent] = []
        """What the books did not take, oldest first."""
        self._insisting: asyncio.Task[None] | None = None

    @property
    def waiting(self) -> int:
        """Events that the books did not take yet."""
        return len(self._waiting)

    async def recover(self) -> int:
        """Tell what a process before this one could not; returns how many events that is."""
        if self._spool is None:
            return 0
        events = await asyncio.to_thread(self._spool.kept)
        if events:
            self._waiting = [*events, *self._waiting]
            self._insist()
        return len(events)

    async def adopt_open_calls(self, pbx: str) -> int:
        """Take up calls that were open when the service last stopped; returns how many."""
        calls = await self._in_store(lambda books: books.open_calls(pbx))
        for call in calls:
            number = call.caller.e164 if call.caller else ""
            began = CallBegan(call=call.id, at=call.started_at, caller=number, did=call.did)
            self._tracker.adopt(began, call.answered_at)
        return len(calls)

    async def handle(self, facts: list[Fact]) -> None:
        """Take in facts, in order; returns once all that follows from them is committed, or kept to be."""
        async with self._busy:
            events = [event for fact in facts for event in self._tracker.feed(fact)]
            for fact in facts:
                self._note_link(fact)
            await self._store(self._beyond_doubt(events))

    async def tick(self) -> None:
        """Judge calls that have shown no sign of life for too long. Runs until cancelled."""
        while True:
            await asyncio.sleep(TICK.total_seconds())
            async with self._busy:
                await self._store(self._beyond_doubt(self._tracker.tick(self._clock())))

    async def tell(self, events: list[CallEvent]) -> None:
        """Commit what somebody else found out about calls that were in doubt."""
        async with self._busy:
            await self._store(events)
        await self.settled()

    async def settled(self) -> None:
        """Wait until nothing waits for the books."""
        while self._insisting is not None:
            await asyncio.wait([self._insisting])

    def alive(self) -> Collection[Uniqueid] | None:
        """The channels that callers are on; None while that is not known."""
        return None if self.listening_since is None else self._tracker.roots

    async def tell_ours(self, events: list[CallEvent]) -> None:
        """Commit calls that had been laid aside, and are ours."""
        async with self._busy:
            await self._keep(events)

    async def settle(self, found: Sequence[tuple[CallEnded, Becomes]]) -> None:
        """Commit what becomes of calls that had been laid aside and are not ours; tried until the database takes it."""
        failures = 0
        while True:
            try:
                await self._apply(found)
            except PeerError:
                await asyncio.sleep(RETRY_PAUSES[min(failures, len(RETRY_PAUSES) - 1)])
                failures += 1
            else:
                await self._stored([event for event, _ in found])
                return

    async def _apply(self, found: Sequence[tuple[CallEnded, Becomes]]) -> None:
        def work(books: Books) -> None:
            for _, becomes in found:
                becomes(books)

        try:
            await self._in_store(work)
        except PeerError:
            raise
        except Exception as error:  # noqa: BLE001 - our bug costs one call's handling, never the others'
            if len(found) == 1:
                await self._give_up(found[0][0], error)
                return
            for one in found:
                await self._apply([one])

    def _note_link(self, fact: Fact) -> None:
        if self.company:
            self.company.hear(fact)
        if isinstance(fact, LinkLost):
            self.listening_since = None
        elif isinstance(fact, StockTaken) and self.listening_since is None:
            self.listening_since = fact.at

    def _beyond_doubt(self, events: list[CallEvent]) -> list[CallEvent]:
        doubt = self.doubt
        return [event for event in events if doubt is None or not doubt(event)]

    async def _store(self, events: list[CallEvent]) -> None:
        company = self.company
        if company is not None:
            events = [event for event in events if not company.lays_aside(event)]
            await company.keep_laid_aside()
        await self._keep(events)

    async def _keep(self, events: list[CallEvent]) -> None:
        if not events:
            return
        self.last_call_at = self._clock()
        if self._insisting is None:
            try:
                await self._commit(events)
            except PeerError as error:
                self._raise_alarm(Alarm("store", f"calls cannot be stored, trying again: {error}"))
            else:
                await self._stored(events)
                return
        self._waiting += events
        if self._spool is not None:
            await asyncio.to_thread(self._spool.add, events)
        self._insist()
        while len(self._waiting) > self._most_waiting and self._insisting is not None:
            await asyncio.wait([self._insisting], timeout=1)

    async def _stored(self, events: list[CallEvent]) -> None:
        if self.company:
            self.company.told(events)
        await self._ring()

    def _insist(self) -> None:
        if self._insisting is None:
            self._insisting = asyncio.create_task(
                self._tell_what_waits(), name="calls that wait for the books"
            )

    async def _tell_what_waits(self) -> None:
        """In order, a few at a time, until the database has taken all of it."""
        try:
            told = await self._tell_all()
            log.warning("the books take calls again: %d events that had to wait are in them", told)
        finally:
            self._insisting = None

    async def _tell_all(self) -> int:
        failures, told = 0, 0
        while self._waiting:
            some = self._waiting[:AT_ONCE]
            try:
                await self._commit(some)
            except PeerError:
                await asyncio.sleep(RETRY_PAUSES[min(failures, len(RETRY_PAUSES) - 1)])
                failures += 1
                continue
            failures, told = 0, told + len(some)
            del self._waiting[: len(some)]
            await self._stored(some)
            if self._spool is not None and not self._waiting:
                await asyncio.to_thread(self._spool.clear)
        return told

    async def _commit(self, events: list[CallEvent]) -> None:
        """All of it in one transaction; where our own code fails, each event by itself. Raises PeerError."""
        try:
            await self._in_store(lambda books: self._casework.tell(books, events, self._clock()))
        except PeerError:
            raise
        except Exception as error:  # noqa: BLE001 - our bug costs one call's handling, never the others'
            if len(events) == 1:
                await self._give_up(events[0], error)
                return
            for event in events:
                await self._commit([event])

    async def _give_up(self, event: CallEvent, error: Exception) -> None:
        """One event that our code fails on: a person looks after that caller."""
        alarm = Alarm("call-not-handled", f"a person has to look after call {event.call}: {blame(error)}")

        def work(books: Books) -> None:
            raise_in(books, alarm, self._casework.rules, self._clock())
            self._casework.leave_to_a_person(books, event, self._clock())

        try:
            await self._in_store(work)
        except PeerError:
            raise
        except Exception as second:  # noqa: BLE001 - said as loudly as can be; the other calls go on
            log.error("not even a task could be made for call %s: %s", event.call, blame(second))  # noqa: TRY400
            self._raise_alarm(alarm)
