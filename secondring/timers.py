"""Runs what is due: the end of windows, links that led nowhere, reminders."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from secondring.domain.deskwork import Deskwork
from secondring.domain.episodes import TIMERS
from secondring.domain.errors import PeerError, StaleLease, blame
from secondring.domain.ids import JobKey
from secondring.domain.ports import Books
from secondring.domain.records import Job
from secondring.listening import InStore

log = logging.getLogger(__name__)

SWEEP = 1.0
"""Seconds between looks; timers are minutes and hours, so a second late is on time."""
LEASE = timedelta(minutes=1)
BATCH = 50
PUT_OFF = timedelta(hours=1)
"""Until a timer that our code failed on is tried again."""


class _BrokenTimerError(Exception):
    """Our code fails on this timer; its transaction was rolled back."""

    def __init__(self, key: JobKey, cause: Exception) -> None:
        super().__init__(f"{key}: {blame(cause)}")
        self.key = key


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
        self._put_off: set[JobKey] = set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            ran = await self.round()
            if ran:
                await self._ring()
            if ran < BATCH:
                await asyncio.sleep(SWEEP)

    async def round(self) -> int:
        """Run what is due; returns how many. One that our code fails on is put off, the others run."""
        while True:
            try:
                ran = await self._in_store(self.run_due)
            except (PeerError, StaleLease) as error:
                log.warning("timers wait: %s", error)
                return 0
            except _BrokenTimerError as broken:
                log.error("timer %s; it is put off, the others go on", broken)  # noqa: TRY400 - it says it all
                self._put_off.add(broken.key)
            else:
                self._put_off.clear()
                return ran

    def run_due(self, books: Books) -> int:
        """Run what is due, in the transaction whose books these are; returns how many."""
        now = self._clock()
        jobs = books.claim_jobs(TIMERS, now=now, lease=LEASE, limit=BATCH)
        for job in jobs:
            if job.key in self._put_off:
                books.retry_job(job, now + PUT_OFF)
            else:
                books.finish_job(job)
                self._run_one(books, job, now)
        return len(jobs)

    def _run_one(self, books: Books, job: Job, now: datetime) -> None:
        try:
            self._deskwork.timer(books, job, now)
        except PeerError:
            raise
        except Exception as error:
            raise _BrokenTimerError(job.key, error) from error
