"""What patients booked: a week or a day at a glance, and what the desk does with one of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from starlette.responses import Response

from secondring.domain import consent
from secondring.domain.booking import Booking, BookingId, BookingState
from secondring.domain.errors import BookingClash, NotNow
from secondring.domain.ports import Books
from secondring.domain.records import Episode
from secondring.domain.rules import Site
from secondring.domain.timetable import Slot
from secondring.web.conversation import shows_number
from secondring.web.menu import BOOKERS
from secondring.web.screens import Refused, Visit, action, not_here, page
from secondring.web.settings.calendar import WRITERS as CALENDAR_WRITERS

WEEK, DAY = 7, 1
MOST = 2000
"""Bookings of one week, over all sites."""
FURTHEST = timedelta(days=3650)
STATE_WORDS = {
    BookingState.CONFIRMED: "booked",
    BookingState.CANCELLED: "cancelled",
    BookingState.MOVED: "moved to another time",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A booking, with whom and where."""

    booking: Booking
    episode: Episode
    site: Site
    visit_name: str
    is_to_come: bool

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.site.timetable.zone if self.site.timetable else self.site.hours.zone)

    @property
    def day(self) -> date:
        return self.booking.starts_at.astimezone(self.zone).date()

    @property
    def state(self) -> str:
        return STATE_WORDS.get(self.booking.state, "")


@dataclass(frozen=True, slots=True)
class Span:
    """The days on the page."""

    first: date
    days: int

    def link(self, by: int) -> str:
        """The query of the days so many spans further on."""
        return f"from={self.first + timedelta(days=by * self.days)}&days={self.days}"


def _span(visit: Visit, site: Site) -> Span:
    asked = visit.request.query_params
    days = DAY if asked.get("days") == str(DAY) else WEEK
    today = visit.now.astimezone(ZoneInfo(site.hours.zone)).date()
    try:
        first = date.fromisoformat(asked.get("from", ""))
    except ValueError:
        return Span(today, days)
    return Span(first if abs(first - today) < FURTHEST else today, days)


async def show(visit: Visit) -> Response:
    """The list."""
    sites, chosen = visit.sites(), visit.chosen_site()
    site = chosen or (sites[0] if sites else visit.desk.rules.sites[0])
    span = _span(visit, site)
    everything = visit.request.query_params.get("all") == "yes"
    rows = await visit.read(lambda books: _rows(books, visit, span, everything=everything))
    await _note_views(visit, rows)
    return visit.render(
        "bookings.html",
        days=_by_day(rows, span),
        span=span,
        site=site,
        chosen=chosen,
        everything=everything,
        may_set=visit.user.may(CALENDAR_WRITERS),
        with_calendar=[one for one in sites if one.timetable is not None],
        online=visit.desk.rules.booking is not None,
    )


def _rows(books: Books, visit: Visit, span: Span, *, everything: bool) -> list[Row]:
    # A day begins up to 14 hours before and after that of UTC: what is too much is left out by its local day.
    since = datetime.combine(span.first, time(0), UTC) - timedelta(hours=15)
    until = since + timedelta(days=span.days, hours=30)
    wanted = set(STATE_WORDS) if everything else {BookingState.CONFIRMED}
    found = books.bookings(since=since, until=until, limit=MOST)
    rows = (_row(books, visit, one) for one in found if one.state in wanted and visit.shows(one.site))
    last = span.first + timedelta(days=span.days)
    return [row for row in rows if row is not None and span.first <= row.day < last]


def _row(books: Books, visit: Visit, booking: Booking) -> Row | None:
    site, episode = visit.desk.rules.site(booking.site), books.episode(booking.episode)
    if episode is None or site.id != booking.site:
        return None
    kind = site.timetable.visit(booking.visit) if site.timetable else None
    to_come = booking.state is BookingState.CONFIRMED and booking.starts_at > visit.now
    return Row(booking, episode, site, kind.name("en") if kind else booking.visit, to_come)


def _by_day(rows: Iterable[Row], span: Span) -> list[tuple[date, list[Row]]]:
    """Every day of the span, with what is booked."""
    days: dict[date, list[Row]] = {span.first + timedelta(days=n): [] for n in range(span.days)}
    for row in rows:
        days[row.day].append(row)
    return list(days.items())


