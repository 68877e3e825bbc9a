"""`init`, `check-config`, `migrate`, `render`: from nothing to a service that may start."""

import contextlib
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from config.settings import CarrierSettings
from secondring import answering, beginning, installation, ladders, wiring
from secondring.cli.chosen import config_directory, to_type, warn
from secondring.cli.common import Json, count, print_json
from secondring.cli.configured import settings
from secondring.cli.copies import books_to_move, move_here
from secondring.cli.versions import as_row
from secondring.domain.errors import ConfigError
from secondring.wiring import Settings

NEWEST = "22.1.0"
PLACES = {
    "manager": "This belongs at the end of manager.conf (FreePBX: manager_custom.conf).",
    "dialplan": "This belongs at the end of extensions.conf (FreePBX: extensions_custom.conf).",
    "queues": "This belongs after the queues in queues.conf (FreePBX: queues_post_custom.conf).",
}
"""Where each piece goes, for whoever does by hand what `install` does."""


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(init)
    app.command("check-config")(check_config)
    app.command()(migrate)
    app.command()(render)


def _checked(read: Callable[[str], str]) -> Callable[[str | None], str | None]:
    """What is typed is asked for again, what was given as an option is wrong usage."""

    def check(text: str | None) -> str | None:
        try:
            return None if text is None else read(text)
        except ConfigError as error:
            raise typer.BadParameter(str(error)) from None

    return check


def _all_checked(texts: list[str] | None) -> list[str]:
    return [str(_checked(beginning.read_phone)(text)) for text in texts or ()]


def init(
    clinic: Annotated[
        str | None, typer.Option(help="The name that texts give; asked for if not said.")
    ] = None,
    phone: Annotated[
        str | None,
        typer.Option(
            help="The number patients call, such as +12025550100; asked for if not said.",
            callback=_checked(beginning.read_phone),
        ),
    ] = None,
    zone: Annotated[
        str | None,
        typer.Option(
            help="IANA name, such as America/New_York; this machine's own when you do not say.",
            callback=_checked(beginning.read_zone),
        ),
    ] = None,
    did: Annotated[
        list[str] | None,
        typer.Option(help="A number that rings here; repeatable.", callback=_all_checked),
    ] = None,
    ami_user: Annotated[str, typer.Option(help="Name of the AMI account.")] = "secondring",
) -> None:
    """Write a first configuration, an encryption key and the AMI secrets. Nothing is overwritten.

    Where there is a clinic already and you say nothing about it, only AMI secrets that are missing are made.

    Below another place than /etc/secondring (--config DIR) the database is in there too: a trial of its own.

    Example: secondring init --clinic "Northside Clinic" --phone +12025550100
    """
    if beginning.is_begun(config_directory()) and not any((clinic, phone, zone, did)):
        _show_made(beginning.missing_secrets(config_directory()))
        return
    name = clinic or _ask("--clinic", "Clinic's name, as patients know it")
    number = phone or _ask("--phone", "Number patients call", beginning.read_phone)
    chosen = zone or _ask_zone(beginning.machine_zone(), person=not (clinic and phone))
    made = beginning.first_configuration(config_directory(), name, number, chosen, tuple(did or ()), ami_user)
    if not made.written:
        sys.stdout.write("Nothing is written, and none of your answers either: edit the files themselves.\n")
    _show_made(made)


def _show_made(made: beginning.FirstConfiguration) -> None:
    for path in made.written:
        sys.stdout.write(f"wrote {path}\n")
    for path in made.kept:
        sys.stdout.write(f"kept  {path}: it is there already, and stays as it is\n")
    sys.stdout.write(f"{made.next_steps}\n" if made.next_steps else "Every secret is there.\n")


def _ask(option: str, question: str, read: Callable[[str], str] = str) -> str:
    """Ask until the answer will do; where nobody can answer, the option has to be said."""
    try:
        return str(typer.prompt(question, value_proc=_checked(read)))
    except typer.Abort:
        raise typer.BadParameter("nobody is there to be asked: say it", param_hint=option) from None


def _ask_zone(usual: str, *, person: bool) -> str:
    """Ask a person; a script that did not say gets the machine's own zone, and is told."""
    if person or sys.stdin.isatty():
        with contextlib.suppress(typer.Abort):
            return str(typer.prompt("Time zone", default=usual, value_proc=_checked(beginning.read_zone)))
    sys.stdout.write(f"time zone {usual} (--zone chooses another)\n")
    return usual


