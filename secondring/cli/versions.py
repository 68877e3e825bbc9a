"""`settings`: what was set on the pages, over the files: look, go back, go by the files again."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, TypeVar

import typer

from secondring import wiring
from secondring.cli.chosen import config_directory, to_type
from secondring.cli.common import Json, console, iso, print_json, table
from secondring.domain.errors import ConfigError, UnknownThing
from secondring.domain.settings import (
    NOTHING,
    Disagreement,
    Overlay,
    Setting,
    SettingsRefused,
    SettingsVersion,
    Value,
    differences,
    path_of,
    written,
)
from secondring.domain.staff import AuditEntry
from secondring.files import files_of
from secondring.on_screen import OnScreen
from secondring.web.settings_port import Change
from secondring.writer import Reader, Writer

T = TypeVar("T")
AT_THE_TERMINAL = "secondring settings"
"""Who the history and the audit name for what was done by command."""
MOST_VERSIONS = 1000

settings_app = typer.Typer(
    no_args_is_help=True,
    help="What was set on the pages, over the files: list, history, show, rollback, drop.",
)


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.add_typer(settings_app, name="settings")


@contextmanager
def _opened() -> Iterator[OnScreen]:
    """By the files alone: this has to work when what is set on screen keeps everything else from starting."""
    files = wiring.load_files(config_directory())
    store = wiring.open_store(files)
    writer = Writer(store)
    try:
        yield OnScreen(files_of(files), Reader(store), writer)
    finally:
        writer.close()
        store.close()


def _ask(question: Callable[[OnScreen], Awaitable[T]]) -> T:
    async def asked(on_screen: OnScreen) -> T:
        return await question(on_screen)

    with _opened() as on_screen:
        try:
            return asyncio.run(asked(on_screen))
        except SettingsRefused as refused:
            lines = "\n".join(f"  {problem}" for problem in refused.problems)
            raise ConfigError(f"Nothing was changed:\n{lines}") from None


@settings_app.command("list")
def list_settings(json: Json = False) -> None:
    """What is set on screen now, by whom, and where the files say otherwise."""
    view = _ask(lambda on_screen: on_screen.view())
    if view.broken:
        sys.stderr.write(f"This cannot be used as it is: {view.broken}\n")
    differs = {one.path: one.file for one in view.disagreements}
    if json:
        print_json(
            _row(path, setting) | {"file": differs.get(path)}
            for path, setting in sorted(view.overlay.items())
        )
        return
    if not view.overlay:
        sys.stdout.write("Nothing is set on screen; the files alone are in force.\n")
        return
    rows = [
        (written(path), setting.by, f"{setting.at:%Y-%m-%d}", str(setting.version), _said(setting.value))
        for path, setting in sorted(view.overlay.items())
    ]
    console().print(table("", ("key", "set by", "on", "version", "value"), rows))
    for one in view.disagreements:
        sys.stdout.write(f"note: {to_type(str(one))}\n")


@settings_app.command()
def history(json: Json = False) -> None:
    """Every version: when, who, what was done."""
    found = _ask(lambda on_screen: on_screen.history(limit=MOST_VERSIONS))
    if json:
        print_json({"version": v.number, "at": iso(v.at), "by": v.by, "note": v.note} for v in found)
    elif found:
        rows = [(str(v.number), f"{v.at:%Y-%m-%d %H:%M} UTC", v.by, v.note) for v in found]
        console().print(table("", ("version", "at", "by", "what"), rows))
    else:
        sys.stdout.write("Nothing was ever set on screen.\n")


@settings_app.command()
def show(
    number: Annotated[int, typer.Argument(metavar="N", help="The version.")], json: Json = False
) -> None:
    """What a version changed."""

    async def both(on_screen: OnScreen) -> tuple[SettingsVersion | None, SettingsVersion | None]:
        return await on_screen.version(number - 1), await on_screen.version(number)

    before, version = _ask(both)
    if version is None:
        raise UnknownThing(f"there is no version {number}; `secondring settings history` shows them all")
    changes = differences(_overlay(before), version.overlay)
    if json:
        print_json(
            {"key": written(one.path), "before": _value(one.before), "after": _value(one.after)}
            for one in changes
        )
        return
    sys.stdout.write(f"version {number}, {version.at:%Y-%m-%d %H:%M} UTC, {version.by}: {version.note}\n")
    for one in changes:
        sys.stdout.write(f"  {written(one.path)}\n    - {_told(one.before)}\n    + {_told(one.after)}\n")


@settings_app.command()
def rollback(
    number: Annotated[int, typer.Argument(metavar="N", help="The version; 0 leaves the files alone.")],
) -> None:
    """Make everything on screen as it was in version N. That is a version of its own, so it can be taken back."""
    new = _ask(lambda on_screen: on_screen.roll_back(number, _change(f"rolled back to version {number}", 0)))
    sys.stdout.write(f"As in version {number}; this is version {new} now.\n{_WHEN}")


@settings_app.command()
def drop(
    keys: Annotated[list[str], typer.Argument(metavar="KEY...", help="As `list` shows it; or all below it.")],
) -> None:
    """Go by the files again for these keys.

    Example: secondring settings drop sites.main.hours
    """

    async def dropped(on_screen: OnScreen) -> int:
        view = await on_screen.view()
        wanted = [path for path in view.overlay if any(_is_below(path, key) for key in keys)]
        if not wanted:
            raise UnknownThing(
                f"nothing is set on screen at {', '.join(keys)}; see `secondring settings list`"
            )
        return await on_screen.save(_change("went by the files again", view.number, drop=tuple(wanted)))

    new = _ask(dropped)
    sys.stdout.write(f"The files are in force there again; this is version {new}.\n{_WHEN}")


_WHEN = "A running service goes by it within seconds, where it can; see docs/settings.md for what needs a restart.\n"


def _is_below(path: tuple[str, ...], key: str) -> bool:
    above = path_of(key)
    return path[: len(above)] == above


def _change(note: str, seen: int, drop: tuple[tuple[str, ...], ...] = ()) -> Change:
    entry = AuditEntry(at=wiring.now(), user=None, shown=AT_THE_TERMINAL, action="change", what=note)
    return Change(drop=drop, seen=seen, by=AT_THE_TERMINAL, note=note, entry=entry)


def as_row(one: Disagreement) -> dict[str, Any]:
    """A disagreement for scripts."""
    return _row(one.path, one.setting) | {"file": one.file, "gone": list(one.gone)}


def _row(path: tuple[str, ...], setting: Setting) -> dict[str, Any]:
    return {
        "key": written(path),
        "value": setting.value,
        "by": setting.by,
        "at": iso(setting.at),
        "version": setting.version,
    }


def _overlay(version: SettingsVersion | None) -> Overlay:
    return version.overlay if version else NOTHING


def _value(setting: Setting | None) -> dict[str, Value] | None:
    return None if setting is None else {"value": setting.value}


def _told(setting: Setting | None) -> str:
    return "(as the files say)" if setting is None else _said(setting.value)


def _said(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
