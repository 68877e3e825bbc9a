"""`audit`: our verdicts of a day beside what the PBX's own record makes of it."""

import sys
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from secondring import recorded, wiring
from secondring.auditing import Referee
from secondring.cli.common import Json, console, iso, one_of, print_json, table, words_of
from secondring.cli.configured import settings
from secondring.domain.audit import Audit, Finding, Kind


class Record(StrEnum):
    """Which record is the referee."""

    CEL = "cel"
    CDR = "cdr"
    QUEUE_LOG = "queue_log"


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(audit)


def audit(
    day: Annotated[str, typer.Option(metavar="DAY", help="2026-03-02, today, or yesterday.")] = "yesterday",
    record: Annotated[
        Record | None,
        typer.Option(
            metavar=words_of(Record),
            help="Compare with this one; without it, the one that tells most.",
            parser=one_of(Record),
        ),
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="List the calls on which both agree, too.")] = False,
    json: Json = False,
) -> None:
    """Compare our verdicts with the PBX's own record of the day, call by call, and say what differs and why.

    Ends with 1 when one of the two does not know a call of the other's, or has another opinion on whether it was
    answered.

    secondring audit --day 2026-03-02 --record queue_log
    """
    chosen = settings()
    zone = chosen.rules.sites[0].hours.zone
    now = wiring.now()
    wanted = _day(day, now.astimezone(ZoneInfo(zone)).date())
    name = record.value if record else None
    referee = Referee(lambda span, at: recorded.told(chosen, name, span, at), zone)
    with wiring.reading(chosen) as books:
        found = referee.compare(books, wanted, now)
    listed = [finding for finding in found.findings if every or json or finding.kind is not Kind.AGREED]
    if json:
        print_json(_row(finding, found) for finding in listed)
    else:
        _print(found, listed, wanted, zone)
    if found.serious:
        raise typer.Exit(1)


def _day(text: str, today: date) -> date:
    named = {"today": today, "yesterday": today - timedelta(days=1)}
    try:
        return named.get(text) or date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day. Write 2026-03-02, today or yesterday.") from None


def _row(finding: Finding, found: Audit) -> dict[str, Any]:
    return {
        "call": str(finding.call),
        "ended_at": iso(finding.at),
        "record": found.record,
        "kind": finding.kind.value,
        "ours": finding.ours,
        "theirs": finding.theirs,
        "serious": finding.serious,
        "because": finding.words,
    }


def _print(found: Audit, listed: list[Finding], day: date, zone: str) -> None:
    sys.stdout.write(f"{day}: {found.in_words}.\n")
    rows = [
        (
            finding.at.astimezone(ZoneInfo(zone)).strftime("%H:%M:%S"),
            finding.call.uniqueid,
            finding.kind.value,
            finding.ours,
            finding.theirs,
            finding.words or "-",
        )
        for finding in listed
    ]
    if rows:
        console().print(table("", ("ended", "call", "", "ours", "the record's", "why"), rows))
