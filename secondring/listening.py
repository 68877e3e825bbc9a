"""From facts to books: feeds the call tracker and commits what it finds, before anything else happens.

The tracker has taken a fact in for good, so what follows from it must not get lost: when the database
does not take it, it is kept and tried again, and the PBX's events wait meanwhile.
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


class Company(Protocol):
    """Whether we are the only service on this PBX; see `secondring.company`."""

    def hear(self, fact: Fact) -> None:
        """Take in what happened on the link."""
        ...

    def lays_aside(self, event: CallEvent) -> bool:
        """True when this call is not ours to tell, or not yet; it is told of later, or by somebody else."""
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


class InStore(Protocol):
    """Runs a function in one write transaction."""

    def __call__(self, work: Callable[[Books], T]) -> Awaitable[T]: ...


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

    async def adopt_open_calls(self, pbx: str) -> int:
        """Take up calls that were open when the service last stopped; returns how many."""
        calls = await self._in_store(lambda books: books.open_calls(pbx))
        for call in calls:
            number = call.caller.e164 if call.caller else ""
            began = CallBegan(call=call.id, at=call.started_at, caller=number, did=call.did)
            self._tracker.adopt(began, call.answered_at)
        return len(calls)

    async def handle(self, facts: list[Fact]) -> None:
        """Take in facts, in order; returns once all that follows from them is committed."""
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

    def alive(self) -> Collection[Uniqueid] | None:
        """The channels that callers are on; None while that is not known."""
        return None if self.listening_since is None else self._tracker.roots

    async def settle(self, event: CallEnded, work: Callable[[Books], None]) -> None:
        """Commit what becomes of a call that had been laid aside."""
        async with self._busy:
            try:
                await self._keep_trying(work)
            except Exception as error:  # noqa: BLE001 - our bug costs one call's handling, never the others'
                await self._give_up(event, error)
            if self.company:
                self.company.told([event])
            await self._ring()

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
        events = [event for event in events if company is None or not company.lays_aside(event)]
        if not events:
            return
        await self._insist(events)
        if company:
            company.told(events)
        self.last_call_at = self._clock()
        await self._ring()

    async def _insist(self, events: list[CallEvent]) -> None:
        try:
            await self._keep_trying(lambda books: self._casework.tell(books, events, self._clock()))
        except Exception as error:  # noqa: BLE001 - our bug costs one call's handling, never the others'
            if len(events) == 1:
                await self._give_up(events[0], error)
                return
            for event in events:
                await self._insist([event])

    async def _give_up(self, event: CallEvent, error: Exception) -> None:
        """One event that our code fails on: a person looks after that caller."""
        alarm = Alarm("call-not-handled", f"a person has to look after call {event.call}: {blame(error)}")

        def work(books: Books) -> None:
            raise_in(books, alarm, self._casework.rules, self._clock())
            self._casework.leave_to_a_person(books, event, self._clock())

        try:
            await self._keep_trying(work)
        except Exception as second:  # noqa: BLE001 - said as loudly as can be; the other calls go on
            log.error("not even a task could be made for call %s: %s", event.call, blame(second))  # noqa: TRY400
            self._raise_alarm(alarm)

    async def _keep_trying(self, work: Callable[[Books], T]) -> T:
        """In one transaction, again and again while the database does not do its part."""
        failures = 0
        while True:
            try:
                return await self._in_store(work)
            except PeerError as error:
                if failures == 0:
                    self._raise_alarm(Alarm("store", f"calls cannot be stored, trying again: {error}"))
                await asyncio.sleep(RETRY_PAUSES[min(failures, len(RETRY_PAUSES) - 1)])
                failures += 1
