"""The five metrics in words: what each is, what it is counted from, what it should be, and its rows."""

from dataclasses import dataclass

from secondring.domain.board import Board
from secondring.domain.findings import out_of, percent, points, rate, up_or_down
from secondring.domain.metrics import Spread
from secondring.domain.metrics_rows import Ask
from secondring.domain.tally import IN_TIME_S, Measure

TYPICAL_S = 3
"""Seconds within which the first text is usually with the carrier, settle time included."""
NONE = {
    Measure.MISSED: "no missed callers",
    Measure.TEXTED: "no callers texted",
    Measure.ASKED: "nobody asked to book",
    Measure.URGENT: "no urgent callers",
}
"""What is said where there is nothing to share: "0 of 0" tells nobody anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A figure with its denominator."""

    name: str
    value: str
    counted: str
    """Numerator and denominator, in words."""
    moved: str
    """Against as many weeks before; empty where there is nothing to compare."""
    target: str
    ask: Ask
    """The rows of the numerator."""
    whole: Ask
    """The rows of the denominator."""


def lines(board: Board) -> tuple[Line, ...]:
    """All of them, the headline first."""
    return (
        _share(
            board,
            "Recovery rate",
            Measure.RECOVERED,
            Measure.MISSED,
            "missed callers",
            "the higher the better",
        ),
        _first_text(board),
        _share(board, "Self-scheduling", Measure.BOOKED, Measure.ASKED, "who asked to book", "rising"),
        _urgent(board),
        _share(board, "Unrecovered", Measure.UNRECOVERED, Measure.MISSED, "missed callers", "falling"),
        _share(board, "Answered our text", Measure.REPLIED, Measure.TEXTED, "callers texted", "rising"),
    )


def _share(board: Board, name: str, part: Measure, whole: Measure, of: str, target: str) -> Line:
    now, before = (rate(tally, part, whole) for tally in (board.total, board.before))
    return Line(
        name=name,
        value=percent(now),
        counted=f"{out_of(now)} {of}" if now.denominator else NONE[whole],
        moved=up_or_down(points(now, before)),
        target=target,
        ask=Ask(show=part),
        whole=Ask(show=whole),
    )


def _first_text(board: Board) -> Line:
    spread, before = board.report.time_to_first_text, board.report_before.time_to_first_text
    return Line(
        name="Time to first text",
        value=_times(spread),
        counted=f"{_most(spread)}{out_of(spread.within_target)} texted within {IN_TIME_S} s"
        if spread.count
        else NONE[Measure.TEXTED],
        moved=_was(before),
        target=f"under {IN_TIME_S} s always, {TYPICAL_S} s typical",
        ask=Ask(show=Measure.IN_TIME),
        whole=Ask(show=Measure.TEXTED),
    )


def _urgent(board: Board) -> Line:
    reached = board.report.urgent_reached
    accept = board.report.urgent_accept
    accepted = "" if accept.p95 is None else f"; a nurse accepted within {said_seconds(accept.p95)} (95 %)"
    return Line(
        name="Urgent to a nurse",
        value=_times(board.report.urgent),
        counted=f"{_most(board.report.urgent)}{out_of(reached)} urgent callers spoken with{accepted}"
        if reached.denominator
        else NONE[Measure.URGENT],
        moved=_was(board.report_before.urgent),
        target="as low as it goes",
        ask=Ask(show=Measure.URGENT_REACHED),
        whole=Ask(show=Measure.URGENT),
    )


def _times(spread: Spread) -> str:
    """The one in the middle: half waited no longer."""
    return "–" if spread.p50 is None else said_seconds(spread.p50)


def _most(spread: Spread) -> str:
    return "" if spread.p95 is None else f"95 % within {said_seconds(spread.p95)}; "


def _was(before: Spread) -> str:
    return "" if before.p50 is None else f"was {said_seconds(before.p50)}"


def said_seconds(seconds: float) -> str:
    """`2.4 s`, `75 s`, `12 min`, `3.2 h`."""
    if seconds < 120:
        return f"{seconds:g} s"
    if seconds < 7200:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
