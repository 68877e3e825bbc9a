"""Keeps the tallies of what is over, and sends the digest once a week."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from secondring.domain.board import Board, make_board
from secondring.domain.digest import DIGEST, DigestRules, due_week, plan, sent
from secondring.domain.errors import PeerError, StaleLease, blame
from secondring.domain.metrics_rows import Place
from secondring.domain.ports import Books
from secondring.domain.records import Job
from secondring.domain.tallying import keep, unkept
from secondring.domain.weeks import Week

log = logging.getLogger(__name__)
T = TypeVar("T")

SWEEP = 60.0
"""Seconds between looks. Nobody waits for a tally: what is not kept is counted on the spot."""
LEASE = timedelta(minutes=5)
"""Longer than the mail server may take altogether."""
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(hours=1)


class InBooks(Protocol):
    """Runs a function on the books, off the event loop."""

    def __call__(self, work: Callable[[Books], T]) -> Awaitable[T]: ...


async def _without_harm(name: str, work: Callable[[], Awaitable[object]]) -> None:
    """Figures may fail; calls and texts go on. What failed is tried again at the next look."""
    try:
        await work()
    except (PeerError, StaleLease) as error:
        log.warning("%s: not now: %s", name, error)
    except Exception as error:  # noqa: BLE001 - said without quoting anything
        log.error("%s: %s", name, blame(error))  # noqa: TRY400


class TallyKeeper:
    """Counts days and weeks that are over, newest first, one short transaction each."""

    def __init__(
        self, places: Sequence[Place], read: InBooks, write: InBooks, *, clock: Callable[[], datetime]
    ) -> None:
        self._places = places
        self._read = read
        self._write = write
        self._clock = clock

    async def run(self) -> None:
        """Keep until cancelled."""
        while True:
            await _without_harm("tallies", self.round)
            await asyncio.sleep(SWEEP)

    async def round(self) -> int:
        """Keep all that is over and not kept; returns how many."""
        now = self._clock()
        found = await self._read(lambda books: unkept(books, self._places, now))
        for one in found:
            await self._write(lambda books, one=one: keep(books, one))  # type: ignore[misc]
        return len(found)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the digest needs: whose figures, when it is due, and how it is sent. `send` raises PeerError."""

    places: Sequence[Place]
    rules: DigestRules
    send: Callable[[Board], None]


class DigestPost:
    """Sends the digest of each week once; tries again until it is sent or the next one is due."""

    def __init__(
        self, delivery: Delivery, read: InBooks, write: InBooks, *, clock: Callable[[], datetime]
    ) -> None:
        self._delivery = delivery
        self._read = read
        self._write = write
        self._clock = clock

    async def run(self) -> None:
        """Send until cancelled."""
        while True:
            await _without_harm("the digest", self.round)
            await asyncio.sleep(SWEEP)

    async def round(self) -> bool:
        """Send what is due; True when a digest went out."""
        rules, now = self._delivery.rules, self._clock()
        await self._write(lambda books: plan(books, rules, now))
        jobs = await self._write(lambda books: books.claim_jobs([DIGEST], now=now, lease=LEASE, limit=10))
        went = False
        for job in jobs:
            went |= await self._one(job)
        return went

    async def _one(self, job: Job) -> bool:
        week, now = Week.parse(job.ref), self._clock()
        if week < due_week(now, self._delivery.rules):
            log.error("the digest of week %s was never taken; the next one is due", week)
            await self._write(lambda books: books.finish_job(job))
            return False
        board = await self._read(lambda books: make_board(books, self._delivery.places, week, 1, now))
        try:
            await asyncio.to_thread(self._delivery.send, board)
        except PeerError as error:
            later = min(FIRST_RETRY * (1 << min(job.attempts - 1, 10)), LONGEST_RETRY)
            log.error("the digest of week %s is tried again in %s: %s", week, later, error)  # noqa: TRY400 - it says it all
            await self._write(lambda books: books.retry_job(job, now + later))
            return False
        await self._write(lambda books: sent(books, job))
        log.info("the digest of week %s is with the mail server", week)
        return True
