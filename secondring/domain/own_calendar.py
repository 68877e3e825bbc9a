"""The embedded calendar: open times from the site's timetable, and bookings in our own books."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from secondring.domain.booking import Booking, BookingState, become
from secondring.domain.ids import EpisodeId, SiteId
from secondring.domain.ports import Books
from secondring.domain.timetable import Slot, Taken, Timetable, VisitType, open_slots

LONGEST_VISIT = timedelta(days=1)
"""How far back a booking may have begun that still lasts."""
STALE_AT_ONCE = 500
"""Holds swept up in one transaction; the next one takes the rest."""


class OwnCalendar:
    """`Calendar` on our own books."""

    def __init__(self, books: Books, site: SiteId, timetable: Timetable) -> None:
        self._books = books
        self._site = site
        self._timetable = timetable

    def open_times(self, visit: VisitType, now: datetime) -> list[Slot]:
        """The times that may be chosen; a hold that ran out keeps nobody from one."""
        return list(self._open(visit, now))

    def _open(self, visit: VisitType, now: datetime, but: EpisodeId | None = None) -> Iterator[Slot]:
        """The times that may be chosen; `but` leaves out what that episode only holds."""
        return open_slots(self._timetable, visit, self._taken(now, but), now)

    def _taken(self, now: datetime, but: EpisodeId | None = None) -> list[Taken]:
        """What is not open; `but` leaves out what that episode only holds, which it would give back."""
        held = BookingState.HELD
        return [one.taken for one in self._standing_at(now) if not (one.state is held and one.episode == but)]

    def _standing_at(self, now: datetime) -> list[Booking]:
        """What nobody else can have: holds that ran out are not among it."""
        until = now + self._timetable.horizon + LONGEST_VISIT
        standing = self._books.standing_bookings(self._site, since=now - LONGEST_VISIT, until=until)
        return [one for one in standing if not _ran_out(one, now)]

    def hold(self, booking: Booking, now: datetime) -> Booking | None:
        """Keep a time, when it is one of the open ones. When it is not, what they held before stays theirs."""
        self._sweep(now)
        return self._place(booking, now)

    def _place(self, booking: Booking, now: datetime) -> Booking | None:
        visit = self._timetable.visit(booking.visit)
        if visit is None:
            return None
        slots = self._open(visit, now, booking.episode)
        slot = next((slot for slot in slots if slot.starts_at == booking.starts_at), None)
        if slot is None:
            return None
        for other in self._standing(booking, BookingState.HELD):
            self.release(other, now)
        held = replace(booking, ends_at=slot.ends_at, seat=slot.seat, state=BookingState.HELD)
        self._books.save_booking(held)
        return held

    def confirm(self, booking: Booking, now: datetime) -> Booking | None:
        """Make it final. What the episode had before is moved first, so that it never has two."""
        self._sweep(now)
        held = self._books.booking(booking.id)
        chose_again = bool(self._standing(booking, BookingState.HELD))
        if held is not None and held.state is BookingState.EXPIRED and not chose_again:
            held = self._revived(held, now)
        if held is None or held.state is not BookingState.HELD:
            return None
        for other in self._standing(booking, BookingState.CONFIRMED):
            self._books.save_booking(become(other, BookingState.MOVED, now))
        kept = replace(held, first_name=booking.first_name, born=booking.born)
        confirmed = become(kept, BookingState.CONFIRMED, now)
        self._books.save_booking(confirmed)
        return confirmed

    def _revived(self, booking: Booking, now: datetime) -> Booking | None:
        """A hold that ran out, once more; None when somebody else has the time by now."""
        return self._place(booking, now)

    def release(self, booking: Booking, now: datetime) -> Booking:
        """Give it back."""
        state = BookingState.RELEASED if booking.state is BookingState.HELD else BookingState.CANCELLED
        given_back = become(booking, state, now)
        self._books.save_booking(given_back)
        return given_back

    def _standing(self, booking: Booking, state: BookingState) -> list[Booking]:
        mine = self._books.bookings_of(booking.episode)
        return [one for one in mine if one.state is state and one.id != booking.id]

    def _sweep(self, now: datetime) -> None:
        """Holds that ran out give their seats back, so that the books let others have them."""
        for stale in self._books.stale_holds(now, limit=STALE_AT_ONCE):
            self._books.save_booking(become(stale, BookingState.EXPIRED, now))


def _ran_out(booking: Booking, now: datetime) -> bool:
    return booking.state is BookingState.HELD and booking.held_until <= now
