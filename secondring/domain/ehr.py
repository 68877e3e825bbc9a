"""Where a site's appointments are kept by somebody else: what we ask of an EHR, and what we know of it.

An EHR is asked over a network, so never inside a transaction: its open times are copied first, and a time is booked
there between two transactions. A job stands behind each such booking until both sides agree; nothing is lost with us.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from secondring.domain.booking import Booking, BookingId
from secondring.domain.ids import JobKey, SiteId
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import Job

BOOK, CANCEL = "ehr-book", "ehr-cancel"
KINDS = (BOOK, CANCEL)
FRESH = timedelta(minutes=2)
"""A copy older than this is not shown: the EHR has not been heard of."""
GRACE = timedelta(minutes=2)
"""From asking the EHR for a time until somebody else sees to it: longer than any request may take."""


@dataclass(frozen=True, slots=True, order=True)
class FreeTime:
    """Time that somebody at the clinic has free; two people free at once are two of them."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Whom the EHR's staff are told to expect."""

    number: PhoneNumber | None
    first_name: str = field(default="", repr=False)
    born: date | None = field(default=None, repr=False)


class Ehr(Protocol):
    """The appointments of one site, elsewhere. All of it may be asked again: each does its work once."""

    async def free(self, since: datetime, until: datetime) -> list[FreeTime]:
        """What begins in [since, until) and is free. Raises PeerError when the EHR cannot be asked."""
        ...

    async def book(self, booking: Booking, guest: Guest) -> bool:
        """Make it theirs; False when the time is somebody else's. Raises PeerError while nobody can tell."""
        ...

    async def cancel(self, booking: BookingId) -> None:
        """Give it back; also what was never booked. Raises PeerError while it may still stand."""
        ...


@dataclass(frozen=True, slots=True)
class _Known:
    at: datetime
    free: tuple[FreeTime, ...]


class Copies:
    """The open times of every site as its EHR told them last. In memory: a restart asks anew."""

    def __init__(self) -> None:
        self._known: dict[SiteId, _Known] = {}

    def keep(self, site: SiteId, free: Iterable[FreeTime], at: datetime) -> None:
        """What the EHR just said."""
        self._known[site] = _Known(at, tuple(sorted(free)))

    def asked_at(self, site: SiteId) -> datetime | None:
        """When it said so; None when it never did."""
        known = self._known.get(site)
        return known.at if known else None

    def free(self, site: SiteId, now: datetime) -> tuple[FreeTime, ...]:
        """What it said; nothing when that was too long ago."""
        known = self._known.get(site)
        return known.free if known and now - known.at <= FRESH else ()


def plan(books: Books, kind: str, booking: BookingId, due_at: datetime) -> None:
    """Have the EHR told of a booking, now or again."""
    key = job_key(kind, booking)
    if not books.add_job(Job(key=key, kind=kind, ref=booking, due_at=due_at)):
        books.move_job(key, due_at)


def job_key(kind: str, booking: BookingId) -> JobKey:
    """One job for each."""
    return JobKey(f"{kind}:{booking}")
