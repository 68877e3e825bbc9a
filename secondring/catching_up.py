"""Reads the PBX's own records, for the calls that happened while nobody listened, or that were not seen whole.

It begins as the service begins, reads on every half a minute, and at once when a call ended of which we saw only a
part. What it finds is told by a few calls a transaction, so that live calls never wait for it; how far was read is
kept in the same transaction as what was told.
"""

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from secondring.domain import afterwards
from secondring.domain.afterwards import Skew, Steady
from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.call_events import CallEnded, CallEvent
from secondring.domain.casework import Casework
from secondring.domain.errors import PeerError, blame
from secondring.domain.health import Finding, State
from secondring.domain.ids import CallId, Uniqueid
from secondring.domain.ports import Books
from secondring.listening import Company, InStore

log = logging.getLogger(__name__)

POLL = timedelta(seconds=30)
SOON = timedelta(seconds=2)
"""While something was read that is not over, or not quiet for long enough."""
AT_ONCE = timedelta(milliseconds=300)
"""While a caller waits for us to find out how their call ended."""
PATIENCE = {True: timedelta(seconds=20), False: timedelta(seconds=3)}
"""How long a record may take to tell of a call whose end we did not see, and of one whose end we did."""
CHUNK = 20
"""Stories told in one transaction."""
WRITTEN = timedelta(seconds=8)
"""So long after we began to listen, the records of what was before are written and count as over."""
LINK_PATIENCE = timedelta(seconds=30)
"""While the link is down nobody else tells of calls: then the records are told as they come."""
LAGS = timedelta(minutes=5)
"""A record that was not read for so long is worth a look."""
BEGUN = timedelta(seconds=2)
"""A call that began so soon after we did may have begun before: a record's times may be whole seconds."""
MARK = "record"


class Told(Protocol):
    """What a record tells of one story."""

    @property
    def by(self) -> str: ...
    @property
    def events(self) -> tuple[CallEvent, ...]: ...


class History(Protocol):
    """The records, read on and on; see `ami_listener.records.history`."""

    gaps: list[str]
    rows: int
    unreadable: int

    def begin(self, bookmarks: dict[str, str]) -> None: ...
    def read(self, now: datetime) -> bool: ...
    def bookmarks(self) -> dict[str, str]: ...
    def over(self, now: datetime, alive: Collection[Uniqueid] | None) -> Sequence[Told]: ...
    def of(self, channel: Uniqueid) -> Told | None: ...

    @property
    def waiting(self) -> int: ...
    @property
    def places(self) -> list[str]: ...


@dataclass(frozen=True, slots=True)
class _Doubt:
    event: CallEnded
    not_before: datetime
    """A record's rows may come one by one."""
    until: datetime


