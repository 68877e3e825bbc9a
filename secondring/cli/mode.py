"""`mode`: shadow or live; the switch between them."""

import os
import sys
from enum import StrEnum
from typing import Annotated

import typer

from config.loader import config_path
from config.mode import mode_place, switch_mode
from secondring.cli.chosen import command, config_directory, to_type
from secondring.cli.common import Json, one_of, print_json
from secondring.cli.configured import settings
from secondring.domain.errors import ConfigError
from secondring.domain.settings import Setting
from secondring.wiring import Settings, load_files, newest_on_screen


class Mode(StrEnum):
    """In which the service runs."""

    LIVE = "live"
    SHADOW = "shadow"


MEANS = {
    Mode.LIVE: "missed callers are texted, replies are answered",
    Mode.SHADOW: "every call is judged, every decision taken and explained, and nothing is sent to anybody",
}
WILL = {
    Mode.LIVE: "From the next start on, missed callers are texted. Texts of shadow mode stay where they are.",
    Mode.SHADOW: "From the next start on, nothing is sent to anybody. Texts that still wait then never go: the"
    " callers who were to get one become tasks.",
}
QUEUES = {
    Mode.LIVE: "then put `secondring render queues` into Asterisk's queues, so that callers who wait hear the offer",
    Mode.SHADOW: "then take our part out of Asterisk's queues: callers who wait still hear that 1 gets them a text",
}


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(mode)


def mode(
    to: Annotated[
        Mode | None,
        typer.Argument(metavar="[live|shadow]", help="What to switch to.", parser=one_of(Mode)),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Show whether texts go (live) or are only written and kept (shadow); switch between the two.

    Example: secondring mode live
    """
    chosen = settings()
    if to is None:
        _show(chosen, json=json)
    elif to is _mode(chosen):
        sys.stdout.write(f"It is {to} already: nothing changed.\n")
    else:
        _switch(chosen, to, sure=yes)


def _mode(chosen: Settings) -> Mode:
    return Mode.SHADOW if chosen.shadow else Mode.LIVE


def _show(chosen: Settings, *, json: bool) -> None:
    now = _mode(chosen)
    screen = _on_screen()
    place = mode_place(config_path(config_directory(), os.environ))
    where = f"{place.file}, line {place.line}" if place else "our default; no file of yours says it"
    if screen is not None:
        where = f"somebody on the pages: {screen.source}"
    if json:
        set_by = screen.source if screen is not None else str(place) if place else None
        print_json([{"mode": now, "set_by": set_by}])
        return
    other = Mode.LIVE if now is Mode.SHADOW else Mode.SHADOW
    sys.stdout.write(to_type(f"{now}: {MEANS[now]}.\nSet by {where}.\n`secondring mode {other}` switches.\n"))


def _on_screen() -> Setting | None:
    """What the pages say, which counts for more than the files."""
    newest = newest_on_screen(load_files(config_directory()))
    return newest.overlay.get(("mode",)) if newest else None


def _switch(chosen: Settings, to: Mode, *, sure: bool) -> None:
    screen = _on_screen()
    if screen is not None:
        raise ConfigError(
            f"the mode was {screen.source}, which counts for more than a file. Switch it there (Settings ›"
            f" Shadow or live), or go by the files again with `secondring settings drop mode` and run this once more."
        )
    sys.stdout.write(f"{WILL[to]}\n")
    if to is Mode.LIVE and chosen.only_simulated:
        sys.stdout.write("The carrier is handset: texts will go to simulated phones, and to no patient.\n")
    if not sure:
        typer.confirm(f"Switch to {to}?", abort=True)
    file = switch_mode(config_path(config_directory(), os.environ), to)
    if _mode(settings()) is not to:
        raise ConfigError(f"{file} was written, and something read after it still says otherwise: look there")
    sys.stdout.write(
        f"wrote {file}\nNext:\n  systemctl restart secondring     (until then it runs as before)\n"
    )
    if chosen.ivr.queues:
        sys.stdout.write(f"  {to_type(QUEUES[to])}\n")
    sys.stdout.write(f"  {command()} doctor\n")
