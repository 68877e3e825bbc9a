"""Sends what is queued: claims jobs, makes the requests, books the answers.

One round is one transaction: it books every answer that is in and claims as many jobs as there are
free hands. While it runs, answers and new jobs gather for the next round, so batches grow with the
load by themselves and nothing ever waits for a batch to fill.
"""

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from secondring.domain.episodes import SEND_TEXT
from secondring.domain.errors import PeerError, blame
from secondring.domain.ids import JobKey
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import Job, Line
from sms_gateway.carriers.port import LineTypes, SendResult, Unknown
from sms_gateway.desk import Bell, Clock, InStore
from sms_gateway.errand import UNTEXTABLE, Done, Errand
from sms_gateway.errands import Clerk

log = logging.getLogger(__name__)

SWEEP = 1.0
"""Seconds: how long a lost ring may delay a text."""
LINE_TIME = timedelta(seconds=1)
"""How long a text waits for the look-up of its number's line."""
SET_ASIDE = timedelta(minutes=1)
"""How long a job rests that made the books fail, so that the others are not kept waiting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxSettings:
    """How hard to work. The lease has to outlast a request: two workers must not hold one text."""

    in_flight: int = 8
    lease: timedelta = timedelta(seconds=45)
    request_limit: timedelta = timedelta(seconds=20)
    grace: timedelta = timedelta(seconds=5)
    """How long to wait for answers that are still out when we are told to stop."""
    shadow: bool = False
    """Shadow mode: nothing is claimed, whatever waits."""


@dataclass(frozen=True, slots=True)
class _Round:
    errands: list[Errand]
    all_hands_full: bool
    next_due: datetime | None


class _PoisonedError(Exception):
    """Booking this one job fails whatever we do; the transaction was rolled back."""

    def __init__(self, key: JobKey, cause: Exception) -> None:
        super().__init__(f"job {key}: {blame(cause)}")
        self.key = key


class Outbox:
    """The worker of all carriers. `run` it in one task; several processes may run one each."""

    def __init__(
        self,
        clerk: Clerk,
        in_store: InStore,
        *,
        clock: Clock,
        bell: Bell,
        settings: OutboxSettings | None = None,
    ) -> None:
        self._clerk = clerk
        self._in_store = in_store
        self._clock = clock
        self._bell = bell
        self._settings = settings or OutboxSettings()
        self._wake = asyncio.Event()
        self._flying: set[asyncio.Task[None]] = set()
        self._done: list[Done] = []
        self._set_aside: set[JobKey] = set()

    async def run(self) -> None:
        """Work until cancelled; then book the answers that come in within the time of grace."""
        ear = asyncio.create_task(self._listen(), name="outbox doorbell")
        try:
            while True:
                await self._pause(await self.round())
        finally:
            ear.cancel()
            await asyncio.gather(ear, return_exceptions=True)
            await self._drain()

    async def round(self) -> float:
        """Book, claim, launch. Returns how many seconds may pass until the next one."""
        self._wake.clear()
        done, self._done = self._done, []
        free = 0 if self._settings.shadow else self._settings.in_flight - len(self._flying)
        if not done and free < 1:
            return SWEEP
        try:
            found = await self._in_store(lambda books: self._transact(books, done, free))
        except _PoisonedError as poison:
            self._set_apart(poison, done)
            return 0.0
        except Exception as error:  # noqa: BLE001 - the outermost loop must outlive whatever the store does
            self._done = done + self._done
            log.error("outbox: the books cannot be written, %s; trying again", _told(error))  # noqa: TRY400
            return SWEEP
        except BaseException:
            self._done = done + self._done
            raise
        self._set_aside.clear()
        for errand in found.errands:
            self._launch(errand)
        return self._until(found)

    def _until(self, found: _Round) -> float:
        if found.all_hands_full:
            return 0.0 if len(self._flying) < self._settings.in_flight else SWEEP
        if found.next_due is None:
            return SWEEP
        return min(max((found.next_due - self._clock()).total_seconds(), 0.0), SWEEP)

    def _transact(self, books: Books, done: list[Done], free: int) -> _Round:
        now = self._clock()
        for one in done:
            with _blaming(one.errand.job.key):
                self._clerk.book(books, one, now)
        jobs = self._claim(books, now, free)
        errands = []
        for job in jobs:
            with _blaming(job.key):
                errand = self._prepare(books, job, now)
            if errand is not None:
                errands.append(errand)
        return _Round(errands, len(jobs) >= free, books.next_due([SEND_TEXT]) if len(jobs) < free else None)

    def _claim(self, books: Books, now: datetime, free: int) -> list[Job]:
        if free < 1:
            return []
        return books.claim_jobs([SEND_TEXT], now=now, lease=self._settings.lease, limit=free)

    def _prepare(self, books: Books, job: Job, now: datetime) -> Errand | None:
        if job.key in self._set_aside:
            books.retry_job(job, now + SET_ASIDE)
            return None
        return self._clerk.prepare(books, job, now)

    def _set_apart(self, poison: _PoisonedError, done: list[Done]) -> None:
        """Let the others go on: a job rests; an answer is dropped, and asked for when its lease runs out."""
        log.error("outbox: %s; set aside for a while", poison)
        sane = [one for one in done if one.errand.job.key != poison.key]
        if len(sane) == len(done):
            self._set_aside.add(poison.key)
        self._done = sane + self._done

    def _launch(self, errand: Errand) -> None:
        task = asyncio.create_task(self._fly(errand), name=f"text {errand.text.id}")
        self._flying.add(task)

    async def _fly(self, errand: Errand) -> None:
        try:
            done = await self._ask(errand)
            self._done.append(done)  # not in one line: rounds replace the list meanwhile
        finally:
            task = asyncio.current_task()
            if task is not None:
                self._flying.discard(task)
            self._wake.set()

    async def _ask(self, errand: Errand) -> Done:
        types = errand.route.driver.line_types
        line = await _line_of(types, errand.text.to) if errand.ask_line and types else None
        result = None if line in UNTEXTABLE else await self._request(errand)
        return Done(errand, result, line)

    async def _request(self, errand: Errand) -> SendResult | None:
        carrier = errand.route.carrier
        limit = self._settings.request_limit.total_seconds()
        try:
            async with asyncio.timeout(limit):
                if errand.look_up:
                    return await carrier.look_up(errand.text)
                return await carrier.send(errand.text)
        except TimeoutError:
            return Unknown(f"no answer within {limit:g} s")
        except Exception as error:  # noqa: BLE001 - a carrier's bug must not lose the text it held
            log.error("carrier %s broke: %s", carrier.name, blame(error))  # noqa: TRY400
            return Unknown(f"the carrier's code broke: {type(error).__name__}")

    async def _listen(self) -> None:
        while True:
            if await self._bell.wait(60.0):
                self._wake.set()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    async def settle(self) -> None:
        """Wait until no request is out."""
        while self._flying:
            await asyncio.wait(self._flying)

    async def _drain(self) -> None:
        late = set(self._flying)
        if late:
            _, late = await asyncio.wait(late, timeout=self._settings.grace.total_seconds())
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        done, self._done = self._done, []
        for one in done:
            with contextlib.suppress(_PoisonedError, PeerError):
                await self._in_store(lambda books, one=one: self._transact(books, [one], 0))  # type: ignore[misc]


async def _line_of(types: LineTypes, number: PhoneNumber) -> Line | None:
    """What kind of line a number is, if that can be had soon; else the text just goes."""
    try:
        async with asyncio.timeout(LINE_TIME.total_seconds()):
            return await types.line_type(number)
    except Exception as error:  # noqa: BLE001 - whatever it was, it must cost the patient no text
        log.warning("a number's line could not be looked up: %s", type(error).__name__)
        return None


@contextlib.contextmanager
def _blaming(key: JobKey) -> Iterator[None]:
    try:
        yield
    except PeerError:
        raise
    except Exception as error:
        raise _PoisonedError(key, error) from error


def _told(error: Exception) -> str:
    return str(error) if isinstance(error, PeerError) else blame(error)
