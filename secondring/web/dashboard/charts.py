"""The drawings: a funnel, a trend with its target, a heat map, a distribution. No pies, no gauges."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from secondring.web.dashboard.svg_home import Shape, dot, line, path, picture, rect, words


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar and what stands beside it."""

    name: str
    number: int
    said: str


@dataclass(frozen=True, slots=True)
class Point:
    """A week; `value` is None where there is nothing to show."""

    name: str
    value: float | None
    said: str


ROW, LABEL, FUNNEL = 40, 96, 560


def funnel(bars: Sequence[Bar]) -> Markup:
    """From missed to resolved, one bar below the other, all from the same edge."""
    widest = max((bar.number for bar in bars), default=0) or 1
    room = FUNNEL - LABEL - 130
    shapes: list[Shape] = []
    for place, bar in enumerate(bars):
        top, width = place * ROW + 6, room * bar.number / widest
        shapes += [
            words(LABEL - 12, top + 19, bar.name, "label", anchor="end"),
            rect(LABEL, top, room, 28, "track"),
            rect(LABEL, top, width, 28, "bar"),
            words(LABEL + room + 12, top + 19, bar.said, "value"),
        ]
    told = "; ".join(f"{bar.name}: {bar.said}" for bar in bars)
    return picture("funnel", "From missed to won back", told, (FUNNEL, len(bars) * ROW + 8), shapes)


HIGH, LEFT, BOTTOM, TOP, RIGHT = 220, 56, 34, 22, 24
WIDE, NARROW = 760, 480
"""Widths of a drawing: one that has the page for itself, and one beside another."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How a trend's values are drawn and said."""

    unit: str
    top: float
    """The highest value that there is room for."""

    def said(self, value: float) -> str:
        """`73 %`, `2.4 s`, `84`."""
        return f"{value:g} {self.unit}".strip()


def scale(points: Sequence[Point], unit: str, *, least: float = 0, most: float = math.inf) -> Scale:
    """Room for all points, up to a round number."""
    highest = max([least, *(point.value for point in points if point.value is not None)], default=least)
    return Scale(unit, min(_round_up(highest), most))


def _round_up(value: float) -> float:
    if value <= 0:
        return 1
    step = float(10 ** math.floor(math.log10(value)))
    return next(n * step for n in (1, 1.5, 2, 3, 4, 5, 6, 8, 10) if n * step >= value)


