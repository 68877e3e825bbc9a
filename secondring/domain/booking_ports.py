"""What booking needs from outside: pages in the books, and a calendar.

Both work inside the transaction whose books they belong to, so that a booking, the end of its episode, the
text that confirms it and the tasks that it settles are kept together or not at all.
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from secondring.domain.booking import Booking, BookingId, Link, TokenHash
from secondring.domain.ids import EpisodeId, SiteId
from secondring.domain.timetable import Slot, Timetable, VisitType

if TYPE_CHECKING:
    from secondring.domain.ports import Books


class BookingBooks(Protocol):
    """The part of `Books` about bookings and links."""

    def link(self, token: TokenHash) -> Link | None: ...
    def save_link(self, link: Link) -> None: ...
    def links_of(self, episode: EpisodeId) -> list[Link]:
        """The links of an episode, oldest first."""
        ...

    def booking(self, booking: BookingId) -> Booking | None: ...
    def save_booking(self, booking: Booking) -> None:
        """Insert or replace by id.

        Raises BookingClash, and the transaction must end, when it stands and another one that stands has its
        seat at that time, or when its episode has another one in its state. The store itself sees to that.
        """
        ...

    def bookings_of(self, episode: EpisodeId) -> list[Booking]:
        """The bookings of an episode, in the order they were made."""
        ...

    def standing_bookings(self, site: SiteId, *, since: datetime, until: datetime) -> list[Booking]:
        """Those held or confirmed that begin in [since, until), by time; holds that ran out are among them."""
        ...

    def stale_holds(self, now: datetime, *, limit: int) -> list[Booking]:
        """Held ones whose time to confirm has run out, oldest first."""
        ...

    def bookings(self, *, since: datetime, until: datetime, limit: int) -> list[Booking]:
        """Those that begin in [since, until), in any state, by time."""
        ...


class Calendar(Protocol):
    """Where the open times of one site come from, and who keeps them: our own books, or an EHR's adapter.

    It is called inside a transaction and must not wait for a network. An adapter therefore keeps a copy of the
    open times in our books, brought up to date by a job, and writes bookings back by jobs that it plans here.
    `tests/unit/domain/calendar_contract.py` is what each must pass.
    """

    def open_times(self, visit: VisitType, now: datetime) -> list[Slot]:
        """The times that may be chosen, soonest first."""
        ...

    def hold(self, booking: Booking, now: datetime) -> Booking | None:
        """Keep a time for this caller until `held_until`; None when it is not, or no longer, to be had.

        The seat is the calendar's to choose. An earlier hold of the same episode is given back, but only for
        the new one: when that is None, the earlier one stays.
        """
        ...

    def confirm(self, booking: Booking, now: datetime) -> Booking | None:
        """Make a hold final, in the place of what the episode had confirmed before.

        One that has run out is confirmed all the same when nobody else took the time; None when somebody did.
        """
        ...

    def release(self, booking: Booking, now: datetime) -> Booking:
        """Give a held or confirmed time back; what it became."""
        ...


CalendarOf = Callable[["Books", SiteId, Timetable], Calendar]
"""The calendar of a site, in the transaction of those books."""
