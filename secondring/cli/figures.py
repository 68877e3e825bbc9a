"""`report --by` and `digest`: the figures told apart, and in words."""

import csv
import sys
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any

import typer

from secondring import digesting, wiring
from secondring.cli.chosen import print_for_scripts
from secondring.cli.common import console, print_json, table
from secondring.cli.configured import settings
from secondring.domain.board import last_whole_week, make_board
from secondring.domain.findings import DAY_NAMES, hour_name
from secondring.domain.ids import SiteId
from secondring.domain.labels import value_name
from secondring.domain.metrics import Rate
from secondring.domain.metrics_rows import Place
from secondring.domain.ports import Books
from secondring.domain.spreadsheet import cell
from secondring.domain.tally import Dimension, Measure, Tally, add
from secondring.domain.tallying import by_week
from secondring.domain.verdict import Verdict
from secondring.domain.weeks import Span, Week


class By(StrEnum):
    """What a report may be told apart by."""

    WEEK = "week"
    HOUR = "hour"
    SITE = "site"
    DID = "did"
    QUEUE = "queue"
    REASON = "reason"
    INTENT = "intent"


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(digest)


# ---------------------------------------------------------------- told apart

Row = dict[str, Any]


def print_told_apart(
    chosen: wiring.Settings, by: By, span: Span, site: SiteId | None, *, json: bool, as_csv: bool
) -> None:
    """A row for each value; percentages for people, parts of one for scripts."""
    places = [place for place in digesting.places(chosen) if site in {None, place.site}]
    with wiring.reading(chosen) as books:
        rows = list(_told_apart(books, places, by, span, digesting.site_names(chosen)))
    _print_rows(rows, by, json=json, as_csv=as_csv)


def _told_apart(
    books: Books, places: list[Place], by: By, span: Span, names: dict[Any, str]
) -> Iterator[Row]:
    if by is By.WEEK:
        yield from _weeks(books, places, span)
        return
    tallies = {place: books.count_span(place.site, span, place.zone) for place in places}
    if by is By.SITE:
        for place, tally in tallies.items():
            yield {"site": place.site, "name": names[place.site]} | _episodes(tally)
        return
    total = add(tallies.values())
    if by is By.HOUR:
        yield from _hours(total)
        return
    dimension = Dimension(by)
    for value in total.values(dimension):
        yield {str(by): value, "name": value_name(dimension, value)} | _episodes(total, dimension, value)


def _weeks(books: Books, places: list[Place], span: Span) -> Iterator[Row]:
    week, weeks = Week.at(span.ends, places[0].zone), list[Week]()
    while week >= Week.at(span.begins, places[0].zone):
        weeks.insert(0, week)
        week = week.plus(-1)
    found = [by_week(books, place, weeks, span.ends) for place in places]
    for week in weeks:
        tally = add(tallies[week] for tallies in found)
        yield {"week": str(week)} | _episodes(tally)


def _hours(total: Tally) -> Iterator[Row]:
    for weekday in range(7):
        for hour in range(24):
            missed = total.calls_in_hour(Verdict.MISSED, weekday, hour)
            answered = total.calls_in_hour(Verdict.ANSWERED, weekday, hour)
            if missed or answered:
                share = Rate(numerator=missed, denominator=missed + answered)
                day, name = DAY_NAMES[weekday], hour_name(hour)
                row: Row = {"weekday": day, "hour": hour, "name": f"{day} {name}", "missed_calls": missed}
                yield row | {"calls": missed + answered, "missed_rate": _rounded(share)}


def _episodes(tally: Tally, dimension: Dimension | None = None, value: str = "") -> Row:
    def of(measure: Measure) -> int:
        return tally.of(measure, dimension, value)

    missed = of(Measure.MISSED)
    won = Rate(numerator=of(Measure.RECOVERED), denominator=missed)
    return {
        "missed": missed,
        "texted": of(Measure.TEXTED),
        "replied": of(Measure.REPLIED),
        "recovered": won.numerator,
        "recovery_rate": _rounded(won),
        "unrecovered": of(Measure.UNRECOVERED),
    }


def _rounded(share: Rate) -> float | None:
    return None if share.value is None else round(share.value, 4)


def _print_rows(rows: list[Row], by: By, *, json: bool, as_csv: bool) -> None:
    if json:
        print_json(rows)
    elif not rows:
        console().print("No calls in this period. `--since 30d` looks further back.")
    elif as_csv:
        print_for_scripts()
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(rows[0])
        writer.writerows([cell(value) for value in row.values()] for row in rows)
    else:
        hidden = {"weekday", "hour", "site", str(by)} if "name" in rows[0] else set()
        shown = [name for name in rows[0] if name not in hidden]
        heads = [str(by) if name == "name" else name.replace("_", " ") for name in shown]
        console().print(table("", heads, ([_cell(name, row[name]) for name in shown] for row in rows)))


def _cell(name: str, value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.0%}" if name.endswith("rate") and isinstance(value, float) else str(value)


# ---------------------------------------------------------------- the digest


def digest(
    send: Annotated[bool, typer.Option("--send", help="Send it to its owner, now.")] = False,
    week: Annotated[
        str | None, typer.Option(metavar="WEEK", help="As in 2026-W47; the last whole one when left out.")
    ] = None,
    html: Annotated[bool, typer.Option("--html", help="Show the HTML that goes with it.")] = False,
    show: Annotated[bool, typer.Option("--show", help="Show it, which is what happens anyway.")] = False,  # noqa: ARG001 - said for clarity
) -> None:
    """The weekly digest: what its owner is told, and sending it by hand.

    secondring digest

    secondring digest --week 2026-W47 --send
    """
    chosen = settings()
    now = wiring.now()
    places = digesting.places(chosen)
    try:
        asked = Week.parse(week) if week else last_whole_week(now, places[0].zone)
    except ValueError as error:
        raise typer.BadParameter(f"{week!r} {error}") from None
    with wiring.reading(chosen) as books:
        board = make_board(books, places, asked, 1, now)
    if send:
        digesting.send(chosen, board)
        sys.stdout.write(f"The digest of week {asked} is with the mail server.\n")
        return
    letter = digesting.letter(chosen, board, now)
    part = letter.get_body(("html",) if html else ("plain",))
    sys.stdout.write(f"Subject: {letter['Subject']}\n\n" if not html else "")
    sys.stdout.write(part.get_content() if part else "")
