"""Every night what is older than the clinic keeps it goes: a few rows a transaction, so calls never wait for it."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from secondring.domain import retention
from secondring.domain.errors import SecondRingError, blame
from secondring.domain.ports import Books
from secondring.domain.retention import Night, Policy
from secondring.domain.retention_ports import Removed, What
from secondring.listening import InStore

log = logging.getLogger(__name__)

LOOK = 60.0
"""Seconds between looks whether it is night."""
NIGHT, MORNING = 2, 6
"""Between these hours, by the first site's clock."""
BY_DAY = timedelta(hours=36)
"""So long without a night, it is done by day: some machines are off at night. Not at once after an upgrade, for whoever
wants to keep things longer has to be able to say so.
"""
BATCH = 20
"""Episodes or rows in one transaction: some milliseconds, and then everybody else has their turn."""
PAUSE = 0.05
"""Seconds between two transactions."""
NOTHING_LEFT = ""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a night needs of the rest of the service. `tidy` takes what was removed out of the database's files too."""

    policy: Policy
    zone: str
    read: InStore
    write: InStore
    tidy: Callable[[], None]
    clock: Callable[[], datetime]


class NightlyRetention:
    """Removes once a night. Harmless to stop at any point, and to begin anew."""

    def __init__(self, parts: Parts, *, pause: float = PAUSE) -> None:
        self._parts = parts
        self._pause = pause

    async def run(self) -> None:
        """Look every minute until cancelled."""
        while True:
            if await self._is_due():
                await self.night()
            await asyncio.sleep(LOOK)

    async def _is_due(self) -> bool:
        now = self._parts.clock()
        here = now.astimezone(ZoneInfo(self._parts.zone))
        try:
            before = await self._parts.read(retention.last)
            if NIGHT <= here.hour < MORNING:
                return before is None or before.at.astimezone(here.tzinfo).date() != here.date()
            since = (
                before.at
                if before
                else await self._parts.write(lambda books: retention.known_since(books, now))
            )
        except SecondRingError as error:
            log.warning("retention: not now: %s", error)
            return False
        return now - since > BY_DAY

    async def night(self) -> Night:
        """All steps, each until nothing is left of it; what went is noted also when something fails on the way."""
        now, gone, trouble = self._parts.clock(), list[Removed](), NOTHING_LEFT
        try:
            for what, before in self._parts.policy.steps(now):
                await self._step(what, before, gone)
        except SecondRingError as error:
            trouble = str(error)
        except Exception as error:  # noqa: BLE001 - said without quoting anything
            trouble = blame(error)
        night = Night(at=self._parts.clock(), removed=retention.together(gone), trouble=trouble)
        try:
            await self._parts.write(lambda books: retention.keep(books, night))
            if night.removed:
                await asyncio.to_thread(self._parts.tidy)
        except SecondRingError as error:
            trouble = trouble or str(error)
        if trouble:
            log.warning("retention did not come to its end, it goes on tomorrow: %s", trouble)
        else:
            log.info("retention: %s", night.in_words)
        return night

    async def _step(self, what: What, before: datetime, gone: list[Removed]) -> None:
        def work(books: Books) -> Removed:
            return books.remove(what, before=before, limit=BATCH)

        while True:
            removed = await self._parts.write(work)
            if removed.is_nothing:
                return
            gone.append(removed)
            await asyncio.sleep(self._pause)
