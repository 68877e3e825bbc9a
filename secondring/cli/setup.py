"""`init`, `check-config`, `migrate`, `render`: from nothing to a service that may start."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from secondring import answering, wiring
from secondring.cli.common import Json, config_directory, print_json, settings
from secondring.cli.versions import as_row


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(init)
    app.command("check-config")(check_config)
    app.command()(migrate)
    app.command()(render)


def init(
    clinic: Annotated[
        str, typer.Option(prompt="Clinic's name, as patients know it", help="The name that texts give.")
    ],
    phone: Annotated[
        str, typer.Option(prompt="Number patients call", help="With country code, such as +12025550100.")
    ],
    zone: Annotated[str, typer.Option(prompt="Time zone", help="IANA name.")] = "America/New_York",
    did: Annotated[list[str] | None, typer.Option(help="A number that rings here; repeatable.")] = None,
    ami_user: Annotated[str, typer.Option(help="Name of the AMI account.")] = "secondring",
) -> None:
    """Write a first configuration, an encryption key and an AMI secret. Nothing is overwritten.

    Example: secondring init --clinic "Northside Clinic" --phone +12025550100
    """
    made = wiring.first_configuration(config_directory(), clinic, phone, zone, tuple(did or ()), ami_user)
    for path in made.written:
        sys.stdout.write(f"wrote {path}\n")
    sys.stdout.write(f"{made.next_steps}\n")


def check_config(json: Json = False) -> None:
    """Read the configuration and the messages; say what is wrong, with file, line and remedy."""
    chosen = settings()
    wiring.check_messages(chosen)
    if json:
        found = {"ok": True, "files": [str(file) for file in chosen.files], "sites": len(chosen.rules.sites)}
        found |= {"version": chosen.version, "disagreements": [as_row(one) for one in chosen.disagreements]}
        print_json([found])
        return
    for file in chosen.files:
        sys.stdout.write(f"read {file}\n")
    for site in chosen.rules.sites:
        sys.stdout.write(f"site {site.id}: {site.name}, {len(site.dids)} numbers, {site.hours.zone}\n")
    if chosen.carrier.kind == "handset":
        sys.stdout.write(
            "carrier handset: simulated phones; no text leaves this machine until you choose another\n"
        )
    if chosen.version:
        sys.stdout.write(f"read what was set on screen, version {chosen.version}: secondring settings list\n")
    for one in chosen.disagreements:
        sys.stdout.write(f"note: {one}\n")
    sys.stdout.write("The configuration is good.\n")


def migrate() -> None:
    """Bring the database to this version; makes it when there is none. Safe to repeat."""
    sys.stdout.write(f"{wiring.migrate(settings())}\n")


def render(
    what: Annotated[str, typer.Argument(metavar="manager|dialplan|queues", help="Which piece.")] = "manager",
    asterisk: Annotated[str, typer.Option(help="Version of Asterisk, for example 22.1.0.")] = "22.1.0",
    sounds: Annotated[
        Path | None, typer.Option(help="Asterisk's sounds: stock ones stand in for prompts missing there.")
    ] = None,
) -> None:
    """Print what belongs into Asterisk's configuration.

    `manager`: the AMI account with its event filter. `dialplan`: what callers are offered, for extensions.conf.
    `queues`: the same for callers who wait, to stand after the queues in queues.conf.
    """
    pieces = {
        "manager": lambda: wiring.render_manager(settings(), asterisk),
        "dialplan": lambda: answering.render_dialplan(settings(), asterisk, sounds),
        "queues": lambda: answering.render_queues(settings()),
    }
    if what not in pieces:
        raise typer.BadParameter(f"{what!r} cannot be rendered; there are {', '.join(pieces)}.")
    sys.stdout.write(pieces[what]())
