"""`handset`: the simulated phones of the handset carrier, read and answered from the terminal."""

import sys
from typing import Annotated

import typer

from secondring import wiring
from secondring.cli.common import Json, print_json, settings
from secondring.domain.errors import ConfigError
from secondring.domain.phone import PhoneNumber, parse_number

handset = typer.Typer(no_args_is_help=True, help="Simulated phones: read and answer texts without a carrier.")
NUMBER = typer.Argument(metavar="NUMBER", help="Whose phone, for example 2025550123.")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(handset, name="handset")


@handset.command()
def inbox(number: Annotated[str, NUMBER], json: Json = False) -> None:
    """The texts that reached a phone, oldest first."""
    texts = wiring.handset(settings()).inbox(_number(number))
    if json:
        print_json({"id": t.id, "from": t.sender.e164, "text": t.body} for t in texts)
    else:
        sys.stdout.writelines(f"{t.body}\n" for t in texts)


@handset.command()
def reply(number: Annotated[str, NUMBER], text: Annotated[str, typer.Argument(metavar="TEXT")]) -> None:
    """Write a text to the clinic from a phone."""
    wiring.handset(settings()).reply(_number(number), text)


def _number(text: str) -> PhoneNumber:
    number = parse_number(text, settings().rules.sites[0].region)
    if number is None:
        raise ConfigError(f"{text!r} is not a phone number here. Write it as 2025550123 or +12025550123.")
    return number
