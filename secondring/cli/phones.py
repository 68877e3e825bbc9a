"""`handset`: the simulated phones of the handset carrier, read and answered from the terminal."""

import sys
from typing import Annotated

import typer

from secondring import wiring
from secondring.cli.chosen import warn
from secondring.cli.common import Json, print_json
from secondring.cli.configured import settings
from secondring.domain import pulse
from secondring.domain.errors import SecondRingError
from secondring.domain.phone import PhoneNumber, parse_number, spoken_form
from secondring.domain.pulse import State
from secondring.wiring import Settings

handset = typer.Typer(no_args_is_help=True, help="Simulated phones: read and answer texts without a carrier.")
NUMBER = typer.Argument(metavar="NUMBER", help="Whose phone, for example 2025550123.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(handset, name="handset")


@handset.command()
def inbox(number: Annotated[str, NUMBER], json: Json = False) -> None:
    """The texts that reached a phone, oldest first."""
    chosen = settings()
    texts = wiring.handset(chosen).inbox(_number(number, chosen))
    if json:
        print_json({"id": t.id, "from": t.sender.e164, "text": t.body} for t in texts)
    elif texts:
        sys.stdout.writelines(f"{t.body}\n" for t in texts)
    else:
        sys.stdout.write("No text has reached this phone.\n")


@handset.command()
def reply(
    number: Annotated[str, NUMBER],
    text: Annotated[str, typer.Argument(metavar="TEXT")],
    to: Annotated[
        str, typer.Option("--to", metavar="SITE|NUMBER", help="Whom, if not who texted that phone last.")
    ] = "",
) -> None:
    """Write a text to the clinic from a phone: an answer, or out of the blue.

    Example: secondring handset reply 2025550123 "can I come in on Friday"
    """
    chosen = settings()
    phone = _number(number, chosen)
    line = wiring.handset(chosen).reply(phone, text, _clinic(to, chosen))
    sys.stdout.write(f"on its way to {spoken_form(line.to, chosen.rules.sites[0].region)}\n")
    if not _somebody_reads(chosen):
        warn("nobody is reading: the text waits until the service runs (`secondring run`).")


def _somebody_reads(chosen: Settings) -> bool:
    """Texts are read without a link to the PBX too."""
    try:
        with wiring.reading(chosen) as books:
            found = pulse.silence(pulse.last(books), wiring.now())
    except SecondRingError:
        return False
    return found is None or found.because is State.UNLINKED


def _clinic(said: str, chosen: Settings) -> PhoneNumber | None:
    """The number of a site, or the one that was named; None when nobody said."""
    for site in chosen.rules.sites:
        if said == site.id:
            return site.sender
    return _number(said, chosen) if said else None


def _number(text: str, chosen: Settings) -> PhoneNumber:
    number = parse_number(text, chosen.rules.sites[0].region)
    if number is None:
        raise typer.BadParameter(f"{text!r} is not a phone number. Write it as 2025550123 or +12025550123.")
    return number
