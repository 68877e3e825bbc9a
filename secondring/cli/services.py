"""`run` and `demo`: the service, and the service in a box."""

from pathlib import Path
from typing import Annotated

import typer

from secondring import answering, pages
from secondring.cli.common import config_directory, settings, to_type
from secondring.cli.pbx import CONF
from secondring.doctor import Visit, examine
from secondring.domain.errors import ConfigError
from secondring.service import everything
from secondring.web.settings_port import Found


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(run)
    app.command()(agi)
    app.command()(web)
    app.command("agi-script", hidden=True, context_settings={"ignore_unknown_options": True})(agi_script)
    app.command()(demo)


def run() -> None:
    """Listen to the PBX, text callers back, route their replies: all in one process.

    Stops cleanly on SIGTERM and Ctrl-C. Tells systemd when it is ready and that it is alive.
    """
    everything.run(settings(), try_links)


def try_links() -> list[Found]:
    """What `doctor` finds, for the pages. It rings no phone and sends no text."""
    visit = Visit(config=config_directory(), asterisk_conf=CONF)
    return [
        Found(
            name=one.name,
            ok=one.finding.ok,
            evidence=to_type(one.finding.evidence),
            remedy=to_type(one.finding.remedy),
        )
        for one in examine(visit)
    ]


def agi() -> None:
    """Only serve callers who are on the line (FastAGI); `run` does this too."""
    answering.run_agi(settings())


def web() -> None:
    """Only serve staff's pages; `run` does this too. The configuration's section `web` says where."""
    pages.run_web(settings(), try_links)


def agi_script(
    name: Annotated[str, typer.Argument(help="The script, as the dialplan names it.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="What the dialplan gives it.")] = None,
) -> None:
    """One plain AGI script, started by Asterisk itself: what `agi.program` makes of the dialplan."""
    if not answering.run_agi_script(settings(), name, arguments or ()):
        raise typer.Exit(1)


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
