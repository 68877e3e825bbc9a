"""Warns before the database's disk is full: an alarm at the configured level, and again each day while it lasts."""

import asyncio
import logging
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.errors import PeerError
from secondring.domain.rules import Rules
from secondring.listening import InStore

log = logging.getLogger(__name__)

LOOK = 30.0
AGAIN = timedelta(days=1)
ENOUGH = 1.1
"""So many times the level has to be free before a new shortage is a new alarm: else it would flicker."""
MB = 1_000_000


def free_bytes(folder: Path) -> int:
    """Room that the service may use."""
    return shutil.disk_usage(folder).free


class DiskWatch:
    """Looks every half minute."""

    def __init__(
        self,
        folder: Path,
        level: int,
        rules: Rules,
        in_store: InStore,
        *,
        clock: Callable[[], datetime],
        shout: Callable[[Alarm], None],
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        """`level` in bytes. `shout` takes the alarm when it is too late to write it into the books."""
        self._folder = folder
        self._level = level
        self._rules = rules
        self._in_store = in_store
        self._clock = clock
        self._shout = shout
        self._free = free
        self._told_at: datetime | None = None

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK)

    async def look(self) -> bool:
        """Look once; True when an alarm was raised."""
        try:
            free = await asyncio.to_thread(self._free, self._folder)
        except OSError as error:
            log.warning("the disk of %s cannot be looked at: %s", self._folder, error.strerror)
            return False
        now = self._clock()
        if free >= self._level * ENOUGH:
            self._told_at = None
        told = self._told_at is not None and now - self._told_at < AGAIN
        if free >= self._level or told:
            return False
        alarm = Alarm("disk", self._words(free))
        try:
            await self._in_store(lambda books: raise_in(books, alarm, self._rules, now))
        except PeerError:
            self._shout(alarm)
        self._told_at = now
        return True

    def _words(self, free: int) -> str:
        return (
            f"{self._folder}: only {free // MB:,} MB free. Make room before it is full: then no text goes out and calls"
            " wait in memory"
        )
