"""`consent`: what a number wants of texts, the proof of it, and wishes told by voice."""

import csv
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from secondring import wiring
from secondring.cli.audited import note
from secondring.cli.chosen import print_for_scripts, to_type
from secondring.cli.common import Json, console, iso, number_of, person, print_json, table
from secondring.cli.configured import settings
from secondring.domain import consent, optouts, story
from secondring.domain.phone import PhoneNumber, spoken_form
from secondring.domain.ports import Books
from secondring.domain.proof import OPTED_IN, OPTED_OUT, Event, proof
from secondring.domain.rules import Rules
from secondring.domain.spreadsheet import cell

consent_app = typer.Typer(
    no_args_is_help=True,
    help="""May a number be texted, how do we know, and wishes told by voice.

    A wish counts for the number: at every site, through every carrier, from the moment it is kept.
    """,
)
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="Whose, as +12025550123 or as you dial it.")]
By = Annotated[
    str, typer.Option("--by", metavar="NAME", help="Who does it; you, if you have an own account.")
]
Said = Annotated[str, typer.Option("--said", metavar="WORDS", help="What the patient said, in their words.")]
WISHES = (OPTED_OUT, OPTED_IN)


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(consent_app, name="consent")


@consent_app.command()
def show(number: Number, json: Json = False, by: By = "") -> None:
    """May this number be texted, and all that it ever said about it.

    Shows patients' data, and leaves a line in the audit.

    Example: secondring consent show +12025550123 --by YOUR-NAME
    """
    rules, whose, events, standing = _look(number, person(by), "consent show")
    if json:
        wishes = [_row(whose, event) for event in events if event.event in WISHES]
        print_json(
            [
                {
                    "number": whose.e164,
                    "may_text": standing.may_text,
                    "because": standing.because,
                    "wishes": wishes,
                }
            ]
        )
        return
    said = "may be texted" if standing.may_text else "gets no texts"
    sys.stdout.write(f"{spoken_form(whose, rules.sites[0].region)} {said}: {standing.because}.\n")
    rows = [_line(rules, event) for event in events]
    if rows:
        sys.stdout.write("\n")
        console().print(table("", ("when", "what", "how", "words and proof"), rows))
        sys.stdout.write(
            to_type("\n`secondring consent export` writes all of it for whoever has to see it.\n")
        )


@consent_app.command()
def export(
    number: Number,
    json: Json = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for a spreadsheet.")] = False,
    by: By = "",
) -> None:
    """All that was ever said and sent about texts to a number, whole: for the patient, a carrier or a court.

    One line for each wish and each text, with time, channel, words, who wrote it down, the announcement and the text
    that confirmed it. Shows patients' data, and leaves a line in the audit.

    Example: secondring consent export +12025550123 --csv --by YOUR-NAME > proof.csv
    """
    if json == as_csv:
        raise typer.BadParameter("say which: --json (one object a line) or --csv (for a spreadsheet)")
    _, whose, events, _ = _look(number, person(by), "consent export")
    rows = [_row(whose, event) for event in events]
    if json:
        print_json(rows)
        return
    print_for_scripts()
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([cell(row[name] or "") for name in COLUMNS] for row in rows)


@consent_app.command("opt-out")
def opt_out(number: Number, said: Said, by: By = "") -> None:
    """A patient told you that they want no more texts. Texts that wait for them are withdrawn.

    Example: secondring consent opt-out +12025550123 --said "just phone me" --by ana
    """
    whose, news = _keep(number, person(by), said, wants_texts=False)
    sys.stdout.write(f"Kept: {whose.masked} gets no texts{'' if news else ', as before'}.\n")


@consent_app.command("opt-in")
def opt_in(
    number: Number,
    said: Said,
    patient_asked: Annotated[
        bool, typer.Option("--patient-asked", help="The patient asked for it themselves; nobody else can.")
    ] = False,
    by: By = "",
) -> None:
    """A patient told you that they want texts again. Only their own request takes an opt-out back.

    Example: secondring consent opt-in +12025550123 --said "text me again" --patient-asked --by ana
    """
    if not patient_asked:
        raise typer.BadParameter(
            "only the patient takes an opt-out back; when they asked for it themselves, say --patient-asked",
            param_hint="--patient-asked",
        )
    whose, _ = _keep(number, person(by), said, wants_texts=True)
    sys.stdout.write(f"Kept: {whose.masked} may be texted.\n")


def _look(number: str, who: str, what: str) -> tuple[Rules, PhoneNumber, list[Event], consent.Standing]:
    chosen = settings()
    whose = number_of(number, chosen.rules.sites[0].region)
    with wiring.writing(chosen) as books:
        found, standing = proof(books, whose), consent.standing(books.consent(whose))
        _audit(books, whose, who, "view", what)
    return chosen.rules, whose, found, standing


def _keep(number: str, who: str, said: str, *, wants_texts: bool) -> tuple[PhoneNumber, bool]:
    chosen = settings()
    whose = number_of(number, chosen.rules.sites[0].region)
    with wiring.writing(chosen) as books:
        now = wiring.now()
        news = optouts.told_to_staff(books, whose, who, said, now, wants_texts=wants_texts)
        _audit(books, whose, who, "change", "consent opt-in" if wants_texts else "consent opt-out")
    return whose, news


def _audit(books: Books, whose: PhoneNumber, who: str, action: str, command: str) -> None:
    """The audit names no number: the caller's newest episode leads to it."""
    last = books.last_episode(whose)
    note(books, wiring.now(), action, command, last.id if last else "", who)


def _row(whose: PhoneNumber, event: Event) -> dict[str, Any]:
    return {
        "number": whose.e164,
        "at": iso(event.at),
        "event": event.event,
        "channel": event.channel,
        "words": event.words,
        "state": event.state,
        "by": event.by,
        "basis": event.basis,
        "announcement": event.announcement,
        "confirmed_by": event.confirmed_by,
        "confirmation": event.confirmation,
        "text": event.text,
        "episode": event.episode,
        "site": event.site,
    }


COLUMNS = (
    "number", "at", "event", "channel", "words", "state", "by", "basis", "announcement", "confirmed_by", "confirmation",
    "text", "episode", "site",
)  # fmt: skip


def _line(rules: Rules, event: Event) -> tuple[str, str, str, str]:
    site = rules.site(event.site) if event.site else rules.sites[0]
    return story.said_time(event.at, site), event.event, event.channel, "; ".join(_proofs(event))


def _proofs(event: Event) -> Iterator[str]:
    yield repr(event.words)
    if event.by:
        yield f"written down by {event.by}" if event.event in WISHES else f"message {event.by}"
    if event.state:
        yield event.state
    if event.basis:
        yield f"on: {event.basis}"
    if event.confirmation:
        which = f" {event.confirmed_by}" if event.confirmed_by else ""
        yield f"confirming text{which}: {event.confirmation}"
