"""`demo`: all of it in a box."""

from pathlib import Path
from typing import Annotated

import typer

from secondring.domain.errors import ConfigError


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command()(demo)


def demo(
    stay: Annotated[bool, typer.Option("--stay", help="Keep everything running until Ctrl-C.")] = False,
    picture: Annotated[
        Path | None, typer.Option(hidden=True, help="Draw what is shown to an SVG file.")
    ] = None,
) -> None:
    """A morning at a clinic, on this machine: a real Asterisk, phones that ring, and the whole loop.

    Needs root the first time, to build the PBX. Nothing leaves this machine.
    """
    try:
        from lab.demo import run_demo  # noqa: PLC0415 - the phones are an extra; the service runs without them
    except ModuleNotFoundError as missing:
        raise ConfigError(
            f"the demo's phones are not installed ({missing.name}): run scripts/demo in a clone, which installs"
            " them, or pip install '/path/to/the/clone[lab]'"
        ) from missing
    run_demo(stay=stay, picture=picture)
