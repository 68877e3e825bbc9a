"""Tells people of alarms: every channel by itself, again and again until it took the alarm, at least once.

What was raised inside a transaction is a row and a job, and comes by `Alarms` and `Teller`. What was raised because
the books themselves fail has neither: `Shout` says it at once, to whoever can be reached, and tries once.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from secondring.domain import alarms
from secondring.domain.alarms import Alarm
from secondring.domain.errors import PeerError, StaleLease, blame
from secondring.domain.ids import AlarmId, JobKey
from secondring.domain.ports import Books
from secondring.domain.records import Job, KeptAlarm
from secondring.domain.rules import Rules
from secondring.listening import InStore

log = logging.getLogger("secondring")

SWEEP = 1.0
"""Seconds between looks."""
BATCH = 20
PAUSES = (5, 15, 60, 300, 900)
"""Seconds between tries of one channel; the last one repeats."""
WORTH = timedelta(hours=24)
"""What a channel did not take for so long is of no use to anybody there."""
TELL_SECONDS = 30.0
"""The longest that one telling may take."""
LEASE = timedelta(seconds=TELL_SECONDS + 10)
"""A crash in the middle of a telling delays the next one by no more than this."""
WAITING = 100
"""Shouts that may wait to be told; what comes beyond them stands in the log alone."""


class Channel(Protocol):
    """A way to reach people."""

    @property
    def name(self) -> str:
        """Part of the names of jobs: it never changes."""
        ...

    async def tell(self, alarm: KeptAlarm) -> None:
        """Hand an alarm over; raises PeerError when it was not taken. May be told of one twice."""
        ...


def say(kept: KeptAlarm) -> None:
    """As loudly as a service can: at the top of its log."""
    log.error("ALARM %s", alarms.in_words(kept))


def kind_of(channel: Channel) -> str:
    """The kind of a channel's jobs."""
    return f"{alarms.JOB}-{channel.name}"


class Alarms:
    """Spreads each alarm that is due: to the log, to the supervisors' texts, and a job for each channel."""

    def __init__(
        self, channels: Sequence[Channel], rules: Rules, in_store: InStore, *, clock: Callable[[], datetime]
    ) -> None:
        self._channels = channels
        self._rules = rules
        self._in_store = in_store
        self._clock = clock

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            if await self.round() < BATCH:
                await asyncio.sleep(SWEEP)

    async def round(self) -> int:
        """Spread what is due; returns how many."""
        try:
            return await self._in_store(self._spread)
        except (PeerError, StaleLease) as error:
            log.warning("alarms wait: %s", error)
            return 0

    def _spread(self, books: Books) -> int:
        now = self._clock()
        jobs = books.claim_jobs((alarms.JOB,), now=now, lease=LEASE, limit=BATCH)
        for job in jobs:
            books.finish_job(job)
            kept = books.alarm(AlarmId(job.ref))
            if kept is not None:
                self._spread_one(books, job, kept, now)
        return len(jobs)

    def _spread_one(self, books: Books, job: Job, kept: KeptAlarm, now: datetime) -> None:
        say(kept)
        alarms.text_supervisors(books, kept, self._rules, now)
        for channel in self._channels:
            key = JobKey(f"{channel.name}:{job.key}")
            books.add_job(Job(key=key, kind=kind_of(channel), ref=kept.id, due_at=now))


class Teller:
    """The worker of one channel: a slow or broken one holds up no other."""

    def __init__(self, channel: Channel, in_store: InStore, *, clock: Callable[[], datetime]) -> None:
        self._channel = channel
        self._in_store = in_store
        self._clock = clock

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            if not await self.round():
                await asyncio.sleep(SWEEP)

    async def round(self) -> int:
        """Tell of one alarm that is due; returns how many there were."""
        try:
            claimed = await self._in_store(self._claim)
            if claimed is not None:
                await self._tell(*claimed)
                return 1
        except (PeerError, StaleLease) as error:
            log.warning("alarms by %s wait: %s", self._channel.name, error)
        return 0

    def _claim(self, books: Books) -> tuple[Job, KeptAlarm] | None:
        """One at a time, so that a lease lasts for what it was taken for."""
        for job in books.claim_jobs((kind_of(self._channel),), now=self._clock(), lease=LEASE, limit=1):
            kept = books.alarm(AlarmId(job.ref))
            if kept is not None:
                return job, kept
            books.finish_job(job)
        return None

    async def _tell(self, job: Job, kept: KeptAlarm) -> None:
        trouble = await told(self._channel, kept)
        if trouble is None:
            await self._in_store(lambda books: books.finish_job(job))
        elif self._clock() - kept.last_at > WORTH:
            log.error("alarm %s given up by %s: %s", kept.id, self._channel.name, trouble)
            await self._in_store(lambda books: books.finish_job(job))
        else:
            pause = PAUSES[min(job.attempts, len(PAUSES)) - 1]
            log.warning(
                "alarm %s not told by %s, again in %d s: %s", kept.id, self._channel.name, pause, trouble
            )
            due_at = self._clock() + timedelta(seconds=pause)
            await self._in_store(lambda books: books.retry_job(job, due_at))


async def told(channel: Channel, kept: KeptAlarm) -> str | None:
    """Tell, and say what went wrong, or nothing."""
    try:
        async with asyncio.timeout(TELL_SECONDS):
            await channel.tell(kept)
    except TimeoutError:
        return f"it took longer than {TELL_SECONDS:g} s"
    except Exception as error:  # noqa: BLE001 - a defect of one channel's must not cost the others their alarm
        return blame(error)
    return None


class Shout:
    """Alarms that no transaction can keep: to the log at once, and once to each channel. One event loop only."""

    def __init__(self, channels: Sequence[Channel], rules: Rules, *, clock: Callable[[], datetime]) -> None:
        self._rules = rules
        self._clock = clock
        self._known: dict[tuple[str, str], KeptAlarm] = {}
        self._waiting: list[tuple[Channel, asyncio.Queue[KeptAlarm]]] = [
            (channel, asyncio.Queue(WAITING)) for channel in channels
        ]

    def __call__(self, alarm: Alarm) -> None:
        """Raise it; a storm reaches the channels once."""
        kept = alarms.first(alarm, self._clock())
        say(kept)
        known = self._known.get((alarm.kind, alarm.site))
        fold = alarms.folding_time(alarm.kind, self._rules)
        if known is not None and abs(kept.raised_at - known.raised_at) < fold:
            return
        self._known[alarm.kind, alarm.site] = kept
        for _, waiting in self._waiting:
            if not waiting.full():
                waiting.put_nowait(kept)

    async def run(self) -> None:
        """Tell until cancelled; a slow channel holds up no other."""
        await asyncio.gather(asyncio.Event().wait(), *(_shout(*one) for one in self._waiting))


async def _shout(channel: Channel, waiting: asyncio.Queue[KeptAlarm]) -> None:
    while True:
        kept = await waiting.get()
        trouble = await told(channel, kept)
        if trouble is not None:
            log.error("alarm %s not told by %s: %s", kept.id, channel.name, trouble)
