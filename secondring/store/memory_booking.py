"""Links and bookings on plain dictionaries, with the same refusals as the database."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from secondring.domain.booking import Booking, BookingId, BookingState, Link, TokenHash
from secondring.domain.ids import EpisodeId, SiteId
from secondring.store.agreed import no_room

if TYPE_CHECKING:
    from secondring.store.memory_tables import Tables


@dataclass
class BookingTables:
    """One moment of these books; each in the order of first writing."""

    links: dict[TokenHash, Link] = field(default_factory=dict)
    bookings: dict[BookingId, Booking] = field(default_factory=dict)


class MemoryBookings:
    """The part of `Books` about bookings."""

    _tables: "Tables"
    _own: "Callable[[str], Tables]"
    _naming: set[tuple[str, object]]

    def link(self, token: TokenHash) -> Link | None:
        return self._tables.links.get(token)

    def save_link(self, link: Link) -> None:
        self._own("links").links[link.token] = link
        self._naming.add(("links", link.token))

    def links_of(self, episode: EpisodeId) -> list[Link]:
        return sorted((one for one in self._tables.links.values() if one.episode == episode), key=_link_made)

    def booking(self, booking: BookingId) -> Booking | None:
        return self._tables.bookings.get(booking)

    def save_booking(self, booking: Booking) -> None:
        kept = self._own("bookings").bookings
        others = [one for one in kept.values() if one.stands and one.id != booking.id]
        if booking.stands and any(_clash(booking, one) for one in others):
            raise no_room()
        kept[booking.id] = booking
        self._naming.add(("bookings", booking.id))

    def bookings_of(self, episode: EpisodeId) -> list[Booking]:
        return sorted((one for one in self._tables.bookings.values() if one.episode == episode), key=_made)

    def standing_bookings(self, site: SiteId, *, since: datetime, until: datetime) -> list[Booking]:
        found = self._between(since, until)
        return [one for one in found if one.stands and one.site == site]

    def stale_holds(self, now: datetime, *, limit: int) -> list[Booking]:
        held = (one for one in self._tables.bookings.values() if one.state is BookingState.HELD)
        return sorted((one for one in held if one.held_until <= now), key=_held_until)[:limit]

    def bookings(self, *, since: datetime, until: datetime, limit: int) -> list[Booking]:
        return self._between(since, until)[:limit]

    def _between(self, since: datetime, until: datetime) -> list[Booking]:
        found = (one for one in self._tables.bookings.values() if since <= one.starts_at < until)
        return sorted(found, key=_starts)


def _clash(one: Booking, other: Booking) -> bool:
    if (one.episode, one.state) == (other.episode, other.state):
        return True
    same_seat = (one.site, one.seat) == (other.site, other.seat)
    return same_seat and one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _link_made(link: Link) -> datetime:
    return link.made_at


def _made(booking: Booking) -> datetime:
    return booking.made_at


def _starts(booking: Booking) -> datetime:
    return booking.starts_at


def _held_until(booking: Booking) -> datetime:
    return booking.held_until
