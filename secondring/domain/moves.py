"""What moved against the weeks before, and where it may have come from; and the sentence on top of everything."""

from collections.abc import Iterator, Mapping

from secondring.domain.board import Board
from secondring.domain.causes import cause
from secondring.domain.findings import (
    DAY_NAMES,
    Finding,
    Kind,
    hour_name,
    out_of,
    percent,
    points,
    rate,
    up_or_down,
)
from secondring.domain.ids import SiteId
from secondring.domain.metrics_rows import HOUR, Ask
from secondring.domain.tally import Measure
from secondring.domain.verdict import Verdict

NOTICED_POINTS = 3
"""A recovery rate that moved by less is called steady."""
NOTICED_SHARE = 0.15
"""Missed callers that moved by a smaller share are as many as before."""


def headline(board: Board) -> str:
    """One sentence that a manager can repeat: `Last week 61 of 84 missed callers were recovered: 73 %, up 6 points.`"""
    now, before = (rate(tally, Measure.RECOVERED, Measure.MISSED) for tally in (board.total, board.before))
    when = _when(board)
    if not now.denominator:
        return f"{when} no call was missed."
    moved = up_or_down(points(now, before))
    tail = f", {moved}" if moved else ""
    return f"{when} {out_of(now)} missed callers were recovered: {percent(now)}{tail}."


def _when(board: Board) -> str:
    number = len(board.weeks)
    if board.age == 0:
        return "So far this week" if number == 1 else f"In {number} weeks, this one included,"
    if board.age == 1:
        return "Last week" if number == 1 else f"In the last {number} weeks"
    return f"In week {board.until}" if number == 1 else f"From {board.weeks[0]} to {board.until}"


def moves(board: Board, names: Mapping[SiteId, str]) -> list[Finding]:
    """What moved, most important first."""
    return [*_recovery(board, names), *_missed(board)]


def _recovery(board: Board, names: Mapping[SiteId, str]) -> Iterator[Finding]:
    now, before = (rate(tally, Measure.RECOVERED, Measure.MISSED) for tally in (board.total, board.before))
    moved = points(now, before)
    if moved is None:
        return
    if abs(moved) < NOTICED_POINTS:
        yield Finding(
            kind=Kind.MOVED,
            words=f"Recovery is steady at {percent(now)} (before: {percent(before)}).",
            ask=Ask(show=Measure.RECOVERED),
        )
        return
    direction = "rose" if moved > 0 else "fell"
    told = f"Recovery {direction} from {percent(before)} to {percent(now)}."
    found = cause(board, names, now, before)
    yield Finding(
        kind=Kind.MOVED,
        words=f"{told} {found.words}" if found else told,
        ask=found.ask if found else Ask(show=Measure.RECOVERED),
        site=found.site if found else None,
    )


def _missed(board: Board) -> Iterator[Finding]:
    now, before = board.total.of(Measure.MISSED), board.before.of(Measure.MISSED)
    if not before or abs(now - before) < max(5, NOTICED_SHARE * before):
        return
    more = now > before
    word = "more" if more else "fewer"
    told = f"{abs(now - before):,} {word} missed callers than before: {now:,}, it was {before:,}."
    slot = _hour_that_moved(board, 1 if more else -1)
    if slot is None:
        yield Finding(kind=Kind.MOVED, words=told, ask=Ask(show=Measure.MISSED))
        return
    weekday, hour, change = slot
    words = f"{told} The largest change: {DAY_NAMES[weekday]}s {hour_name(hour)} ({change:+d} missed calls)."
    ask = Ask(show=f"calls-{Verdict.MISSED}", by=HOUR, value=f"{weekday}-{hour}")
    yield Finding(kind=Kind.MOVED, words=words, ask=ask)


def _hour_that_moved(board: Board, sign: int) -> tuple[int, int, int] | None:
    def change(slot: tuple[int, int]) -> int:
        now, before = (t.calls_in_hour(Verdict.MISSED, *slot) for t in (board.total, board.before))
        return sign * (now - before)

    slots = [(weekday, hour) for weekday in range(7) for hour in range(24)]
    best = max(slots, key=change)
    return (*best, sign * change(best)) if change(best) > 1 else None
