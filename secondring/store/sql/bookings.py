"""Links and bookings in SQL. What keeps two bookings apart is the database: a row for each five minutes of a seat."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert
from sqlalchemy.exc import IntegrityError

from secondring.domain.booking import Booking, BookingId, BookingState, Link, LinkKind, TokenHash
from secondring.domain.ids import EpisodeId, SiteId
from secondring.domain.timetable import grains
from secondring.store.agreed import no_room
from secondring.store.booking_schema import HELD, STANDS, booking_links, booking_places, bookings
from secondring.store.sql.page import Page, pick, put

_l, _b = booking_links.c, bookings.c
_SAVE_LINK = put(booking_links, "token")
_LINK = pick(booking_links).where(_l.token == bindparam("token"))
_LINKS = pick(booking_links).where(_l.episode_id == bindparam("episode")).order_by(_l.made_at, _l.seq)

_SAVE = put(bookings, "id")
_ALL = pick(bookings)
_BY_ID = _ALL.where(_b.id == bindparam("id"))
_OF_EPISODE = _ALL.where(_b.episode_id == bindparam("episode")).order_by(_b.made_at, _b.seq)
_SPAN = (_b.starts_at >= bindparam("since"), _b.starts_at < bindparam("until"))
_STANDING = _ALL.where(STANDS, _b.site == bindparam("site"), *_SPAN).order_by(_b.starts_at, _b.seq)
_STALE = (
    _ALL.where(HELD, _b.held_until <= bindparam("now"))
    .order_by(_b.held_until, _b.seq)
    .limit(bindparam("most"))
)
_LIST = _ALL.where(*_SPAN).order_by(_b.starts_at, _b.seq).limit(bindparam("most"))
_GIVE_BACK = delete(booking_places).where(booking_places.c.booking_id == bindparam("booking"))
_TAKE = insert(booking_places)


class BookingPages(Page):
    """The part of `Books` about bookings."""

    def link(self, token: TokenHash) -> Link | None:
        row = self._first(_LINK, token=token)
        return None if row is None else _read_link(row)

    def save_link(self, link: Link) -> None:
        self._write(_SAVE_LINK, _link_values(link))

    def links_of(self, episode: EpisodeId) -> list[Link]:
        return [_read_link(row) for row in self._all(_LINKS, episode=episode)]

    def booking(self, booking: BookingId) -> Booking | None:
        row = self._first(_BY_ID, id=booking)
        return None if row is None else _read(row)

    def save_booking(self, booking: Booking) -> None:
        try:
            self._write(_SAVE, _values(booking))
            self._write(_GIVE_BACK, {"booking": booking.id})
            if booking.stands:
                self._take_places(booking)
        except IntegrityError:
            raise no_room() from None

    def _take_places(self, booking: Booking) -> None:
        rows = [
            {"site": booking.site, "seat": booking.seat, "at": at, "booking_id": booking.id}
            for at in grains(booking.starts_at, booking.ends_at)
        ]
        self._connection.execute(_TAKE, rows)

    def bookings_of(self, episode: EpisodeId) -> list[Booking]:
        return [_read(row) for row in self._all(_OF_EPISODE, episode=episode)]

    def standing_bookings(self, site: SiteId, *, since: datetime, until: datetime) -> list[Booking]:
        return [_read(row) for row in self._all(_STANDING, site=site, since=since, until=until)]

    def stale_holds(self, now: datetime, *, limit: int) -> list[Booking]:
        return [_read(row) for row in self._all(_STALE, now=now, most=limit)]

    def bookings(self, *, since: datetime, until: datetime, limit: int) -> list[Booking]:
        return [_read(row) for row in self._all(_LIST, since=since, until=until, most=limit)]


_SAME = (
    "id", "site", "visit", "starts_at", "ends_at", "seat", "held_until", "made_at", "confirmed_at", "closed_at",
    "first_name",
)  # fmt: skip
"""What is kept as it is."""


def _values(booking: Booking) -> dict[str, object]:
    return {name: getattr(booking, name) for name in _SAME} | {
        "episode_id": booking.episode,
        "state": booking.state.value,
        "born": booking.born.isoformat() if booking.born else None,
    }


def _read(row: Row[Any]) -> Booking:
    return Booking(
        **{name: getattr(row, name) for name in _SAME},
        episode=row.episode_id,
        state=BookingState(row.state),
        born=date.fromisoformat(row.born) if row.born else None,
    )


def _link_values(link: Link) -> dict[str, object]:
    return {
        "token": link.token,
        "episode_id": link.episode,
        "site": link.site,
        "kind": link.kind.value,
        "made_at": link.made_at,
        "expires_at": link.expires_at,
        "clicks": link.clicks,
        "clicked_at": link.clicked_at,
    }


def _read_link(row: Row[Any]) -> Link:
    return Link(
        token=row.token,
        episode=row.episode_id,
        site=row.site,
        kind=LinkKind(row.kind),
        made_at=row.made_at,
        expires_at=row.expires_at,
        clicks=row.clicks,
        clicked_at=row.clicked_at,
    )
