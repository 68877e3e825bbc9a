"""Commands that are loaded when they are chosen: until then they are a name and a line of help."""

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_group

from secondring.cli.contents import CONTENTS


class LateGroup(TyperGroup):
    """The application's commands, by the table of contents."""

    def __init__(self, **attrs: Any) -> None:
        super().__init__(**attrs)
        for name, entry in CONTENTS.items():
            self.add_command(TyperCommand(name=name, help=entry.line, hidden=entry.hidden))

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The command that somebody chose, whole; unknown names are refused as usual."""
        name, known, rest = super().resolve_command(ctx, args)
        return name, load(name) if name is not None and known is not None else None, rest


def load(name: str) -> Any:
    """A command of the table, with the module it is in."""
    alone = typer.Typer(rich_markup_mode="rich")
    module_of(name).register(alone)
    return get_group(alone).commands[name]


def module_of(name: str) -> Any:
    """The module that registers a command of the table."""
    return import_module(f"secondring.cli.{CONTENTS[name].module}")