class CatchUp:
    """One PBX's records."""

    def __init__(
        self,
        history: History,
        casework: Casework,
        in_store: InStore,
        *,
        pbx: str,
        clock: Callable[[], datetime],
        ring: Callable[[], Awaitable[None]],
        alive: Callable[[], Collection[Uniqueid] | None],
        listening_since: Callable[[], datetime | None],
        tell_live: Callable[[list[CallEvent]], Awaitable[None]],
        company: Company | None = None,
    ) -> None:
        self._history = history
        self._casework = casework
        self._in_store = in_store
        self._mark = f"{MARK} {pbx}"
        self._clock = clock
        self._ring = ring
        self._alive = alive
        self._listening_since = listening_since
        self._tell_live = tell_live
        self.company = company
        self._doubts: dict[CallId, _Doubt] = {}
        self._wake = asyncio.Event()
        self._skew = Skew()
        self._steady = Steady()
        self._deaf_since: datetime | None = None
        self._set_back_at: datetime | None = None
        self._begun = False
        self._kept: dict[str, str] = {}
        self._complaint = ""
        self._read_at: datetime | None = None
        self._news = 0

    def finding(self) -> Finding:
        """How it stands, for the health page."""
        if self._complaint:
            return _finding(State.BAD, "the PBX's records cannot be read", self._complaint)
        if self._read_at is None:
            return _finding(State.UNKNOWN, "the PBX's records were not read yet")
        seconds = int((self._clock() - self._read_at).total_seconds())
        state = State.WARN if seconds > LAGS.total_seconds() else State.OK
        return _finding(state, f"read {seconds} s ago; calls told afterwards since the start: {self._news}")

    def takes(self, event: CallEvent) -> bool:
        """Take over a call that was not seen whole; False for every other event."""
        if not isinstance(event, CallEnded) or not afterwards.is_doubtful(event):
            return False
        end_unseen = event.detail in afterwards.UNSEEN_ENDS
        now = self._clock()
        self._doubts.setdefault(event.call, _Doubt(event, now + AT_ONCE, now + PATIENCE[end_unseen]))
        self._wake.set()
        return True

    async def run(self) -> None:
        """Read on until cancelled. Whatever goes wrong is said and tried again; live calls go on."""
        while True:
            try:
                await self.round()
                self._complaint = ""
            except PeerError as error:
                await self._trouble(str(error))
            except Exception as error:  # noqa: BLE001 - said without quoting anything
                await self._trouble(blame(error))
            await self._rest()

    async def round(self) -> int:
        """Read all that is new, and tell what is over; returns how many calls were news."""
        if not self._begun:
            await self._begin()
        news, more = 0, True
        while more:
            more = await asyncio.to_thread(self._history.read, self._by_their_clock())
            self._read_at = self._clock()
            news += await self._tell_what_is_over()
            if more or news:
                log.info(
                    "catching up from %s: %d rows read, %d calls that nobody had heard",
                    ", ".join(self._history.places),
                    self._history.rows,
                    news,
                )
        return news

    async def _begin(self) -> None:
        kept = await self._in_store(lambda books: books.bookmark(self._mark))
        self._kept = _parsed(kept)
        self._history.begin(self._kept)
        self._begun = True

    def _by_their_clock(self) -> datetime:
        return self._steady.now(self._clock(), time.monotonic()) + self._skew.ahead

    async def _tell_what_is_over(self) -> int:
        for event, told in await asyncio.to_thread(self._doubts_resolved):
            await self._tell_live([event])
            self._doubts.pop(event.call, None)
            await self._tell([told] if told else [])
        if not self._may_tell():
            return 0
        now = self._by_their_clock()
        found = await asyncio.to_thread(self._history.over, now, self._not_ours())
        stories = sorted(found, key=lambda told: afterwards.order(told.events))
        news = 0
        for begin in range(0, len(stories), CHUNK):
            news += await self._tell(stories[begin : begin + CHUNK])
            await asyncio.sleep(0)
        await self._keep_place()
        if news:
            await self._ring()
        return news

    def _may_tell(self) -> bool:
        """Not before all that was before we listened is there: who was missed then may have been answered then."""
        now, since = self._clock(), self._listening_since()
        if since is not None:
            self._deaf_since = None
            return now >= self._heard_since(since, now) + WRITTEN
        self._deaf_since = self._deaf_since or now
        return now >= self._deaf_since + LINK_PATIENCE

    def _heard_since(self, since: datetime, now: datetime) -> datetime:
        """Since when, also for whoever's clock was set back after that: the past begins when this is noticed."""
        if since <= now:
            self._set_back_at = None
            return since
        self._set_back_at = min(self._set_back_at or now, now)
        return self._set_back_at

    def _not_ours(self) -> Collection[Uniqueid] | None:
        """Channels of calls that are judged elsewhere: they go on, or are in doubt."""
        alive = self._alive()
        return None if alive is None else {*alive, *(call.uniqueid for call in self._doubts)}

    def _doubts_resolved(self) -> list[tuple[CallEnded, Told | None]]:
        """What the record says of them, or what we saw ourselves when it takes too long to say anything."""
        resolved: list[tuple[CallEnded, Told | None]] = []
        now = self._clock()
        for call, doubt in list(self._doubts.items()):
            told = self._history.of(call.uniqueid) if now >= doubt.not_before else None
            ended = next(
                (e for e in self._shifted(told) if isinstance(e, CallEnded) and e.call == call), None
            )
            if ended is not None:
                resolved.append((afterwards.settle(doubt.event, ended), told))
            elif told is not None or now >= doubt.until:
                resolved.append((doubt.event, told))
        return resolved

    def _shifted(self, told: Told | None) -> list[CallEvent]:
        return [afterwards.shifted(event, self._skew.ahead) for event in told.events] if told else []

    async def _tell(self, stories: Sequence[Told]) -> int:
        ours = [(told, self._not_laid_aside(self._shifted(told))) for told in stories]
        try:
            found = await self._in_store(
                lambda books: [one for t, e in ours for one in self._one(books, t, e)]
            )
            if self.company:
                self.company.told([event for _, events in ours for event in events])
            self._news += len(found)
            return len(found)
        except PeerError:
            self._begun = False  # read again from what was kept: nothing of it is lost
            raise
        except Exception as error:  # noqa: BLE001 - our bug costs one call's handling, never the others'
            if len(stories) > 1:
                return sum([await self._tell([told]) for told in stories])
            await self._give_up(stories[0], error)
            return 0

    def _not_laid_aside(self, events: list[CallEvent]) -> list[CallEvent]:
        """Where another service keeps this PBX, its missed calls are its own."""
        company = self.company
        return [event for event in events if company is None or not company.lays_aside(event)]

    def _one(self, books: Books, told: Told, events: Sequence[CallEvent]) -> list[CallEnded]:
        self._skew.learn(books, told.events)
        news = afterwards.tell(books, self._casework.tell, told.by, events, self._clock())
        since = self._listening_since()
        unheard = [event for event in news if since is not None and event.started_at > since + BEGUN]
        if unheard:
            because = (
                f"calls reach the PBX and we do not hear them: {unheard[0].call.uniqueid} is in its {told.by} and came"
                " while we listened. Run `secondring doctor`: the account's event filter, or pbx.inbound_contexts"
            )
            raise_in(books, Alarm("calls-unheard", because), self._casework.rules, self._clock())
        return news

    async def _give_up(self, told: Told, error: Exception) -> None:
        """A person looks after these callers."""
        calls = ", ".join(sorted({str(event.call) for event in told.events}))
        alarm = Alarm("call-not-handled", f"a person has to look after call {calls}: {blame(error)}")

        def work(books: Books) -> None:
            raise_in(books, alarm, self._casework.rules, self._clock())
            for event in told.events:
                self._casework.leave_to_a_person(books, event, self._clock())

        await self._in_store(work)

    async def _keep_place(self) -> None:
        if self.company is not None and self.company.has_laid_aside:
            return  # they are in memory only: after a crash they are to be read again
        places = self._history.bookmarks()
        gaps, self._history.gaps = self._history.gaps, []
        if places == self._kept and not gaps:
            return

        def work(books: Books) -> None:
            books.keep_bookmark(self._mark, json.dumps(places))
            for place in gaps:
                because = f"{place} was emptied or is gone: rows that were not read yet may be lost"
                raise_in(books, Alarm("record-gap", because), self._casework.rules, self._clock())

        await self._in_store(work)
        self._kept = places

    async def _trouble(self, words: str) -> None:
        """Say the same thing once; callers in doubt are told of as they were seen."""
        if words != self._complaint:
            log.error("the PBX's records cannot be caught up from, trying again: %s", words)
        self._complaint = words
        for call, doubt in list(self._doubts.items()):
            if self._clock() >= doubt.until:
                await self._tell_live([doubt.event])
                self._doubts.pop(call, None)

    async def _rest(self) -> None:
        wait = AT_ONCE if self._doubts else SOON if self._history.waiting else POLL
        self._wake.clear()
        try:
            async with asyncio.timeout(wait.total_seconds()):
                await self._wake.wait()
        except TimeoutError:
            return


def _finding(state: State, words: str, remedy: str = "") -> Finding:
    return Finding("catch-up", "Catching up", state, words, remedy)


def _parsed(kept: str | None) -> dict[str, str]:
    try:
        found = json.loads(kept or "{}")
    except ValueError:
        return {}
    return {str(name): str(place) for name, place in found.items()} if isinstance(found, dict) else {}
