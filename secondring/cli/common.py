"""What several commands share: the configuration chosen, spans of time, tables and JSON."""

import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from secondring import wiring
from secondring.domain.phone import PhoneNumber, spoken_form

WIDTH = 100
"""Columns a table may take."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line, for scripts.")]
Numbers = Annotated[
    bool, typer.Option("--numbers", help="Show whole phone numbers. They are patients' data.")
]
Since = Annotated[
    str, typer.Option("--since", metavar="SPAN|TIME", help="How far back: 90m, 12h, 7d, or an ISO time.")
]

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_chosen: list[Path] = []
_read: list[wiring.Settings] = []
_for_scripts: list[bool] = []


def choose_config(directory: Path | None) -> None:
    """Remember what `--config` said; a new command begins."""
    _chosen[:] = [directory] if directory else []
    _read.clear()
    _for_scripts.clear()


def config_directory() -> Path | None:
    """What `--config` said; None for the usual place."""
    return _chosen[0] if _chosen else None


def settings() -> wiring.Settings:
    """The configuration, read and checked; raises ConfigError with every mistake in it."""
    found = wiring.load_settings(config_directory())
    _read[:] = [found]
    return found


def last_settings() -> wiring.Settings | None:
    """What this command read; None when it needed no configuration."""
    return _read[0] if _read else None


def moment(text: str, now: datetime) -> datetime:
    """`7d` ago, or an ISO time; raises BadParameter with an example."""
    span = re.fullmatch(r"(\d+)([smhdw])", text.strip())
    if span:
        return now - timedelta(**{_UNITS[span[2]]: int(span[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} is no time. Use a span such as 90m, 12h, 7d, or 2026-03-02T08:00."
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def print_json(rows: Iterable[dict[str, Any]]) -> None:
    """One object a line, and nothing else."""
    _for_scripts[:] = [True]
    for row in rows:
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


def is_for_scripts() -> bool:
    """True once this command has printed JSON."""
    return bool(_for_scripts)


def iso(at: datetime | None) -> str | None:
    """A time for JSON: ISO 8601 in UTC, to the millisecond."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


def shown(number: PhoneNumber | None, region: str, *, whole: bool) -> str:
    """A number for people: masked, unless they asked for the whole of it."""
    if number is None:
        return "-"
    return spoken_form(number, region) if whole else number.masked


def console() -> Console:
    """Standard output for people: colour only on a terminal, never wider than 100 columns.

    Into a pipe or a file it writes 100 columns, or what COLUMNS says.
    """
    out = Console(highlight=False)
    told = out.is_terminal or "COLUMNS" in os.environ
    return Console(highlight=False, width=min(out.width, WIDTH) if told else WIDTH)


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A plain table; the last column takes what room is left."""
    made = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for number, column in enumerate(columns):
        made.add_column(column, no_wrap=number < len(columns) - 1, overflow="fold")
    for row in rows:
        made.add_row(*row)
    return made
