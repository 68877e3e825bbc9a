"""The calendar of a site whose appointments an EHR keeps: its open times, less those that we keep for somebody."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from secondring.domain import ehr
from secondring.domain.booking import Booking, BookingState
from secondring.domain.ehr import Copies
from secondring.domain.ids import EpisodeId, SiteId
from secondring.domain.own_calendar import OwnCalendar
from secondring.domain.ports import Books
from secondring.domain.timetable import Slot, Timetable, VisitType, free_seat, occupied

SEATS = 200
"""Places that our books tell apart at one time; how many there are is the EHR's to say."""


class EhrCalendar(OwnCalendar):
    """`Calendar` on a copy of the EHR's open times and our own books.

    `confirm` is for a booking that the EHR has taken. What is released, or replaced by another one, it is told of.
    """

    def __init__(self, books: Books, site: SiteId, timetable: Timetable, copies: Copies) -> None:
        super().__init__(books, site, timetable)
        self._copies = copies

    def _open(self, visit: VisitType, now: datetime, but: EpisodeId | None = None) -> Iterator[Slot]:
        first, last = now + self._timetable.lead, now + self._timetable.horizon
        fits = Counter(
            free.starts_at
            for free in self._copies.free(self._site, now)
            if first <= free.starts_at <= last and free.ends_at - free.starts_at >= visit.length
        )
        busy = occupied(self._taken(now))
        ours = Counter(one.starts_at for one in self._not_yet_theirs(now, but))
        for starts_at in sorted(fits):
            ends_at = starts_at + visit.length
            seat = free_seat(SEATS, busy, starts_at, ends_at)
            if fits[starts_at] > ours[starts_at] and seat is not None:
                yield Slot(starts_at, ends_at, seat)

    def _not_yet_theirs(self, now: datetime, but: EpisodeId | None) -> Iterator[Booking]:
        """Bookings of ours that the copy still shows as free."""
        asked_at = self._copies.asked_at(self._site)
        for one in self._standing_at(now):
            is_held = one.state is BookingState.HELD
            is_new = asked_at is not None and one.confirmed_at is not None and one.confirmed_at >= asked_at
            if (is_held and one.episode != but) or (not is_held and is_new):
                yield one

    def keep(self, booking: Booking, now: datetime) -> Booking | None:
        """Hold it on while the EHR is asked; None when it ran out and somebody else holds it by now."""
        self._sweep(now)
        held = self._books.booking(booking.id)
        if held is not None and held.state is BookingState.EXPIRED:
            held = self._place(booking, now)
        if held is None or held.state is not BookingState.HELD:
            return None
        kept = replace(held, held_until=max(held.held_until, now + ehr.GRACE))
        self._books.save_booking(kept)
        return kept

    def _revived(self, booking: Booking, now: datetime) -> Booking | None:
        """The EHR says that it is theirs; it only needs a place in our books."""
        seat = free_seat(SEATS, occupied(self._taken(now)), booking.starts_at, booking.ends_at)
        if seat is None:
            return None
        held = replace(booking, seat=seat, state=BookingState.HELD, closed_at=None)
        self._books.save_booking(held)
        return held

    def confirm(self, booking: Booking, now: datetime) -> Booking | None:
        """Make it final; what the episode had before, and a booking that found no place, the EHR is to give back."""
        before = self._standing(booking, BookingState.CONFIRMED)
        confirmed = super().confirm(booking, now)
        self._books.drop_job(ehr.job_key(ehr.BOOK, booking.id))
        for gone in before if confirmed else (booking,):
            ehr.plan(self._books, ehr.CANCEL, gone.id, now)
        return confirmed

    def release(self, booking: Booking, now: datetime) -> Booking:
        """Give it back, here at once and in the EHR by a job. A hold may be there too, when its answer was lost."""
        asked = self._books.job(ehr.job_key(ehr.BOOK, booking.id)) is not None
        if asked or booking.state is BookingState.CONFIRMED:
            self._books.drop_job(ehr.job_key(ehr.BOOK, booking.id))
            ehr.plan(self._books, ehr.CANCEL, booking.id, now)
        return super().release(booking, now)
