"""What several commands share: the configuration chosen, spans of time, tables and JSON."""

import json
import os
import re
import shlex
import sys
import textwrap
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console, ConsoleOptions
from rich.text import Text

from secondring import centre, expected, wiring
from secondring.cli.audited import at_the_terminal
from secondring.domain import pulse, site_health, story
from secondring.domain.health import WITHOUT
from secondring.domain.phone import PhoneNumber, parse_number, spoken_form
from secondring.domain.ports import Books
from secondring.domain.pulse import Service, Silence, State
from secondring.domain.rules import Site

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


def print_for_scripts() -> None:
    """From here on nothing is added that a script would stumble over."""
    _for_scripts[:] = [True]


def is_for_scripts() -> bool:
    """True once this command has printed JSON or CSV."""
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


def warn(words: str) -> None:
    """Something that people must know and scripts must not trip over. Commands in it can be copied as they are."""
    sys.stderr.write(f"secondring: {to_type(words)}\n")


def to_type(words: str) -> str:
    """The words, with the commands in them as they have to be typed here."""
    return words.replace("`secondring ", f"`{command()} ")


def command() -> str:
    """`secondring`, as it has to be typed to mean this very configuration."""
    return f"secondring --config {shlex.quote(str(_chosen[0]))}" if _chosen else "secondring"


def warn_of_silence(books: Books, site: Site, now: datetime) -> None:
    """Say so when nobody listens, or a service is gone: what is shown then may not be all that happened."""
    chosen = last_settings()
    here = expected.services(chosen) if chosen is not None else pulse.BESIDE
    if chosen is not None and chosen.boxes is not None:
        _warn_of_silent_boxes(books, chosen, site, now)
    apart = pulse.are_apart(books, now)
    found = pulse.silence(pulse.last(books), now) if Service.LISTEN in here else None
    if found is not None:
        _warn_of_the_listener(found, site, _start(here, Service.LISTEN, apart=apart), apart=apart)
    if found is None or found.because is State.UNLINKED or apart:  # else it was `run`, and all of it is gone
        for service, gone in pulse.silences(books, now, here).items():
            _warn_of_another(service, gone, site, _start(here, service, apart=apart))


def _start(here: Collection[Service], gone: Service, *, apart: bool) -> str:
    by_hand = gone if apart else pulse.RUN
    command = pulse.to_start([gone], apart=apart, whole=len(here) == len(Service))
    return f"Start it: {command}; by hand: `secondring {by_hand}`."


def _warn_of_the_listener(found: Silence, site: Site, start: str, *, apart: bool) -> None:
    since = f" since {story.said_time(found.since, site)}" if found.since else ""
    if found.because is State.UNLINKED:
        warn(
            f"no link to the PBX{since}: calls missed meanwhile are not in here yet. `secondring doctor` tells more."
        )
    elif found.since is None:
        nobody = "the service listen has never run here" if apart else "no service has run here yet"
        warn(f"{nobody}: nothing is noted until one does. {start}")
    else:
        warn(
            f"{_gone('service listen' if apart else 'service', found)}{since}: calls missed meanwhile are not in here"
            f" yet. {start}"
        )


def _gone(what: str, found: Silence) -> str:
    stopped = found.because is State.STOPPED
    return f"the {what} has been stopped" if stopped else f"nothing was heard of the {what}"


def _warn_of_silent_boxes(books: Books, chosen: wiring.Settings, site: Site, now: datetime) -> None:
    for name, since in site_health.silent_boxes(books, centre.boxes(chosen), now):
        when = (
            f"nothing was heard since {story.said_time(since, site)}" if since else "nothing was ever heard"
        )
        warn(
            f"site box {name}: {when}. Calls missed there are not in here yet. `secondring sites list` tells more."
        )


def _warn_of_another(service: Service, found: Silence, site: Site, start: str) -> None:
    since = f" since {story.said_time(found.since, site)}" if found.since else ""
    warn(
        f"{_gone(f'service {service}', found)}{since}. {WITHOUT[service]}. {start} `secondring doctor` tells more."
    )
