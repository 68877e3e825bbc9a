"""What to fix: where missed callers come from and where they are lost, the largest first."""

from collections.abc import Iterator

from secondring.domain.board import Board
from secondring.domain.findings import DAY_NAMES, FEWEST, Finding, Kind, hour_name, out_of, percent, rate
from secondring.domain.labels import NAMES, value_name
from secondring.domain.metrics import Rate
from secondring.domain.metrics_rows import HOUR, Ask
from secondring.domain.tally import IN_TIME_S, Dimension, Measure
from secondring.domain.verdict import Verdict

HOURS_SHOWN = 3
LOST_POINTS = 10
"""A group is worth a word when it is won back so much more rarely than all others."""


def advice(board: Board) -> list[Finding]:
    """The findings, in the order in which they are worth somebody's time."""
    return [*_late(board), *_hours(board), *_lost(board), *_untexted(board)]


def _hours(board: Board) -> Iterator[Finding]:
    """The staffing argument: the hours in which most calls are missed."""
    missed = board.total.calls(Verdict.MISSED)
    slots = [(weekday, hour) for weekday in range(7) for hour in range(24)]
    worst = sorted(slots, key=lambda slot: -board.total.calls_in_hour(Verdict.MISSED, *slot))[:HOURS_SHOWN]
    for place, (weekday, hour) in enumerate(worst):
        here = board.total.calls_in_hour(Verdict.MISSED, weekday, hour)
        answered = board.total.calls_in_hour(Verdict.ANSWERED, weekday, hour)
        if here < 2:
            return
        share = Rate(numerator=here, denominator=missed)
        of_calls = Rate(numerator=here, denominator=here + answered)
        words = (
            f"{DAY_NAMES[weekday]}s {hour_name(hour)}: {out_of(of_calls)} calls missed,"
            f" {percent(share)} of all that are missed."
        )
        if place == 0:
            words += " One more person at the phones then would help most."
        ask = Ask(show=f"calls-{Verdict.MISSED}", by=HOUR, value=f"{weekday}-{hour}")
        yield Finding(kind=Kind.HOURS, words=words, ask=ask)


def _lost(board: Board) -> Iterator[Finding]:
    """The group that costs most: how many more would be won back at the rate of all others."""
    found = sorted(_losses(board), key=lambda one: -one[0])
    if found:
        _, dimension, value, here, others = found[0]
        words = (
            f"Callers with {NAMES[dimension]} “{value_name(dimension, value)}” are won back more rarely:"
            f" {percent(here)} ({out_of(here)}), all others {percent(others)}."
        )
        ask = Ask(show=Measure.MISSED, by=dimension, value=value)
        yield Finding(kind=Kind.LOST, words=words, ask=ask)


def _losses(board: Board) -> Iterator[tuple[float, Dimension, str, Rate, Rate]]:
    total = rate(board.total, Measure.RECOVERED, Measure.MISSED)
    for dimension in (Dimension.REASON, Dimension.QUEUE, Dimension.DID):
        for value in board.total.values(dimension):
            here = Rate(
                numerator=board.total.of(Measure.RECOVERED, dimension, value),
                denominator=board.total.of(Measure.MISSED, dimension, value),
            )
            others = Rate(
                numerator=total.numerator - here.numerator, denominator=total.denominator - here.denominator
            )
            if (
                min(here.denominator, others.denominator) < FEWEST
                or here.value is None
                or others.value is None
            ):
                continue
            if others.value - here.value >= LOST_POINTS / 100:
                yield (others.value - here.value) * here.denominator, dimension, value, here, others


def _late(board: Board) -> Iterator[Finding]:
    late = board.total.of(Measure.TEXTED) - board.total.of(Measure.IN_TIME)
    if late:
        words = f"{late:,} first texts went out later than {IN_TIME_S} seconds after the hang-up."
        ask = Ask(show=Measure.TEXTED, by=Dimension.WAIT, value="more")
        yield Finding(kind=Kind.LATE, words=words, ask=ask)


def _untexted(board: Board) -> Iterator[Finding]:
    missed = board.total.of(Measure.MISSED)
    share = Rate(numerator=missed - board.total.of(Measure.TEXTED), denominator=missed)
    if share.numerator >= FEWEST and (share.value or 0) > LOST_POINTS / 100:
        words = (
            f"{out_of(share)} missed callers got no text: withheld numbers, landlines, opted out, or a rule."
            " Each row says why."
        )
        ask = Ask(show=Measure.MISSED, by=Dimension.WAIT, value="")
        yield Finding(kind=Kind.UNTEXTED, words=words, ask=ask)
