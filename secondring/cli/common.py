"""What several commands share: spans of time, numbers, tables and JSON."""

import json
import os
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console, ConsoleOptions
from rich.text import Text

from secondring.cli.audited import at_the_terminal
from secondring.cli.chosen import print_for_scripts
from secondring.domain.phone import PhoneNumber, parse_number, spoken_form

WIDTH = 100
"""Columns a table may take."""
GAP = 2
LEAST_ROOM = 28
"""Columns that the last column of a table needs to be read; with fewer it gets lines of its own."""

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object a line, for scripts.")]
Numbers = Annotated[
    bool, typer.Option("--numbers", help="Show whole phone numbers. They are patients' data.")
]
Since = Annotated[
    str, typer.Option("--since", metavar="SPAN|TIME", help="How far back: 90m, 12h, 7d, or an ISO time.")
]

Choice = TypeVar("Choice", bound=StrEnum)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


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


def one_of(kind: type[Choice]) -> Callable[[str], Choice]:
    """Reads one of these words; raises BadParameter that names them all."""

    def read(said: str) -> Choice:
        try:
            return kind(said.strip().lower())
        except ValueError:
            raise typer.BadParameter(f"{said!r} is none of {', '.join(kind)}.") from None

    return read


def words_of(kind: type[StrEnum]) -> str:
    """The same words as `--help` shows them."""
    return "|".join(kind)


def print_json(rows: Iterable[dict[str, Any]]) -> None:
    """One object a line, and nothing else."""
    print_for_scripts()
    for row in rows:
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


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


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> "Plain":
    """A plain table; the last column takes what room is left, or a line of its own where there is little."""
    return Plain(title, list(columns), [list(row) for row in rows])


@dataclass(frozen=True, slots=True)
class Plain:
    """A table that fits the terminal: nothing is cut off, and ids stay whole so that they can be copied."""

    title: str
    columns: list[str]
    rows: list[list[str]]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        if self.title:
            yield Text(self.title)
        widths = [max(map(len, cells)) for cells in zip(self.columns, *self.rows, strict=True)]
        beside = self._beside(widths, options.max_width)
        for place, row in enumerate([self.columns, *self.rows]):
            for line in self._lines(row, widths[:beside], options.max_width):
                yield Text(line.rstrip(), style="" if place else "bold", no_wrap=True, overflow="ignore")

    @staticmethod
    def _beside(widths: list[int], most: int) -> int:
        """How many columns stand beside each other, if the rest goes below them or, wrapped, to their right."""
        ends = [end + GAP * place for place, end in enumerate(accumulate(widths))]
        fitting = sum(end <= most for end in ends)
        wrapped = len(widths) - 1
        if fitting == wrapped and most - ends[-2] - GAP >= LEAST_ROOM:
            return wrapped
        return min(fitting, wrapped) if fitting < len(widths) else len(widths)

    @staticmethod
    def _lines(row: list[str], widths: list[int], most: int) -> Iterator[str]:
        head = (" " * GAP).join(cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        rest = " · ".join(row[len(widths) :])
        if not rest:
            yield head
        elif most - len(head) - GAP >= LEAST_ROOM:
            first, *more = textwrap.wrap(rest, most - len(head) - GAP)
            yield head + " " * GAP + first
            yield from (" " * (len(head) + GAP) + line for line in more)
        else:
            yield head
            yield from textwrap.wrap(
                rest, most, initial_indent=" " * GAP * 2, subsequent_indent=" " * GAP * 2
            )


def person(said: str) -> str:
    """Who does something: a person whom colleagues can ask. `root` is nobody."""
    who = said.strip() or at_the_terminal()
    if who == "root":
        raise typer.BadParameter(
            "root is nobody whom colleagues could ask. Say who you are: --by YOUR-NAME", param_hint="--by"
        )
    return who


def number_of(said: str, region: str) -> PhoneNumber:
    """A phone number as people type it; raises BadParameter with an example."""
    found = parse_number(said, region)
    if found is None:
        raise typer.BadParameter(
            f"{said!r} is no phone number. Write it as in +12025550123, or as you dial it."
        )
    return found


def count(number: int, thing: str) -> str:
    """`1 call`, `2 calls`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
