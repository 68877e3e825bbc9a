"""Where svg.py lives. It writes what it is given as it stands, so every word and address is escaped here, once."""

from collections.abc import Sequence
from html import escape

import svg
from markupsafe import Markup

Shape = svg.Element


def rect(x: float, y: float, width: float, height: float, look: str, *, hint: str = "") -> Shape:
    """A box; `hint` shows when a pointer rests on it."""
    return svg.Rect(
        x=_short(x),
        y=_short(y),
        width=_short(max(width, 0)),
        height=_short(max(height, 0)),
        class_=[look],
        elements=_hint(hint),
    )


def words(x: float, y: float, text: str, look: str, *, anchor: str = "start") -> Shape:
    """Words at a place; `anchor` is start, middle or end."""
    return svg.Text(
        x=_short(x), y=_short(y), text=escape(text), class_=[look], extra={"text-anchor": escape(anchor)}
    )


def line(x1: float, y1: float, x2: float, y2: float, look: str) -> Shape:
    """A straight line."""
    return svg.Line(x1=_short(x1), y1=_short(y1), x2=_short(x2), y2=_short(y2), class_=[look])


def path(points: Sequence[tuple[float, float]], look: str) -> Shape:
    """A line through points."""
    return svg.Polyline(points=[svg.Point(_short(x), _short(y)) for x, y in points], class_=[look])


def dot(x: float, y: float, radius: float, look: str, *, hint: str = "") -> Shape:
    """A point."""
    return svg.Circle(cx=_short(x), cy=_short(y), r=radius, class_=[look], elements=_hint(hint))


def picture(name: str, title: str, told: str, size: tuple[int, int], shapes: Sequence[Shape]) -> Markup:
    """A drawing for a page: one image to a screen reader, with its title and what it shows in words.

    No style and no script in it: the page's style sheet colours the classes, so that a strict policy may stand.
    """
    width, height = size
    drawn = svg.SVG(
        viewBox=svg.ViewBoxSpec(0, 0, width, height),
        class_=["drawing"],
        extra={
            "role": "img",
            "aria-labelledby": f"{escape(name)}-title",
            "aria-describedby": f"{escape(name)}-told",
        },
        elements=[
            svg.Title(id=f"{escape(name)}-title", text=escape(title)),
            svg.Desc(id=f"{escape(name)}-told", text=escape(told)),
            *shapes,
        ],
    )
    return Markup(str(drawn))  # noqa: S704 - all that came in was escaped above


def _hint(text: str) -> list[Shape] | None:
    return [svg.Title(text=escape(text))] if text else None


def _short(number: float) -> float:
    return round(number, 1)