def check_config(json: Json = False) -> None:
    """Read the configuration and the messages; say what is wrong, with file, line and remedy."""
    chosen = settings()
    wiring.check_messages(chosen)
    told = [*ladders.cautions(chosen, wiring.now()), *installation.cautions_here(chosen)]
    for caution in told:
        warn(f"WARNING: {caution}")
    if json:
        found = {"ok": True, "files": [str(file) for file in chosen.files], "sites": len(chosen.rules.sites)}
        found |= {"version": chosen.version, "disagreements": [as_row(one) for one in chosen.disagreements]}
        print_json([found | {"warnings": told}])
        return
    for file in chosen.files:
        sys.stdout.write(f"read {file}\n")
    for site in chosen.rules.sites:
        sys.stdout.write(
            f"site {site.id}: {site.name}, {count(len(site.dids), 'number')}, {site.hours.zone}\n"
        )
        if site.triage is not None:
            sys.stdout.write(f"  urgent callers: {ladders.summary(site.triage)}\n")
    sys.stdout.write(_carriers(chosen))
    sys.stdout.write(f"mode {'shadow: nothing is sent' if chosen.shadow else 'live'}\n")
    if chosen.version:
        sys.stdout.write(f"read what was set on screen, version {chosen.version}: secondring settings list\n")
    for one in chosen.disagreements:
        sys.stdout.write(f"note: {to_type(str(one))}\n")
    good = f"can be used, with {count(len(told), 'warning')}" if told else "is good"
    sys.stdout.write(f"The configuration {good}.\n")


def _carriers(chosen: Settings) -> str:
    if chosen.centre is not None:
        sends = f"its centre, {chosen.centre.broker.host}, sends the texts; none goes from here"
        return f"site box {chosen.listening.pbx}: {sends}\n"
    several = ", ".join(f"{carrier.name} ({carrier.kind})" for carrier in chosen.carriers)
    told = f"carriers, the preferred one first: {several}\n" if len(chosen.carriers) > 1 else ""
    if chosen.only_simulated:
        return (
            told + "carrier handset: simulated phones; no text leaves this machine until you choose another\n"
        )
    return told + "".join(f"carrier {one.name} ({one.kind}): {_way_back(one)}\n" for one in chosen.carriers)


def _way_back(one: CarrierSettings) -> str:
    if one.kind == "handset":
        return "simulated phones; nothing leaves this machine by it"
    ways = {"is asked for replies": one.keys.is_asked, "replies come to our webhooks": one.keys.knocks}
    return ", ".join(way for way, open_ in ways.items() if open_) or "NO WAY BACK for replies"


def migrate(
    source: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="URL", help="Move the books here from this file: sqlite:////whole/path.db"
        ),
    ] = None,
) -> None:
    """Bring the database to this version; makes it when there is none. Safe to repeat."""
    old = books_to_move(source) if source is not None else None
    sys.stdout.write(f"{wiring.migrate(settings())}\n")
    if old is not None:
        move_here(old)


def render(
    what: Annotated[str, typer.Argument(metavar="manager|dialplan|queues", help="Which piece.")] = "manager",
    asterisk: Annotated[
        str | None,
        typer.Option(help="Version of Asterisk, such as 22.1.0; the one on this machine if not said."),
    ] = None,
    sounds: Annotated[
        Path | None, typer.Option(help="Asterisk's sounds: stock ones stand in for prompts missing there.")
    ] = None,
) -> None:
    """Print what belongs into Asterisk's configuration; `secondring install` does the same and more by itself.

    `manager`: the AMI account with its event filter. `dialplan`: what callers are offered, for extensions.conf.
    `queues`: the same for callers who wait, to stand after the queues in queues.conf.
    """
    version = asterisk or _version_here()
    pieces = {
        "manager": lambda: wiring.render_manager(settings(), version),
        "dialplan": lambda: answering.render_dialplan(settings(), version, sounds),
        "queues": lambda: answering.render_queues(settings()),
    }
    if what not in pieces:
        raise typer.BadParameter(f"{what!r} cannot be rendered; there are {', '.join(pieces)}.")
    sys.stdout.write(pieces[what]())
    warn(f"{PLACES[what]} Put it there once: where it stands already, take the old piece out first.")


def _version_here() -> str:
    """The Asterisk on this machine, or the newest we know where there is none to ask."""
    try:
        return installation.version_here()
    except ConfigError:
        warn(
            f"no Asterisk answers here, so this is written for {NEWEST}; --asterisk VERSION says which it is."
        )
        return NEWEST
