"""What was read and not yet handled. When it is full, reading stops; nothing is ever dropped."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

from ami_listener.stats import LinkStats

log = logging.getLogger(__name__)
T = TypeVar("T")

QUIET = 60.0
"""Seconds: a flood fills and empties the backlog many times over, and that is one thing to say."""
LONG_PAUSE = 1.0
"""Seconds; an end worth saying."""


class Backlog(Generic[T]):
    """A queue between the reader of a socket and the one consumer. Belongs to one event loop.

    `limit` is where reading is to stop; what one read brought beyond it is kept all the same, so at most
    one read's worth more is held. `stop` is called when it fills, `go_on` when half is gone.
    """

    def __init__(
        self, limit: int, stats: LinkStats, *, stop: Callable[[], None], go_on: Callable[[], None]
    ) -> None:
        self._items: deque[T] = deque()
        self._limit = limit
        self._stats = stats
        self._filled = asyncio.Event()
        self._room = asyncio.Event()
        self._room.set()
        self._full_since = 0.0
        self._warned_at = -QUIET
        self._stop = stop
        self._go_on = go_on

    def put(self, items: Iterable[T]) -> None:
        """Add at the end; never waits."""
        self._items.extend(items)
        self._measure()
        self._filled.set()
        if len(self._items) >= self._limit and self._room.is_set():
            self._close_gate()

    async def take(self, most: int) -> list[T]:
        """Wait until something is there, then give up to `most`, oldest first."""
        await self._filled.wait()
        taken = [self._items.popleft() for _ in range(min(most, len(self._items)))]
        self._measure()
        if not self._items:
            self._filled.clear()
        if len(self._items) <= self._limit // 2 and not self._room.is_set():
            self._open_gate()
        return taken

    @property
    def has_room(self) -> bool:
        """False from when it is full until half is gone."""
        return self._room.is_set()

    async def room(self) -> None:
        """Wait until reading may go on."""
        await self._room.wait()

    def _measure(self) -> None:
        self._stats.backlog = len(self._items)
        self._stats.backlog_peak = max(self._stats.backlog_peak, len(self._items))

    def _close_gate(self) -> None:
        self._room.clear()
        self._full_since = time.monotonic()
        self._stats.pauses += 1
        if self._full_since - self._warned_at >= QUIET:
            self._warned_at = self._full_since
            log.warning(
                "%d events wait to be handled: reading from the PBX stops until half are done."
                " Asterisk drops a client that does not read; is the database slow?",
                len(self._items),
            )
        self._stop()

    def _open_gate(self) -> None:
        self._room.set()
        if (paused := time.monotonic() - self._full_since) >= LONG_PAUSE:
            log.warning("reading from the PBX goes on after %.1f s", paused)
        self._go_on()
