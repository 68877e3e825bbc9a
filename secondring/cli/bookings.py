"""`bookings` and `calendar`: who booked themselves, and which times they can choose from."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from secondring import wiring
from secondring.cli.audited import seen
from secondring.cli.common import Json, Numbers, console, iso, print_json, shown, table
from secondring.cli.configured import settings
from secondring.domain import story
from secondring.domain.booking import Booking, BookingId, BookingState
from secondring.domain.errors import UnknownThing
from secondring.domain.own_calendar import OwnCalendar
from secondring.domain.ports import Books
from secondring.domain.rules import Rules, Site
from secondring.domain.timetable import Slot, Timetable, VisitType, beginnings

Days = Annotated[int, typer.Option(min=1, max=400, help="How many days ahead.")]
OfSite = Annotated[str | None, typer.Option("--site", help="Only this site.")]
MOST = 10_000
bookings_app = typer.Typer(
    invoke_without_command=True, help="What patients booked themselves: list it, or call one off."
)
calendar_app = typer.Typer(no_args_is_help=True, help="The times that patients can choose from: check, show.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(bookings_app, name="bookings")
    app.add_typer(calendar_app, name="calendar")


@bookings_app.callback()
def bookings(
    context: typer.Context,
    days: Days = 30,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what was moved, cancelled, let go or ran out.")
    ] = False,
    json: Json = False,
    numbers: Numbers = False,
) -> None:
    """What patients booked themselves, soonest first."""
    if context.invoked_subcommand:
        return
    chosen, now = settings(), wiring.now()
    if numbers:
        seen(chosen, "bookings --numbers")
    with wiring.reading(chosen) as books:
        found = books.bookings(since=now, until=now + timedelta(days=days), limit=MOST)
        kept = [one for one in found if everything or one.state is BookingState.CONFIRMED]
        rows = [_row(books, one, whole=numbers) for one in kept]
        lines = [_line(books, one, chosen.rules, whole=numbers) for one in kept]
    if json:
        print_json(rows)
        return
    columns = ("when", "booking", "site", "visit", "caller", *(("name", "born") if numbers else ()), "state")
    nothing = f"Nobody has booked for the next {days} days. `--days 180` looks further ahead."
    console().print(table("", columns, lines) if lines else nothing)


@bookings_app.command("call-off")
def call_off(
    booking: Annotated[
        str, typer.Argument(metavar="BOOKING", help="Its id, as `secondring bookings` shows it.")
    ],
    by: Annotated[str, typer.Option("--by", help="Who calls it off.")],
) -> None:
    """The clinic cannot keep it: the patient is told by text, and a task asks to offer another time."""
    chosen = settings()
    with wiring.writing(chosen) as books:
        gone = wiring.on_behalf(chosen).call_off(books, BookingId(booking), by, wiring.now())
    typer.echo(f"Booking {gone.id} is called off.")


def _row(books: Books, booking: Booking, *, whole: bool) -> dict[str, Any]:
    episode = books.episode(booking.episode)
    caller = episode.caller if episode else None
    row = {
        "booking": booking.id,
        "episode": booking.episode,
        "site": booking.site,
        "visit": booking.visit,
        "starts_at": iso(booking.starts_at),
        "ends_at": iso(booking.ends_at),
        "seat": booking.seat,
        "state": booking.state,
        "caller": (caller.e164 if whole else caller.masked) if caller else None,
        "made_at": iso(booking.made_at),
        "confirmed_at": iso(booking.confirmed_at),
    }
    born = booking.born.isoformat() if booking.born else None
    return row | ({"first_name": booking.first_name, "born": born} if whole else {})


def _line(books: Books, booking: Booking, rules: Rules, *, whole: bool) -> tuple[str, ...]:
    site, episode = rules.site(booking.site), books.episode(booking.episode)
    born = booking.born.isoformat() if booking.born else "-"
    return (
        story.said_time(booking.starts_at, site),
        booking.id,
        booking.site,
        booking.visit,
        shown(episode.caller if episode else None, site.region, whole=whole),
        *((booking.first_name or "-", born) if whole else ()),
        booking.state,
    )


# ---------------------------------------------------------------- calendar


@calendar_app.command()
def check() -> None:
    """Say what patients could choose if nobody had booked, and what looks like a slip. Needs no database.

    Mistakes that can be told from the file alone are told by every command, with file and line.
    """
    chosen, now = settings(), wiring.now()
    if chosen.rules.booking is None:
        typer.echo("The booking page is off: booking.public_url is not set.")
    for site in chosen.rules.sites:
        for line in _told(site, chosen.rules, now):
            typer.echo(f"{site.id}: {line}")


def _told(site: Site, rules: Rules, now: datetime) -> Iterator[str]:
    timetable = site.timetable
    if timetable is None:
        way = "its own page elsewhere" if site.booking_url else "the desk calls them"
        yield f"has no calendar; callers who want a time: {way}"
        return
    if timetable.elsewhere:
        yield "its EHR says what is open, to the booking page alone; `secondring doctor` tells whether it answers"
        return
    if rules.booking is not None and site.booking_url:
        yield "booking_url is not used any more: callers get our page"
    today = now.astimezone(ZoneInfo(timetable.zone)).date()
    past = sum(day < today for day in timetable.days)
    if past:
        yield f"{past} of its exceptions and holidays are over"
    for visit in timetable.visits:
        count = sum(1 for _ in beginnings(timetable, visit, now))
        minutes = int(visit.length.total_seconds()) // 60
        times = f"{count} times in {timetable.horizon.days} days" if count else "NO TIME AT ALL is open"
        yield f"{visit.id} ({minutes} min): {times}, {timetable.capacity} at a time"


@calendar_app.command()
def show(
    site: OfSite = None,
    visit: Annotated[str | None, typer.Option(help="Only this visit type.")] = None,
    days: Days = 7,
    json: Json = False,
) -> None:
    """The open times, as patients would see them now."""
    chosen, now = settings(), wiring.now()
    only = wiring.known_site(chosen, site)
    with wiring.reading(chosen) as books:
        found = [
            (where, kind, slot)
            for where in chosen.rules.sites
            if where.timetable is not None and only in (None, where.id)
            for kind in _kinds(where.timetable, visit)
            for slot in _open(books, where, where.timetable, kind, now)
            if slot.starts_at < now + timedelta(days=days)
        ]
    if json:
        print_json(_slot_row(where, kind, slot) for where, kind, slot in found)
        return
    columns = ("day", "site", "visit", "open", "times")
    nothing = f"No time is open in the next {days} days. `secondring calendar check` may tell why."
    console().print(table("", columns, _by_day(found)) if found else nothing)


def _kinds(timetable: Timetable, visit: str | None) -> tuple[VisitType, ...]:
    if visit is None:
        return timetable.visits
    kind = timetable.visit(visit)
    if kind is None:
        known = ", ".join(one.id for one in timetable.visits)
        raise UnknownThing(f"there is no visit type {visit!r}; there are: {known}")
    return (kind,)


def _open(books: Books, site: Site, timetable: Timetable, kind: VisitType, now: datetime) -> list[Slot]:
    return OwnCalendar(books, site.id, timetable).open_times(kind, now)


def _slot_row(site: Site, kind: VisitType, slot: Slot) -> dict[str, Any]:
    return {
        "site": site.id,
        "visit": kind.id,
        "starts_at": iso(slot.starts_at),
        "ends_at": iso(slot.ends_at),
    }


def _by_day(found: list[tuple[Site, VisitType, Slot]]) -> Iterator[tuple[str, ...]]:
    said: dict[tuple[str, str, str], list[str]] = {}
    for site, kind, slot in found:
        local = slot.starts_at.astimezone(ZoneInfo(site.timetable.zone if site.timetable else "UTC"))
        said.setdefault((f"{local:%Y-%m-%d %a}", site.id, kind.id), []).append(f"{local:%H:%M}")
    for (day, where, kind_id), times in sorted(said.items()):
        yield day, where, kind_id, str(len(times)), " ".join(times)
