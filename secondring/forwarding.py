"""A site box's forwarder: brings the spool to the centre, and forgets nothing before the centre says that it has it.

What is live goes at once, urgent callers first. What is old goes beside it, the newest first, a few at a time, so
that a box that was cut off for a day delays no caller of today. No word of the centre within some seconds: sent again.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from secondring.domain.dispatches import LIVE_FOR
from secondring.domain.errors import PeerError
from secondring.domain.ports import Books
from secondring.domain.site_ports import Spooled
from secondring.listening import InStore

log = logging.getLogger("secondring.sites")

SWEEP = 1.0
"""Seconds between looks at the spool that nobody rang for."""
PATIENCE = 10.0
"""Seconds that the centre may take to say that it has a dispatch."""
REST = 60.0
"""Seconds until a dispatch is sent again that the centre did not take while it took others."""
URGENT, LIVE, LATE = "urgent", "live", "late"
SHARES = {URGENT: 16, LIVE: 16, LATE: 4}
"""Dispatches of each lane that may be on their way at one time."""


class Line(Protocol):
    """The way to the centre."""

    @property
    def is_up(self) -> bool: ...

    async def send(self, lane: str, spooled: Spooled) -> None:
        """Publish once; raises PeerError."""
        ...


class Wait(Protocol):
    """One listener's end of a doorbell."""

    async def wait(self, timeout: float) -> bool: ...  # noqa: ASYNC109 - a missed ring must not wait for ever


@dataclass(slots=True)
class _OnItsWay:
    group: str
    lane: str
    until: float
    taken_before: int
    """How many the centre had taken when it was sent."""


class Forwarder:
    """One box's."""

    def __init__(
        self,
        line: Line,
        in_store: InStore,
        read: Callable[[Callable[[Books], list[Spooled]]], Awaitable[list[Spooled]]],
        *,
        clock: Callable[[], datetime],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._line = line
        self._in_store = in_store
        self._read = read
        self._clock = clock
        self._monotonic = monotonic
        self._under_way: dict[str, _OnItsWay] = {}
        self._resting: dict[str, float] = {}
        self._acknowledged: set[str] = set()
        self._taken = 0
        self._wake = asyncio.Event()

    def taken(self, name: str) -> bool:
        """The centre has it in its books. False when nothing of that name was sent: somebody kept an old answer."""
        awaited = (name in self._under_way or name in self._resting) and name not in self._acknowledged
        self._acknowledged.add(name)
        self._wake.set()
        return awaited

    def wake(self) -> None:
        """There is something new."""
        self._wake.set()

    async def linked(self) -> None:
        """A new link: what was under way may be lost."""
        self._under_way.clear()
        self._resting.clear()
        self._wake.set()

    async def run(self, bell: Wait) -> None:
        """Forward until cancelled."""
        ringing = asyncio.create_task(self._listen(bell), name="spool bell")
        try:
            while True:
                self._wake.clear()
                try:
                    sent = await self.round()
                except PeerError as error:
                    log.warning("the spool waits: %s", error)
                    sent = 0
                if not sent and not self._acknowledged:
                    await self._rest()
        finally:
            ringing.cancel()

    async def _listen(self, bell: Wait) -> None:
        while True:
            await bell.wait(SWEEP)
            self._wake.set()

    async def _rest(self) -> None:
        try:
            async with asyncio.timeout(SWEEP):
                await self._wake.wait()
        except TimeoutError:
            return

    async def round(self) -> int:
        """Forget what the centre has, and send what may go now; returns how many were sent."""
        await self._forget()
        self._give_up_waiting()
        if not self._line.is_up:
            self._under_way.clear()
            return 0
        chosen = await self._choose()
        await asyncio.gather(*(self._send(lane, spooled) for lane, spooled in chosen))
        return len(chosen)

    async def _forget(self) -> None:
        names = set(self._acknowledged)
        if not names:
            return
        await self._in_store(lambda books: books.drop_from_spool(names))
        self._acknowledged -= names
        self._taken += len(names)
        for name in names:
            self._under_way.pop(name, None)
            self._resting.pop(name, None)

    def _give_up_waiting(self) -> None:
        now = self._monotonic()
        for name, sent in list(self._under_way.items()):
            if now >= sent.until:
                del self._under_way[name]
                takes_others = self._taken > sent.taken_before
                self._resting[name] = now + (REST if takes_others else PATIENCE)  # others have their turn
        self._resting = {name: until for name, until in self._resting.items() if now < until}

    async def _choose(self) -> list[tuple[str, Spooled]]:
        since = self._clock() - LIVE_FOR
        chosen: list[tuple[str, Spooled]] = []
        groups = {sent.group for sent in self._under_way.values()}
        for lane in (URGENT, LIVE, LATE):
            room = SHARES[lane] - sum(sent.lane == lane for sent in self._under_way.values())
            for spooled in await self._waiting(lane, since, room):
                if spooled.group in groups or spooled.id in self._resting:
                    continue
                if room <= 0:
                    break
                room -= 1
                groups.add(spooled.group)
                chosen.append((lane, spooled))
        now = self._monotonic()
        for lane, spooled in chosen:
            self._under_way[spooled.id] = _OnItsWay(spooled.group, lane, now + PATIENCE, self._taken)
        return chosen

    async def _waiting(self, lane: str, since: datetime, room: int) -> list[Spooled]:
        if room <= 0:
            return []
        limit = room + len(self._under_way) + len(self._resting)

        def work(books: Books) -> list[Spooled]:
            if lane == URGENT:
                return books.spool_heads(urgent=True, limit=limit)
            if lane == LIVE:
                return books.spool_heads(urgent=False, since=since, limit=limit)
            return books.spool_heads(urgent=False, before=since, newest_first=True, limit=limit)

        return await self._read(work)

    async def _send(self, lane: str, spooled: Spooled) -> None:
        try:
            await self._line.send(lane, spooled)
        except PeerError as error:
            log.debug("a dispatch waits: %s", error)
            self._under_way.pop(spooled.id, None)
