"""`sms`: texts for scripts. Both ways go through the books, so that nothing passes the guards by."""

import sys
import time
from datetime import timedelta
from typing import Annotated, Any

import typer

from secondring import wiring
from secondring.cli.audited import note
from secondring.cli.chosen import warn
from secondring.cli.common import (
    Json,
    Numbers,
    Since,
    console,
    iso,
    moment,
    number_of,
    person,
    print_json,
    shown,
    table,
)
from secondring.cli.configured import settings
from secondring.cli.silence import warn_of_silence
from secondring.domain import by_hand, story
from secondring.domain.errors import NotNow
from secondring.domain.ids import TextId
from secondring.domain.records import Text, TextState
from secondring.wiring import Settings
from secondring.written import TextDesk

sms_app = typer.Typer(
    no_args_is_help=True,
    help="""Texts for scripts: send one, read what came in.

    What is sent goes the way of every text: consent, caps, the country list and the lint are asked first, it is in the
    audit, and the running service hands it to the carrier. Exit codes: 0 done, 1 refused or failed, 69 too late.
    """,
)
LOOK_EVERY = 0.25
MOST_PARTS = 3
EX_UNAVAILABLE = 69
GONE = (TextState.ACCEPTED, TextState.DELIVERED)
NOT_GOING = (TextState.FAILED, TextState.CANCELLED, TextState.WITHHELD)
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who sends; you, if you have an own account.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(sms_app, name="sms")


@sms_app.command()
def send(
    to: Annotated[str, typer.Argument(metavar="TO", help="Whom, as +12025550123 or as you dial it.")],
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What; - reads it from standard input.")],
    site: Annotated[str | None, typer.Option(help="Which site writes; the first one when left out.")] = None,
    agreed: Annotated[
        str, typer.Option("--agreed", metavar="WORDS", help="What they said, if they never called or wrote.")
    ] = "",
    wait: Annotated[
        int, typer.Option(metavar="SECONDS", help="Wait so long until the carrier has it.", min=0, max=3600)
    ] = 0,
    by: By = "",
    json: Json = False,
) -> None:
    """Send one text, unless the patient wants none, it says what a text must not, or a cap is reached.

    It names no patient and says nothing about health: it lies open on a lock screen.

    secondring sms send +12025550123 "We have your form. Questions? Call (202) 555-0100." --by front-desk

    echo "Your ride is here." | secondring sms send +12025550123 - --wait 30 --json --by YOUR-NAME
    """
    who = person(by)
    chosen = settings()
    where = wiring.known_site(chosen, site)
    at_site = chosen.rules.site(where) if where else chosen.rules.sites[0]
    number = number_of(to, at_site.region)
    words = " ".join((sys.stdin.read() if text == "-" else text).split())
    _refuse_words(chosen, words)
    with wiring.writing(chosen) as books:
        now = wiring.now()
        queued = by_hand.write(books, chosen.rules, at_site, number, words, who, now, agreed=agreed)
        note(books, now, "change", "sms send", queued.episode, who)
        if not chosen.shadow:
            warn_of_silence(books, at_site, now)
    _tell(_followed(chosen, queued, wait), wait, json=json)


def _refuse_words(chosen: Settings, words: str) -> None:
    if not words:
        raise NotNow("The text is empty.")
    checked = TextDesk(wiring.wording(chosen)).check(words)
    if checked.wrong:
        raise NotNow(" ".join(checked.wrong))
    if checked.parts > MOST_PARTS:
        raise NotNow(
            f"The text would go out in {checked.parts} parts, more than {MOST_PARTS}: make it shorter."
        )


def _followed(chosen: Settings, queued: Text, seconds: int) -> Text:
    """The text as it stands once the carrier has it, it will not go, or the time is up."""
    until = time.monotonic() + seconds
    found = queued
    while found.state not in (*GONE, *NOT_GOING) and time.monotonic() < until:
        time.sleep(LOOK_EVERY)
        with wiring.reading(chosen) as books:
            found = books.text(queued.id) or found
    return found


def _tell(text: Text, waited: int, *, json: bool) -> None:
    if json:
        print_json([_row(text, whole=True) | {"note": text.note}])
    elif text.state is TextState.WITHHELD:
        sys.stdout.write(f"{text.id}: withheld, this is shadow mode.\n")
    else:
        after = f": {text.note}" if text.note else ""
        sys.stdout.write(f"{text.id}: {text.state}{after}\n")
    if text.state in (TextState.FAILED, TextState.CANCELLED):
        raise typer.Exit(1)
    if waited and text.state not in (*GONE, TextState.WITHHELD):
        warn(
            f"the carrier has not taken {text.id} within {waited} s; it goes on trying while the service runs"
        )
        raise typer.Exit(EX_UNAVAILABLE)


@sms_app.command()
def inbox(
    since: Since = "1d",
    wait: Annotated[
        int,
        typer.Option(
            metavar="SECONDS", help="Wait so long for the next one, and print that.", min=0, max=3600
        ),
    ] = 0,
    limit: Annotated[int, typer.Option(help="At most so many, the newest.", min=1, max=10_000)] = 50,
    by: By = "",
    json: Json = False,
    numbers: Numbers = False,
) -> None:
    """What patients wrote, oldest first, with the words. Leaves a line in the audit.

    secondring sms inbox --since 2h --json --by YOUR-NAME

    secondring sms inbox --wait 60 --json     waits for the next text and prints it; exit code 69 when none came
    """
    who = person(by)
    chosen = settings()
    found = _next(chosen, wait) if wait else _since(chosen, since, limit)
    with wiring.writing(chosen) as books:
        note(books, wiring.now(), "view", "sms inbox", "", who)
    if json:
        print_json(_row(text, whole=numbers) for text in found)
    elif found:
        rows = [
            (
                story.said_time(text.created_at, chosen.rules.site(text.site)),
                shown(text.patient, chosen.rules.site(text.site).region, whole=numbers),
                text.episode,
                text.body,
            )
            for text in found
        ]
        console().print(table("", ("when", "from", "episode", "text"), rows))
    elif not wait:
        console().print(f"No text in the last {since}. `--since 30d` looks further back.")
    if wait and not found:
        raise typer.Exit(EX_UNAVAILABLE)


def _since(chosen: Settings, since: str, limit: int) -> list[Text]:
    now = wiring.now()
    with wiring.reading(chosen) as books:
        return books.texts_in(since=moment(since, now), limit=limit)[::-1]


def _next(chosen: Settings, seconds: int) -> list[Text]:
    """Those that came in since now, as soon as there is one."""
    begun = wiring.now() - timedelta(seconds=1)
    until = time.monotonic() + seconds
    with wiring.reading(chosen) as books:
        known = {text.id for text in books.texts_in(since=begun, limit=1000)}
    while time.monotonic() < until:
        with wiring.reading(chosen) as books:
            new = [text for text in books.texts_in(since=begun, limit=1000) if text.id not in known]
        if new:
            return new[::-1]
        time.sleep(LOOK_EVERY)
    return []


def _row(text: Text, *, whole: bool) -> dict[str, Any]:
    return {
        "id": TextId(text.id),
        "at": iso(text.settled_at or text.created_at),
        "site": text.site,
        "episode": text.episode,
        "patient": text.patient.e164 if whole else text.patient.masked,
        "ours": text.ours.e164,
        "text": text.body,
        "state": text.state,
        "carrier": text.carrier or None,
    }
