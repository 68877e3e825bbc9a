"""`record`, `replay` and `try`: streams in, verdicts and intents out, without a database."""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from secondring import recordings
from secondring.cli.chosen import warn
from secondring.cli.common import Json, Numbers, console, count, iso, print_json, shown, table
from secondring.cli.configured import settings
from secondring.domain.call_events import CallEnded
from secondring.domain.errors import NoRecording
from secondring.domain.intents import understand
from secondring.domain.phone import is_region, parse_number
from secondring.domain.records import Intent
from secondring.domain.rules import DEFAULT_ROUTES, Route

FILE = typer.Argument(metavar="FILE.ami", dir_okay=False)


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(record)
    app.command()(replay)
    app.command("try")(try_)


def record(file: Annotated[Path, FILE]) -> None:
    """Write down all that the PBX says, until Ctrl-C.

    The file holds callers' numbers; only you can read it. `secondring replay` gives the verdicts in it.
    """
    sys.stderr.write(f"recording to {file}; Ctrl-C ends it\n")
    recordings.record(settings(), file)


def _region(code: str) -> str:
    if not is_region(code.upper()):
        raise typer.BadParameter(f"{code!r} is not a country. Write its two letters (ISO 3166): US, CA.")
    return code.upper()


def _patterns(contexts: list[str] | None) -> list[str]:
    for context in contexts or ():
        try:
            re.compile(context)
        except re.error as error:
            raise typer.BadParameter(f"{context!r} is no regular expression ({error}).") from None
    return contexts or []


def replay(
    file: Annotated[Path, FILE],
    json: Json = False,
    numbers: Numbers = False,
    region: Annotated[
        str, typer.Option(help="Country whose way of writing numbers the PBX uses.", callback=_region)
    ] = "US",
    inbound: Annotated[
        list[str] | None,
        typer.Option(
            help="Context (regular expression) that calls from outside start in; repeatable.",
            callback=_patterns,
        ),
    ] = None,
) -> None:
    """Give the verdict on each call in a recording.

    Uses the same code as the live service. Nothing is stored and nothing is sent.
    """
    if not file.is_file():
        raise typer.BadParameter(f"there is no file {file}")
    rules = recordings.listening_rules(inbound)
    ended = recordings.replay(file, rules)
    if json:
        print_json(_verdict(call, region) for call in ended.calls())
    elif found := list(ended.calls()):
        _show_verdicts(found, region, whole=numbers)
    elif not ended.is_none:
        sys.stdout.write("No call ended in this recording.\n")
    if ended.is_none:
        raise NoRecording(
            f"{file} is no recording of an AMI link: no greeting and no event is in it."
            " `secondring record FILE.ami` makes one."
        )
    for note in ended.notes():
        sys.stderr.write(f"{file}: {note}\n")


def _verdict(call: CallEnded, region: str) -> dict[str, Any]:
    number = None if call.withheld else parse_number(call.caller, region)
    return {
        "call": call.call.uniqueid,
        "verdict": call.verdict,
        "reason": call.reason,
        "detail": call.detail,
        "caller": number.e164 if number else None,
        "did": call.did or None,
        "queue": call.queue,
        "started_at": iso(call.started_at),
        "ended_at": iso(call.ended_at),
        "waited_s": round(call.waited.total_seconds(), 3),
    }


def _show_verdicts(calls: list[CallEnded], region: str, *, whole: bool) -> None:
    rows = (
        (
            call.started_at.strftime("%H:%M:%S"),
            call.call.uniqueid,
            shown(None if call.withheld else parse_number(call.caller, region), region, whole=whole),
            f"{call.waited.total_seconds():.0f} s",
            call.queue or "-",
            call.verdict,
            " ".join(part for part in (call.reason, call.detail and f"({call.detail})") if part),
        )
        for call in calls
    )
    columns = ("UTC", "call", "caller", "waited", "queue", "verdict", "reason")
    console().print(table("", columns, rows))
    counted = Counter(str(call.verdict) for call in calls)
    console().print(
        f"\n{count(len(calls), 'call')}: "
        + ", ".join(f"{n} {verdict}" for verdict, n in counted.most_common())
    )


def try_(json: Json = False) -> None:
    """Say what a reply would do, and why: one reply a line on standard input.

    Example: echo "can I come in on Friday" | secondring try
    """
    if sys.stdin.isatty():
        sys.stderr.write("Type a reply and press Enter; Ctrl-D ends.\n")
    empty = True
    for text in _lines():
        empty = False
        meaning = understand(text)
        if json:
            print_json([{"text": text, "intent": meaning.intent, "rule": meaning.rule}])
        else:
            sys.stdout.write(
                f"{meaning.intent:<11} {_consequence(meaning.intent)}\n{'':<11} because {meaning.rule}\n"
            )
        sys.stdout.flush()
    if empty:
        warn(
            "no reply came in. Write one a line, for example: echo 'can I come in on Friday' | `secondring try`"
        )


def _lines() -> Iterator[str]:
    for line in sys.stdin:
        text = line.rstrip("\r\n")
        if text.strip():
            yield text


def _consequence(intent: Intent) -> str:
    route = DEFAULT_ROUTES[intent]
    if intent is Intent.STOP:
        return "no more texts to this number; one confirmation"
    if intent is Intent.CANCEL:
        return "no more texts to this number, and a task for front-desk: it may mean an appointment"
    if intent is Intent.URGENT:
        return "text with the 911 line, urgent task, alarm: a person calls now"
    if intent in (Intent.HELP, Intent.START):
        return f"text '{route.template}'"
    if route.link:
        return "text with the booking link (or a front-desk task where there is none)"
    return _task(route)


def _task(route: Route) -> str:
    return f"task for {route.queue}, due {route.clock}; text '{route.template}'"
