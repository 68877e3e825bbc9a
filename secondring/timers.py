"""Runs what is due: the end of windows, links that led nowhere, reminders."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from secondring.domain.deskwork import Deskwork
from secondring.domain.episodes import TIMERS
from secondring.domain.errors import PeerError, StaleLease
from secondring.domain.ports import Books
from secondring.listening import InStore

log = logging.getLogger(__name__)

SWEEP = 1.0
"""Seconds between looks; timers are minutes and hours, so a second late is on time."""
LEASE = timedelta(minutes=1)
BATCH = 50


class Timers:
    """The worker of the episodes' timers."""

    def __init__(
        self,
        deskwork: Deskwork,
        in_store: InStore,
        *,
        clock: Callable[[], datetime],
        ring: Callable[[], Awaitable[None]],
    ) -> None:
        self._deskwork = deskwork
        self._in_store = in_store
        self._clock = clock
        self._ring = ring

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                ran = await self._in_store(self.run_due)
            except (PeerError, StaleLease) as error:
                log.warning("timers wait: %s", error)
                ran = 0
            if ran:
                await self._ring()
            if ran < BATCH:
                await asyncio.sleep(SWEEP)

    def run_due(self, books: Books) -> int:
        """Run what is due, in the transaction whose books these are; returns how many."""
        now = self._clock()
        jobs = books.claim_jobs(TIMERS, now=now, lease=LEASE, limit=BATCH)
        for job in jobs:
            books.finish_job(job)
            self._deskwork.timer(books, job, now)
        return len(jobs)
