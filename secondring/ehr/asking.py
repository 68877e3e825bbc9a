"""Asks EHRs between transactions: for open times, for a booking, and again until both sides agree."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from secondring.domain import ehr
from secondring.domain.booking import Booking
from secondring.domain.booking_desk import BookingDesk, Person, Result
from secondring.domain.ehr import CANCEL, FRESH, KINDS, Ehr, Guest
from secondring.domain.ehr_booking import EhrBooking
from secondring.domain.errors import BookingClash, PeerError, StaleLease
from secondring.domain.health import Finding, State
from secondring.domain.ids import SiteId
from secondring.domain.ports import Books
from secondring.domain.records import Job
from secondring.domain.rules import Site
from secondring.listening import InStore

log = logging.getLogger(__name__)

AGAIN = timedelta(seconds=15)
"""So long what the EHR said is good enough to be shown once more, and its silence is believed."""
SWEEP = 1.0
LEASE = timedelta(minutes=2)
AT_ONCE = 5


@dataclass(frozen=True, slots=True)
class _Errand:
    job: Job
    booking: Booking | None
    guest: Guest | None


class Asking:
    """All the EHRs of a clinic, one for each site that has one."""

    def __init__(
        self,
        ehrs: Mapping[SiteId, Ehr],
        booking: EhrBooking,
        in_store: InStore,
        *,
        clock: Callable[[], datetime],
        ring: Callable[[], Awaitable[None]],
    ) -> None:
        self._ehrs = ehrs
        self._booking = booking
        self._in_store = in_store
        self._clock = clock
        self._ring = ring
        self._silent_since: dict[SiteId, datetime] = {}
        self._locks: defaultdict[SiteId, asyncio.Lock] = defaultdict(asyncio.Lock)

    # -- what patients wait for

    async def refresh(self, site: Site) -> bool:
        """Have open times that are fresh enough to be shown; False when the EHR cannot be asked."""
        copies, timetable = self._booking.copies, site.timetable
        async with self._locks[site.id]:
            now = self._clock()
            asked, silent = copies.asked_at(site.id), self._silent_since.get(site.id)
            if timetable is None or (silent and now - silent < AGAIN):
                return asked is not None and now - asked <= FRESH
            if asked is not None and now - asked < AGAIN:
                return True
            try:
                free = await self._at(site.id).free(now, now + timetable.horizon)
            except PeerError as error:
                self._fell_silent(site.id, error)
                return asked is not None and now - asked <= FRESH
            self._silent_since.pop(site.id, None)
            copies.keep(site.id, free, now)
            return True

    async def confirm(self, desk: BookingDesk, token: str, chosen: str, person: Person) -> Result:
        """Make the chosen time theirs, there and here."""

        def prepare(books: Books) -> tuple[Booking, Guest] | Result:
            visitor = desk.visitor(books, token, self._clock())
            if visitor is None:
                return Result.NOTHING
            found = self._booking.prepare(books, desk, visitor, chosen, person, self._clock())
            return found if isinstance(found, Result) else (found, self._booking.guest(books, found))

        found = await self._in_store(prepare)
        return found if isinstance(found, Result) else await self._take(*found)

    async def _take(self, booking: Booking, guest: Guest) -> Result:
        name = booking.id
        try:
            theirs = await self._at(booking.site).book(booking, guest)
        except PeerError as error:
            self._fell_silent(booking.site, error)
            await self._in_store(lambda books: self._booking.unsure(books, name, self._clock()))
            return Result.UNSURE
        if not theirs:
            await self._in_store(lambda books: self._booking.taken(books, name, self._clock()))
            return Result.TAKEN
        kept = await self._in_store(lambda books: self._booking.booked(books, name, self._clock()))
        return Result.DONE if kept else Result.TAKEN

    # -- what was left to be done

    async def run(self) -> None:
        """Work off what is due, until cancelled."""
        while True:
            if not await self.round():
                await asyncio.sleep(SWEEP)

    async def round(self) -> int:
        """Ask what is due once more; returns how much that was."""
        try:
            errands = await self._in_store(self._claim)
            for errand in errands:
                await self._run(errand)
        except (PeerError, StaleLease, BookingClash) as error:
            log.warning("what the EHR is to be told waits: %s", error)
            return 0
        if errands:
            await self._ring()
        return len(errands)

    def _claim(self, books: Books) -> list[_Errand]:
        jobs = books.claim_jobs(KINDS, now=self._clock(), lease=LEASE, limit=AT_ONCE)
        errands = []
        for job in jobs:
            found = self._booking.about(books, job)
            if found is None:
                books.finish_job(job)
            else:
                errands.append(_Errand(job, found, self._booking.guest(books, found)))
        return errands

    async def _run(self, errand: _Errand) -> None:
        job, booking, guest = errand.job, errand.booking, errand.guest
        if booking is None or guest is None:
            return
        at = self._at(booking.site)
        try:
            if job.kind == CANCEL:
                await at.cancel(booking.id)
                theirs = None
            else:
                theirs = await at.book(booking, guest)
        except PeerError as error:
            self._fell_silent(booking.site, error)
            await self._in_store(lambda books: self._booking.again(books, job, self._clock()))
            return
        await self._in_store(lambda books: self._settle(books, job, booking, theirs=theirs))

    def _settle(self, books: Books, job: Job, booking: Booking, *, theirs: bool | None) -> None:
        books.finish_job(job)
        if theirs is True:
            self._booking.booked(books, booking.id, self._clock())
        elif theirs is False:
            self._booking.gone(books, booking.id, self._clock())

    # -- how they are

    def _at(self, site: SiteId) -> Ehr:
        return self._ehrs.get(site) or _Nobody()

    def _fell_silent(self, site: SiteId, error: PeerError) -> None:
        self._silent_since[site] = self._clock()
        log.warning("the EHR of %s: %s", site, error)

    def findings(self) -> list[Finding]:
        """One for each EHR."""
        return [self._finding(site) for site in self._ehrs]

    def _finding(self, site: SiteId) -> Finding:
        name, shown = f"ehr-{site}", f"EHR of {site}"
        if site in self._silent_since:
            remedy = "Patients who want to book are called instead; what is to be told to it waits."
            return Finding(name, shown, State.BAD, "does not answer", remedy)
        if self._booking.copies.asked_at(site) is None:
            return Finding(name, shown, State.UNKNOWN, "not asked since the start")
        return Finding(name, shown, State.OK, "answers")


class _Nobody:
    """The EHR of a site that has none (any more)."""

    async def free(self, since: datetime, until: datetime) -> list[ehr.FreeTime]:
        """Nothing."""
        raise PeerError(f"no EHR is configured (asked for {since:%Y-%m-%d} to {until:%Y-%m-%d})")

    async def book(self, booking: Booking, guest: Guest) -> bool:
        """Nothing."""
        del guest
        raise PeerError(f"no EHR is configured for {booking.site}")

    async def cancel(self, booking: str) -> None:
        """Nothing."""
        raise PeerError(f"no EHR is configured, so {booking} cannot be cancelled there")
