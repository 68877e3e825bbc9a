"""Every night: our verdicts beside the PBX's own record. Every minute: whether it is too quiet to be true."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from secondring.domain import audit, quiet
from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.audit import Audit
from secondring.domain.call_events import CallEnded
from secondring.domain.errors import SecondRingError, blame
from secondring.domain.ports import Books
from secondring.domain.rules import Rules
from secondring.domain.weeks import Span
from secondring.listening import InStore

log = logging.getLogger(__name__)

LOOK = 60.0
"""Seconds between looks for a silence."""
NIGHT = 3
"""From this hour on, by the first site's clock, yesterday is compared; by then the records are written."""
MARK = "audited"
SHOWN = 3
AGAIN = timedelta(hours=1)
"""A silence that goes on is alarmed of again after so long."""

Told = Callable[[Span, datetime], tuple[str, list[CallEnded]]]


@dataclass(frozen=True, slots=True)
class Referee:
    """Compares one day; `told` reads the record and raises PeerError when it cannot."""

    told: Told
    zone: str

    def compare(self, books: Books, day: date, now: datetime) -> Audit:
        """Our verdicts of a day beside the record's."""
        span = audit.day_span(day, self.zone)
        record, theirs = self.told(span, now)
        return audit.compare(record, audit.calls_around(books, span), theirs, span)


class NightlyAudit:
    """Compares yesterday, once."""

    def __init__(
        self,
        referee: Referee,
        rules: Rules,
        read: InStore,
        write: InStore,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._referee = referee
        self._rules = rules
        self._read = read
        self._write = write
        self._clock = clock

    async def run(self) -> None:
        """Compare every night, until cancelled."""
        while True:
            await _without_harm("the nightly audit", self.round)
            await asyncio.sleep(LOOK)

    async def round(self) -> Audit | None:
        """Compare yesterday, unless it is done or not night yet."""
        now = self._clock()
        here = now.astimezone(ZoneInfo(self._referee.zone))
        day = here.date() - timedelta(days=1)
        if here.hour < NIGHT or await self._read(lambda books: books.bookmark(MARK)) == str(day):
            return None
        found = await self._read(lambda books: self._referee.compare(books, day, now))
        log.info("audit of %s: %s", day, found.in_words)
        await self._write(lambda books: self._keep(books, day, found, now))
        return found

    def _keep(self, books: Books, day: date, found: Audit, now: datetime) -> None:
        books.keep_bookmark(MARK, str(day))
        if found.serious:
            raise_in(books, Alarm("audit-differs", difference(day, found)), self._rules, now)


def difference(day: date, found: Audit) -> str:
    """What an administrator is told of a day on which we and the record differ."""
    calls = ", ".join(finding.call.uniqueid for finding in found.serious[:SHOWN])
    more = " and others" if len(found.serious) > SHOWN else ""
    return (
        f"{len(found.serious)} of {len(found.findings)} calls of {day} differ from {found.record} ({calls}{more}):"
        f" `secondring audit --day {day}` tells why"
    )


class Silence:
    """Raises an alarm when calls should have come by now and none was heard."""

    def __init__(self, rules: Rules, read: InStore, write: InStore, *, clock: Callable[[], datetime]) -> None:
        self._rules = rules
        self._read = read
        self._write = write
        self._clock = clock
        self._told_at: datetime | None = None

    async def run(self) -> None:
        """Look every minute, until cancelled."""
        while True:
            await _without_harm("the look for silence", self.round)
            await asyncio.sleep(LOOK)

    async def round(self) -> bool:
        """Look once; True when an alarm was raised."""
        now = self._clock()
        found = await self._read(lambda books: quiet.look(books, self._rules, now))
        if found is None:
            self._told_at = None
            return False
        if self._told_at is not None and now - self._told_at < AGAIN:
            return False
        alarm = Alarm("signal-quiet", found.in_words)
        await self._write(lambda books: raise_in(books, alarm, self._rules, now))
        self._told_at = now
        return True


async def _without_harm(name: str, work: Callable[[], Awaitable[object]]) -> None:
    """An audit may fail; calls and texts go on. What failed is tried again at the next look."""
    try:
        await work()
    except SecondRingError as error:
        log.warning("%s: not now: %s", name, error)
    except Exception as error:  # noqa: BLE001 - said without quoting anything
        log.error("%s: %s", name, blame(error))  # noqa: TRY400