async def _note_views(visit: Visit, rows: list[Row]) -> None:
    """Each booking that a session is shown is written down once, before it is shown."""
    fresh = set(visit.desk.shown.new(visit.session.token_hash, [f"booking {row.booking.id}" for row in rows]))
    entries = [
        visit.entry("view", "bookings", about=row.episode.id, site=row.site.id)
        for row in rows
        if f"booking {row.booking.id}" in fresh
    ]
    if not entries:
        return

    def keep(books: Books) -> None:
        for entry in entries:
            books.add_audit(entry)

    await visit.write(keep)
    visit.desk.shown.add(visit.session.token_hash, fresh)


# ---------------------------------------------------------------- one of them


def _visible(books: Books, visit: Visit) -> Row:
    """The booking of the address, when it is one of theirs; otherwise there is nothing here."""
    booking = books.booking(BookingId(visit.request.path_params["booking"][:64]))
    row = _row(books, visit, booking) if booking is not None and visit.user.sees(booking.site) else None
    if row is None:
        not_here()
    return row


async def one(visit: Visit) -> Response:
    """One booking: move it, or call it off."""

    def look(books: Books) -> tuple[Row, list[Slot], bool]:
        row = _visible(books, visit)
        free = visit.desk.bookings.open_times(books, row.booking, visit.now) if row.is_to_come else []
        caller = row.episode.caller
        return row, free, caller is not None and consent.standing(books.consent(caller)).may_text

    row, free, gets_texts = await visit.read(look)
    await visit.seen("booking", about=row.episode.id, site=row.site.id)
    return visit.render(
        "booking.html",
        row=row,
        site=row.site,
        free=_choices(free, row),
        gets_texts=gets_texts,
        whole_number=shows_number(visit, row.episode.id),
    )


def _choices(free: list[Slot], row: Row) -> list[tuple[date, list[datetime]]]:
    """Open times by day, by the clinic's clock."""
    days: dict[date, list[datetime]] = {}
    for slot in free:
        local = slot.starts_at.astimezone(row.zone)
        days.setdefault(local.date(), []).append(local)
    return list(days.items())


async def reveal(visit: Visit) -> Response:
    """Show number and name for some minutes, and write down that they were shown."""

    def work(books: Books) -> Row:
        row = _visible(books, visit)
        books.add_audit(visit.entry("reveal", "who booked", about=row.episode.id, site=row.site.id))
        return row

    row = await visit.write(work)
    visit.desk.revealed.reveal(visit.session.token_hash, row.episode.id, visit.now)
    return visit.go(f"/bookings/{row.booking.id}")


async def move(visit: Visit) -> Response:
    """To another time."""
    try:
        to = datetime.fromisoformat(visit.form.get("to", ""))
    except ValueError:
        raise Refused(400, "Choose a time.") from None
    if to.tzinfo is None:
        raise Refused(400, "Choose a time.")
    return await _do(
        visit,
        "moved a booking",
        "booking-moved",
        lambda books, row: visit.desk.bookings.move(
            books, row.booking.id, to.astimezone(UTC), visit.user.shown, visit.now
        ),
    )


async def call_off(visit: Visit) -> Response:
    """The clinic cannot keep it."""
    return await _do(
        visit,
        "called a booking off",
        "booking-off",
        lambda books, row: visit.desk.bookings.call_off(books, row.booking.id, visit.user.shown, visit.now),
    )


async def _do(visit: Visit, what: str, said: str, change: Callable[[Books, Row], Booking]) -> Response:
    def work(books: Books) -> Booking:
        row = _visible(books, visit)
        after = change(books, row)
        books.add_audit(visit.entry("change", what, about=row.episode.id, site=row.site.id))
        return after

    try:
        booking = await visit.write(work)
    except BookingClash:
        raise NotNow("That time is not open any more. Choose another one.") from None
    await visit.desk.ring()
    return visit.go(f"/bookings/{booking.id}", said)


SCREENS = (
    page("/bookings", show, BOOKERS),
    page("/bookings/{booking}", one, BOOKERS),
    action("/bookings/{booking}/reveal", reveal, BOOKERS),
    action("/bookings/{booking}/move", move, BOOKERS),
    action("/bookings/{booking}/off", call_off, BOOKERS),
)
