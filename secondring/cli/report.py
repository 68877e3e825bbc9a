"""`report`: the five metrics."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from secondring import wiring
from secondring.cli.common import (
    Json,
    Since,
    console,
    count,
    iso,
    moment,
    one_of,
    print_json,
    table,
    words_of,
)
from secondring.cli.configured import settings
from secondring.cli.figures import By, print_told_apart
from secondring.cli.silence import warn_of_silence
from secondring.domain import story
from secondring.domain.metrics import Rate, Report, ShadowCount, Spread
from secondring.domain.metrics import report as make_report
from secondring.domain.weeks import Span

FEW, SOME = 20, 100
"""With fewer values than this the 95th, or the 99th, of a hundred is only the largest one by another name."""


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(report)


def report(
    since: Since = "7d",
    site: Annotated[
        str | None,
        typer.Option(metavar="SITE", help="One site only: its name below `sites:`; all without it."),
    ] = None,
    by: Annotated[
        By | None,
        typer.Option(
            metavar=words_of(By), help="Tell the figures apart; weeks are whole ones.", parser=one_of(By)
        ),
    ] = None,
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
        print_told_apart(chosen, by, Span(begin, now), where, json=json, as_csv=csv)
        return
    if csv:
        raise typer.BadParameter("--csv needs --by, for example --by week")
    with wiring.reading(chosen) as books:
        made = make_report(books.figures(since=begin, until=now, site=where))
        warn_of_silence(books, chosen.rules.site(where or chosen.rules.sites[0].id), now)
    if json:
        period = {"since": iso(begin), "until": iso(now), "site": where}
        print_json([period | _report_row(made)])
        return
    show_report(made, f"{story.said_time(begin, chosen.rules.sites[0])} until now")


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
            f"{count(made.time_to_first_text.count, 'caller')} texted",
        ),
        ("self-scheduling", _percent(made.self_scheduling), _of(made.self_scheduling, "who asked to book")),
        ("urgent latency", _seconds(made.urgent), _of(made.urgent_reached, "urgent callers reached")),
        ("urgent, to a nurse's accept", _seconds(made.urgent_accept), f"{made.urgent_accept.count} accepted"),
        ("unrecovered", _given_up(made), _of_given_up(made)),
    )
    out.print(table("", ("metric", "", "counted from"), rows))
    ended = ", ".join(f"{n} {outcome}" for outcome, n in made.outcomes.items() if n)
    missed = ", ".join(f"{n} {reason}" for reason, n in sorted(made.calls_missed.items()))
    out.print(f"\nhow they ended: {ended or 'nobody yet'}; {made.still_open} still open")
    out.print(
        f"calls: {made.calls_answered} answered; missed: {missed or 'none'}; {made.calls_ignored} not counted"
    )
    out.print(
        "A missed caller is one caller at one site within one day, however often they call (an episode)."
    )
    if made.shadow.missed:
        out.print(shadow_line(made.shadow))


def headline(made: Report) -> str:
    """One sentence that a manager can repeat."""
    rate = made.recovery
    if not rate.denominator and made.shadow.missed:
        return shadow_line(made.shadow)
    if not rate.denominator:
        return "No missed calls in this period."
    return f"{rate.numerator} of {rate.denominator} missed callers were won back: {_percent(rate)}."


def _given_up(made: Report) -> str:
    """Nothing is lost yet, or won, of those who are still open: a bare 0 % would say otherwise."""
    return _percent(made.unrecovered) + (" so far" if made.still_open else "")


def _of_given_up(made: Report) -> str:
    still = f"; {made.still_open} still open" if made.still_open else ""
    return _of(made.unrecovered, "missed callers given up") + still


def shadow_line(seen: ShadowCount) -> str:
    """What shadow mode saw, in one line; it is in no other figure."""
    texts = count(seen.would_have_been_texted, "missed caller")
    said = f"shadow: {texts} would have been texted; nothing was sent."
    others = seen.missed - seen.would_have_been_texted
    if seen.reached_all_the_same:
        said += f" {seen.reached_all_the_same} of them spoke with a person all the same."
    return f"{said} {others} more could not or should not be texted." if others else said


def _percent(rate: Rate) -> str:
    return f"{rate.value:.0%}" if rate.value is not None else "-"


def _of(rate: Rate, what: str) -> str:
    return f"{rate.numerator} of {rate.denominator} {what}"


def _seconds(waiting: Spread) -> str:
    if waiting.p50 is None or waiting.p95 is None or waiting.p99 is None or waiting.longest is None:
        return "-"
    if waiting.count == 1:
        return f"{waiting.p50:.1f} s"
    said = [f"p50 {waiting.p50:.1f} s"]
    if waiting.count >= FEW:
        said.append(f"p95 {waiting.p95:.1f} s")
    said.append(f"p99 {waiting.p99:.1f} s" if waiting.count >= SOME else f"longest {waiting.longest:.1f} s")
    return ", ".join(said)