def trend(
    name: str,
    title: str,
    points: Sequence[Point],
    how: Scale,
    target: tuple[float, str] | None = None,
    *,
    wide: int = NARROW,
) -> Markup:
    """Weeks from left to right, the last one marked; the target is a thin line with its name on it."""
    step = (wide - LEFT - RIGHT) / max(len(points) - 1, 1)
    room = HIGH - TOP - BOTTOM

    def place(number: int, value: float) -> tuple[float, float]:
        return LEFT + number * step, TOP + room * (1 - min(value, how.top) / how.top)

    shapes: list[Shape] = []
    for value in (0, how.top / 2, how.top):
        _, y = place(0, value)
        shapes += [
            line(LEFT, y, wide - RIGHT, y, "grid"),
            words(LEFT - 8, y + 4, how.said(value), "tick", anchor="end"),
        ]
    if target is not None and target[0] <= how.top:
        _, y = place(0, target[0])
        shapes += [
            line(LEFT, y, wide - RIGHT, y, "target"),
            words(wide - RIGHT, 13, f"┄ {target[1]}", "target-name", anchor="end"),
        ]
    for part in _parts(points):
        shapes.append(path([place(number, value) for number, value in part], "trend"))
    for number, point in enumerate(points):
        if point.value is not None:
            x, y = place(number, point.value)
            last = number == len(points) - 1
            shapes.append(
                dot(x, y, 5 if last else 3.5, "now" if last else "point", hint=f"{point.name}: {point.said}")
            )
        if (len(points) - 1 - number) % max(1, len(points) * 90 // wide) == 0:
            shapes.append(words(LEFT + number * step, HIGH - 12, point.name, "tick", anchor="middle"))
    told = "; ".join(f"{point.name}: {point.said}" for point in points)
    aim = f" Line: {target[1]}." if target else ""
    return picture(name, title, f"{told}.{aim}", (wide, HIGH), shapes)


def _parts(points: Sequence[Point]) -> list[list[tuple[int, float]]]:
    """Unbroken runs of weeks that have a value: a gap is shown as a gap."""
    parts: list[list[tuple[int, float]]] = [[]]
    for number, point in enumerate(points):
        if point.value is None:
            parts.append([])
        else:
            parts[-1].append((number, point.value))
    return [part for part in parts if len(part) > 1]


CELL, DAY, HEAD, LEVELS = 40, 60, 24, 5


def heat_map(
    numbers: Mapping[tuple[int, int], int],
    hours: Sequence[int],
    days: Sequence[str],
    said: Mapping[tuple[int, int], str],
) -> Markup:
    """Days from top to bottom, hours from left to right; the number stands in each cell, the shade only helps."""
    most = max(numbers.values(), default=0) or 1
    shapes: list[Shape] = [
        words(DAY + place * CELL + CELL / 2, HEAD - 8, _hour(hour), "tick", anchor="middle")
        for place, hour in enumerate(hours)
    ]
    for weekday, day in enumerate(days):
        top = HEAD + weekday * (CELL - 8)
        shapes.append(words(DAY - 10, top + 21, day[:3], "label", anchor="end"))
        for place, hour in enumerate(hours):
            number = numbers.get((weekday, hour), 0)
            level = math.ceil(LEVELS * number / most)
            left = DAY + place * CELL
            shapes.append(
                rect(left + 1, top + 1, CELL - 2, CELL - 10, f"heat-{level}", hint=said[weekday, hour])
            )
            if number:
                look = "heat-dark" if level >= 4 else "heat-word"
                shapes.append(words(left + CELL / 2, top + 21, f"{number:,}", look, anchor="middle"))
    worst = max(numbers, key=lambda slot: numbers[slot], default=None)
    told = f"Most are missed {said[worst]}." if worst else "No call was missed."
    size = (DAY + len(hours) * CELL + 4, HEAD + len(days) * (CELL - 8) + 4)
    return picture("heat", "When calls are missed", told, size, shapes)


def _hour(hour: int) -> str:
    return f"{hour % 12 or 12}{'a' if hour < 12 else 'p'}"


BARS_HIGH = 180


def distribution(bars: Sequence[Bar], late_from: int, limit: str) -> Markup:
    """Upright bars; from `late_from` on they are beyond the limit, which is a thin line."""
    step = (WIDE - 2 * RIGHT) / max(len(bars), 1)
    most = max((bar.number for bar in bars), default=0) or 1
    room = BARS_HIGH - 60
    shapes: list[Shape] = []
    for place, bar in enumerate(bars):
        left, height = RIGHT + place * step, room * bar.number / most
        look = "bar-late" if place >= late_from else "bar"
        shapes += [
            rect(left + 6, 24 + room - height, step - 12, height, look, hint=f"{bar.name}: {bar.said}"),
            words(left + step / 2, 18 + room - height, f"{bar.number:,}", "tick", anchor="middle"),
            words(left + step / 2, BARS_HIGH - 16, bar.name, "tick", anchor="middle"),
        ]
    edge = RIGHT + late_from * step
    shapes += [
        line(RIGHT, 24 + room, WIDE - RIGHT, 24 + room, "grid"),
        line(edge, 4, edge, 24 + room, "target"),
        words(edge - 6, 14, limit, "target-name", anchor="end"),
    ]
    told = "; ".join(f"{bar.name}: {bar.said}" for bar in bars)
    return picture("waits", "Time to first text", told, (WIDE, BARS_HIGH), shapes)
