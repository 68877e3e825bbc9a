"""`agi-script`: one AGI script in a process of its own, which is started for each call and so has to be quick."""

from typing import Annotated

import typer

from secondring import answering
from secondring.cli.configured import settings


def register(app: typer.Typer) -> None:
    """Add this command to the application."""
    app.command("agi-script", hidden=True, context_settings={"ignore_unknown_options": True})(agi_script)


def agi_script(
    name: Annotated[str, typer.Argument(help="The script, as the dialplan names it.")],
    arguments: Annotated[list[str] | None, typer.Argument(help="What the dialplan gives it.")] = None,
) -> None:
    """One plain AGI script, started by Asterisk itself: what `agi.program` makes of the dialplan."""
    if not answering.run_agi_script(settings(), name, arguments or ()):
        raise typer.Exit(1)
