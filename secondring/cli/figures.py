"""`report` and `digest`: what came of the missed calls, in figures that say what they are counted from."""

import csv
import sys
from collections.abc import Iterator
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated, Any

import typer

from secondring import digesting, wiring
from secondring.cli.common import Json, Since, console, iso, moment, print_json, settings, table
from secondring.domain import story
from secondring.domain.board import last_whole_week, make_board
from secondring.domain.findings import DAY_NAMES, hour_name
from secondring.domain.labels import value_name
from secondring.domain.metrics import Rate, Report, Spread
from secondring.domain.metrics import report as make_report
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
    """Add these commands to the application."""
    app.command()(report)
    app.command()(digest)


def report(
    since: Since = "7d",
    site: str | None = None,
    by: Annotated[By | None, typer.Option(help="Tell the figures apart; weeks are whole ones.")] = None,
    json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="For a spreadsheet; with --by.")] = False,
) -> None:
    """The five metrics of a period, each with what it is counted from.

    secondring report --since 30d

    secondring report --by week --since 13w

    secondring report --by hour --since 28d --csv > hours.csv
    """
    chosen = settings()
    now = wiring.now()
    begin = moment(since, now)
    where = wiring.known_site(chosen, site)
    if by is not None:
        places = [place for place in digesting.places(chosen) if where in {None, place.site}]
        with wiring.reading(chosen) as books:
            rows = list(_told_apart(books, places, by, Span(begin, now), digesting.site_names(chosen)))
        _print_rows(rows, by, json=json, as_csv=csv)
        return
    if csv:
        raise typer.BadParameter("--csv needs --by, for example --by week")
    with wiring.reading(chosen) as books:
        made = make_report(books.figures(since=begin, until=now, site=where))
    if json:
        period = {"since": iso(begin), "until": iso(now), "site": where}
        print_json([period | _report_row(made)])
        return
    show_report(made, f"{story.said_time(begin, chosen.rules.sites[0])} until now")


# ---------------------------------------------------------------- told apart

Row = dict[str, Any]


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


# ---------------------------------------------------------------- all in one


def _report_row(made: Report) -> dict[str, Any]:
    row = asdict(made)
    for name, value in (
        ("recovery", made.recovery),
        ("self_scheduling", made.self_scheduling),
        ("urgent_reached", made.urgent_reached),
        ("unrecovered", made.unrecovered),
        ("replied", made.replied),
    ):
        row[name] |= {"value": value.value}
    waits = (
        ("time_to_first_text", made.time_to_first_text),
        ("urgent", made.urgent),
        ("urgent_accept", made.urgent_accept),
    )
    for name, waiting in waits:
        row[name]["within_target"] |= {"value": waiting.within_target.value}
    return row


def show_report(made: Report, period: str) -> None:
    """The report for people: a sentence first, then each metric and what it is counted from."""
    out = console()
    out.print(f"[bold]{headline(made)}[/bold]")
    out.print(f"{period}\n")
    rows = (
        ("recovery rate", _percent(made.recovery), _of(made.recovery, "missed callers")),
        (
            "time to first text",
            _seconds(made.time_to_first_text),
            f"{made.time_to_first_text.count} callers texted",
        ),
        ("self-scheduling", _percent(made.self_scheduling), _of(made.self_scheduling, "who asked to book")),
        ("urgent latency", _seconds(made.urgent), _of(made.urgent_reached, "urgent callers reached")),
        ("urgent, to a nurse's accept", _seconds(made.urgent_accept), f"{made.urgent_accept.count} accepted"),
        ("unrecovered", _percent(made.unrecovered), _of(made.unrecovered, "missed callers")),
    )
    out.print(table("", ("metric", "", "counted from"), rows))
    ended = ", ".join(f"{n} {outcome}" for outcome, n in made.outcomes.items() if n)
    missed = ", ".join(f"{n} {reason}" for reason, n in sorted(made.calls_missed.items()))
    out.print(f"\nepisodes: {ended or 'none ended'}; {made.still_open} still open")
    out.print(
        f"calls: {made.calls_answered} answered; missed: {missed or 'none'}; {made.calls_ignored} not counted"
    )


def headline(made: Report) -> str:
    """One sentence that a manager can repeat."""
    rate = made.recovery
    if not rate.denominator:
        return "No missed calls in this period."
    return f"{rate.numerator} of {rate.denominator} missed callers were won back: {_percent(rate)}."


def _percent(rate: Rate) -> str:
    return f"{rate.value:.0%}" if rate.value is not None else "-"


def _of(rate: Rate, what: str) -> str:
    return f"{rate.numerator} of {rate.denominator} {what}"


def _seconds(waiting: Spread) -> str:
    if waiting.p50 is None or waiting.p95 is None or waiting.p99 is None:
        return "-"
    return f"p50 {waiting.p50:.1f} s, p95 {waiting.p95:.1f} s, p99 {waiting.p99:.1f} s"
