"""What staff do with a booking for the patient: find another time, move it, call it off. Each is one transaction."""

from dataclasses import replace
from datetime import datetime

from secondring.domain import booking_effects
from secondring.domain.booking import Booking, BookingId, BookingState, booking_id
from secondring.domain.booking_link import Links
from secondring.domain.booking_ports import Calendar, CalendarOf
from secondring.domain.calendars import calendars
from secondring.domain.casework import Wording
from secondring.domain.errors import NotNow, UnknownThing
from secondring.domain.ports import Books
from secondring.domain.records import Episode
from secondring.domain.rules import Rules
from secondring.domain.timetable import Slot, Timetable


class OnBehalf:
    """The use cases of the desk. Every one of them raises UnknownThing for a booking that is not to come (any more)."""

    def __init__(
        self, rules: Rules, wording: Wording, links: Links, calendar_of: CalendarOf | None = None
    ) -> None:
        self._rules = rules
        self._wording = wording
        self._links = links
        self._calendar_of = calendar_of or calendars()

    def open_times(self, books: Books, booking: Booking, now: datetime) -> list[Slot]:
        """Where it could be moved to; none when its kind of visit is not offered any more."""
        timetable = self._rules.site(booking.site).timetable
        visit = timetable.visit(booking.visit) if timetable else None
        if timetable is None or visit is None:
            return []
        return self._calendar_of(books, booking.site, timetable).open_times(visit, now)

    def move(self, books: Books, name: BookingId, starts_at: datetime, who: str, now: datetime) -> Booking:
        """To another open time; the patient is told by text, or a task asks to tell them.

        The old time is theirs until the new one is sure. Raises NotNow when it is not to be had (any more).
        """
        booking, episode, timetable = self._to_come(books, name, now)
        if timetable.elsewhere:
            raise NotNow("The EHR keeps this calendar: call it off here, and offer another time from there.")
        visit = timetable.visit(booking.visit)
        if visit is None:
            raise NotNow(
                f"{booking.site} offers no visit {booking.visit!r} any more: call them, and call it off."
            )
        calendar = self._calendar(books, booking, timetable)
        made = len(books.bookings_of(episode.id))
        wanted = replace(
            booking,
            id=booking_id(episode.id, made),
            starts_at=starts_at,
            ends_at=starts_at + visit.length,
            seat=0,
            state=BookingState.HELD,
            held_until=now,
            made_at=now,
            confirmed_at=None,
        )
        held = calendar.hold(wanted, now)
        moved = calendar.confirm(held, now) if held else None
        if moved is None:
            raise NotNow("That time is not open any more. Choose another one.")
        link = self._links.make(books, episode, self._rules.site(booking.site), now)
        booking_effects.moved_by_staff(books, self._rules, self._wording, moved, episode, who, now, link=link)
        return moved

    def call_off(self, books: Books, name: BookingId, who: str, now: datetime) -> Booking:
        """The clinic cannot keep it; the patient is told, and a task asks to offer them another time."""
        booking, episode, timetable = self._to_come(books, name, now)
        given_back = self._calendar(books, booking, timetable).release(booking, now)
        booking_effects.called_off(books, self._rules, self._wording, given_back, episode, who, now)
        return given_back

    def _calendar(self, books: Books, booking: Booking, timetable: Timetable) -> Calendar:
        return self._calendar_of(books, booking.site, timetable)

    def _to_come(self, books: Books, name: BookingId, now: datetime) -> tuple[Booking, Episode, Timetable]:
        booking = books.booking(name)
        episode = books.episode(booking.episode) if booking else None
        if booking is None or episode is None or booking.state is not BookingState.CONFIRMED:
            raise UnknownThing(
                f"there is no booking {name} to call off or move. `secondring bookings` names them."
            )
        if booking.starts_at <= now:
            raise UnknownThing(f"booking {name} has begun; it cannot be called off or moved any more.")
        timetable = self._rules.site(booking.site).timetable
        if timetable is None:
            raise UnknownThing(
                f"{booking.site} has no calendar any more, so nothing of it can be changed here."
            )
        return booking, episode, timetable
