"""The centre's receiver: opens what site boxes send, takes it into the books, and says so after the commit.

Urgent callers of all boxes come before what is live, and that before what is old: a box that was cut off for a day
delays no other box's callers. What cannot be taken now is not answered, and the box sends it again.
"""

import asyncio
import itertools
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.centre_desk import Box, CentreDesk
from secondring.domain.dispatches import Dispatch, NotTheirs
from secondring.domain.errors import PeerError, SecondRingError, blame
from secondring.domain.ports import Books
from secondring.listening import InStore

log = logging.getLogger("secondring.sites")

TOGETHER = 20
"""Dispatches of one transaction: a commit costs the disk some milliseconds."""
MOST_WAITING = 5000
"""Above it nothing more is taken in; the boxes send it again."""
COMPLAIN_EVERY = 60.0
"""Seconds between two alarms about one box's forged or unreadable messages."""
PAUSE = 1.0
"""Seconds to wait for a database that does not do its part."""


class Say(Protocol):
    """Tells a box that a dispatch is in the books."""

    async def __call__(self, box: str, name: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Arrived:
    """One dispatch that was opened."""

    box: Box
    name: str
    dispatch: Dispatch = field(repr=False)


class Receiver:
    """Takes in dispatches, in order of haste."""

    def __init__(
        self,
        desk: CentreDesk,
        in_store: InStore,
        say_taken: Say,
        *,
        clock: Callable[[], datetime],
        ring: Callable[[], Awaitable[None]],
    ) -> None:
        self._desk = desk
        self._in_store = in_store
        self._say_taken = say_taken
        self._clock = clock
        self._ring = ring
        self._queue: asyncio.PriorityQueue[tuple[int, int, Arrived]] = asyncio.PriorityQueue(MOST_WAITING)
        self._order = itertools.count()
        self._waiting: set[tuple[str, str]] = set()
        self._complained: dict[tuple[str, str], float] = {}
        self._complaints: list[Alarm] = []
        self._news = asyncio.Event()

    def arrived(self, haste: int, one: Arrived) -> None:
        """Queue it; 0 is the hastiest. One that waits here already is not queued again."""
        key = one.box.name, one.name
        if key in self._waiting or self._queue.full():
            return
        self._waiting.add(key)
        self._queue.put_nowait((haste, next(self._order), one))
        self._news.set()

    def complain(self, box: str, kind: str, because: str) -> None:
        """Something came in a box's name that cannot be taken. Told once a minute."""
        now = time.monotonic()
        if now - self._complained.get((box, kind), -COMPLAIN_EVERY) >= COMPLAIN_EVERY:
            self._complained[box, kind] = now
            self._complaints.append(Alarm(kind, because))
            log.error("%s", because)
            self._news.set()

    async def run(self) -> None:
        """Take in until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._complaints or not self._queue.empty():
                await self._insist(self._more(TOGETHER))

    async def round(self) -> None:
        """Take in what waits now."""
        await self._insist(self._more(MOST_WAITING))

    async def _insist(self, together: list[Arrived]) -> None:
        """Again and again while the database does not do its part."""
        while True:
            try:
                await self._tell_complaints()
                if together:
                    await self._take(together)
            except PeerError as error:
                log.warning("what site boxes send waits: %s", error)
                await asyncio.sleep(PAUSE)
            else:
                return

    def _more(self, most: int) -> list[Arrived]:
        found: list[Arrived] = []
        while len(found) < most and not self._queue.empty():
            found.append(self._out(self._queue.get_nowait()))
        return found

    def _out(self, queued: tuple[int, int, Arrived]) -> Arrived:
        one = queued[2]
        self._waiting.discard((one.box.name, one.name))
        return one

    async def _take(self, together: list[Arrived]) -> None:
        try:
            taken = await self._in_store(lambda books: [self._one(books, one) for one in together])
        except PeerError:
            raise
        except Exception as error:  # noqa: BLE001 - our bug costs one dispatch's handling, never the others'
            if len(together) > 1:
                for one in together:
                    await self._take([one])
                return
            if not await self._give_up(together[0], error):
                return
            taken = [True]
        if any(taken):
            await self._ring()
        for one in together:
            await self._say(one)

    def _one(self, books: Books, one: Arrived) -> bool:
        return self._desk.take(books, one.box, one.name, one.dispatch, self._clock())

    async def _give_up(self, one: Arrived, error: Exception) -> bool:
        """True when people look after it now. What a box may not tell is not answered: it stays in its spool."""
        if isinstance(error, NotTheirs):
            self.complain(one.box.name, "site-refused", str(error))
            return False
        why = str(error) if isinstance(error, SecondRingError) else blame(error)

        def work(books: Books) -> None:
            self._desk.leave_to_people(books, one.box, one.name, one.dispatch, why, self._clock())

        try:
            await self._in_store(work)
        except PeerError:
            raise
        except Exception as second:  # noqa: BLE001 - said as loudly as can be; the box keeps it
            self.complain(one.box.name, "call-not-handled", f"box {one.box.name}: {blame(second)}")
            return False
        return True

    async def _say(self, one: Arrived) -> None:
        try:
            await self._say_taken(one.box.name, one.name)
        except PeerError as error:
            log.debug("a box was not told, and will ask again: %s", error)

    async def _tell_complaints(self) -> None:
        told = list(self._complaints)

        def work(books: Books) -> None:
            for alarm in told:
                raise_in(books, alarm, self._desk.rules, self._clock())

        if told:
            await self._in_store(work)
            self._complaints = self._complaints[len(told) :]
