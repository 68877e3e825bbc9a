"""The tables of the dashboard: by hour, by wait, by site, number, queue, reason and wish; what was excluded."""

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from secondring.domain.board import Board
from secondring.domain.findings import DAY_NAMES, hour_name, out_of, percent
from secondring.domain.ids import SiteId
from secondring.domain.labels import NAMES, value_name, wait_name
from secondring.domain.metrics import Rate
from secondring.domain.metrics_rows import HOUR, Ask
from secondring.domain.tally import IN_TIME_S, MORE, WAIT_BOUNDS_S, Dimension, Measure, Tally
from secondring.domain.verdict import Verdict
from secondring.web.dashboard.charts import Bar, distribution, heat_map

MISSED_CALLS, ANSWERED_CALLS, EXCLUDED_CALLS = (
    f"calls-{verdict}" for verdict in (Verdict.MISSED, Verdict.ANSWERED, Verdict.IGNORED)
)
USUAL_HOURS = range(8, 18)
MOST_ROWS = 12
"""Values of a dimension that a page lists; the spreadsheet has all of them."""


@dataclass(frozen=True, slots=True)
class Slot:
    """An hour of the week; `said` is `41 of 96 calls missed`."""

    weekday: int
    hour: int
    missed: int
    said: str
    ask: Ask


@dataclass(frozen=True, slots=True)
class Heat:
    """When calls are missed."""

    drawing: Markup
    missed: int
    calls: int
    ask: Ask
    others: Ask
    """The calls that were answered: with the missed ones they make `calls`."""
    hours: tuple[int, ...]
    days: tuple[tuple[str, tuple[Slot, ...]], ...]


def heat(board: Board) -> Heat:
    """Missed calls by hour and weekday, in each site's own time."""
    numbers = {
        (weekday, hour): board.total.calls_in_hour(Verdict.MISSED, weekday, hour)
        for weekday in range(7)
        for hour in range(24)
    }
    seen = [hour for (_, hour), number in numbers.items() if number]
    hours = tuple(range(min([*seen, USUAL_HOURS[0]]), max([*seen, USUAL_HOURS[-1]]) + 1))
    slots = {place: _slot(board.total, *place, number) for place, number in numbers.items()}
    said = {
        place: f"{DAY_NAMES[place[0]]}s {hour_name(place[1])}: {slot.said}" for place, slot in slots.items()
    }
    shown = {place: number for place, number in numbers.items() if place[1] in hours and number}
    return Heat(
        drawing=heat_map(shown, hours, DAY_NAMES, said),
        missed=board.total.calls(Verdict.MISSED),
        calls=board.total.calls(Verdict.MISSED) + board.total.calls(Verdict.ANSWERED),
        ask=Ask(show=MISSED_CALLS),
        others=Ask(show=ANSWERED_CALLS),
        hours=hours,
        days=tuple(
            (day, tuple(slots[weekday, hour] for hour in hours)) for weekday, day in enumerate(DAY_NAMES)
        ),
    )


def _slot(tally: Tally, weekday: int, hour: int, missed: int) -> Slot:
    calls = missed + tally.calls_in_hour(Verdict.ANSWERED, weekday, hour)
    said = f"{out_of(Rate(numerator=missed, denominator=calls))} calls missed"
    return Slot(weekday, hour, missed, said, Ask(show=MISSED_CALLS, by=HOUR, value=f"{weekday}-{hour}"))


@dataclass(frozen=True, slots=True)
class Waits:
    """How long callers waited for the first text."""

    drawing: Markup
    texted: int
    rows: tuple[tuple[str, str, Ask], ...]


def waits(board: Board) -> Waits:
    """The distribution, in classes."""
    texted = board.total.of(Measure.TEXTED)
    values = (*map(str, WAIT_BOUNDS_S), MORE)
    counts = [(value, board.total.of(Measure.TEXTED, Dimension.WAIT, value)) for value in values]
    bars = [
        Bar(wait_name(value), number, f"{number:,}, {percent(Rate(numerator=number, denominator=texted))}")
        for value, number in counts
    ]
    asks = [Ask(show=Measure.TEXTED, by=Dimension.WAIT, value=value) for value in values]
    return Waits(
        drawing=distribution(bars, len(WAIT_BOUNDS_S), f"{IN_TIME_S} s"),
        texted=texted,
        rows=tuple((bar.name, bar.said, ask) for bar, ask in zip(bars, asks, strict=True)),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """One value of a dimension."""

    name: str
    missed: int
    recovered: int
    share: str
    unrecovered: int
    value: str

    @property
    def asks(self) -> tuple[tuple[Ask, int, str], ...]:
        """Its numbers with their rows, where it stands for a whole site."""
        return (
            (Ask(show=Measure.MISSED), self.missed, "missed"),
            (Ask(show=Measure.RECOVERED), self.recovered, "won back"),
            (Ask(show=Measure.UNRECOVERED), self.unrecovered, "not won back"),
        )


@dataclass(frozen=True, slots=True)
class Group:
    """A dimension told apart."""

    name: str
    by: str
    lines: tuple[Line, ...]
    more: int
    """How many values are not shown."""

    def ask(self, show: str, line: Line) -> Ask:
        return Ask(show=show, by=self.by, value=line.value)


TABLES = (Dimension.REASON, Dimension.INTENT, Dimension.QUEUE, Dimension.DID)


def groups(board: Board) -> list[Group]:
    """By reason, wish, queue and number called."""
    found = []
    for dimension in TABLES:
        values = board.total.values(dimension)
        lines = tuple(_line(board.total, dimension, value) for value in values[:MOST_ROWS])
        found.append(Group(f"By {NAMES[dimension]}", dimension, lines, max(0, len(values) - MOST_ROWS)))
    return found


def _line(tally: Tally, dimension: Dimension | None, value: str, name: str = "") -> Line:
    missed, recovered, unrecovered = (
        tally.of(measure, dimension, value if dimension else "")
        for measure in (Measure.MISSED, Measure.RECOVERED, Measure.UNRECOVERED)
    )
    share = percent(Rate(numerator=recovered, denominator=missed))
    shown = name or (value_name(dimension, value) if dimension else value)
    return Line(shown, missed, recovered, share, unrecovered, value)


def sites(board: Board, names: Mapping[SiteId, str]) -> list[Line]:
    """By site; the value of each line is the site's id."""
    return [_line(tally, None, place.site, names.get(place.site, place.site)) for place, tally in board.sites]


@dataclass(frozen=True, slots=True)
class Excluded:
    """Calls that no figure counts, and why."""

    said: str
    """`3 of 99 calls`."""
    ask: Ask
    rows: tuple[tuple[str, int, Ask], ...]


def excluded(board: Board) -> Excluded:
    """With the rule that excluded them."""
    reasons = board.total.reasons(Verdict.IGNORED)
    every = sum(board.total.calls(verdict) for verdict in Verdict)
    share = Rate(numerator=board.total.calls(Verdict.IGNORED), denominator=every)
    return Excluded(
        f"{out_of(share)} calls",
        Ask(show=EXCLUDED_CALLS),
        tuple(
            (reason or "not known", board.total.calls(Verdict.IGNORED, reason), _excluded_for(reason))
            for reason in reasons
        ),
    )


def _excluded_for(reason: str) -> Ask:
    return Ask(show=EXCLUDED_CALLS, by=Dimension.REASON, value=reason)
