"""The last line of every command that shows what happened: in shadow mode it says so."""

from secondring.cli.chosen import is_for_scripts, last_settings

SHOWN = ("calls", "episodes", "tasks", "report", "explain", "bookings")
FOOT = "\nSHADOW MODE: nothing is sent to anybody (docs/shadow.md, `secondring mode`)."

_command: list[str] = []


def begin(command: str | None) -> None:
    """Remember which command it is."""
    _command[:] = [command] if command else []


def say_mode(*_: object, **__: object) -> None:
    """Called by Typer when a command has done its work; lines for scripts stay as they are."""
    found = last_settings()
    shown = bool(_command) and _command[0] in SHOWN
    if shown and found is not None and found.shadow and not is_for_scripts():
        from secondring.cli.common import console  # noqa: PLC0415 - whoever shows something has it; help has not

        console().print(FOOT, markup=False)
