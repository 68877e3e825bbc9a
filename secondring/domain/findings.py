"""What somebody should know without having to look for it: a sentence, and the rows behind it."""

import math
from dataclasses import dataclass
from enum import StrEnum

from secondring.domain.metrics import Rate
from secondring.domain.metrics_rows import Ask
from secondring.domain.tally import Measure, Tally

FEWEST = 20
"""Below so many, a rate says nothing yet."""
Z = 2.0
"""Standard deviations that chance alone exceeds about once in forty times, to one side."""


class Kind(StrEnum):
    """What a finding is about."""

    MOVED = "moved"
    REPLIES = "replies"
    TEMPLATE = "template"
    WORDS = "words"
    QUIET = "quiet"
    HOURS = "hours"
    LOST = "lost"
    LATE = "late"
    UNTEXTED = "untexted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One sentence or two. `ask` are its rows, in the weeks that it is about; `site` where it is of one only."""

    kind: Kind
    words: str
    ask: Ask | None = None
    site: str | None = None


def rate(tally: Tally, part: Measure, whole: Measure) -> Rate:
    """A share of episodes."""
    return Rate(numerator=tally.of(part), denominator=tally.of(whole))


def fell(now: Rate, before: Rate, *, points: float) -> bool:
    """True when a rate is down by so many points at least and chance is a poor explanation.

    The usual test of two proportions with a pooled variance.
    """
    if now.value is None or before.value is None or min(now.denominator, before.denominator) < FEWEST:
        return False
    pooled = (now.numerator + before.numerator) / (now.denominator + before.denominator)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / now.denominator + 1 / before.denominator))
    down = before.value - now.value
    return down >= points / 100 and down >= Z * spread


# ---------------------------------------------------------------- how people say it

DAY_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def percent(share: Rate) -> str:
    """`73 %`, its space one that no line breaks at; a dash where there is nothing to share."""
    return "–" if share.value is None else f"{share.value * 100:.0f}\u00a0%"


def out_of(share: Rate) -> str:
    """`61 of 84`."""
    return f"{share.numerator:,} of {share.denominator:,}"


def hour_name(hour: int) -> str:
    """`8–9 am`, `11 am–12 pm`."""
    first, then = (f"{h % 12 or 12}" for h in (hour, hour + 1))
    half, next_half = ("am" if h % 24 < 12 else "pm" for h in (hour, hour + 1))
    return f"{first}–{then} {half}" if half == next_half else f"{first} {half}–{then} {next_half}"


def points(now: Rate, before: Rate) -> int | None:
    """By how many points a rate moved; None when there is nothing to compare."""
    if now.value is None or before.value is None:
        return None
    return round(now.value * 100) - round(before.value * 100)


def up_or_down(moved: int | None, of: str = "points") -> str:
    """`up 6 points`, `down 1 point`, `unchanged`; empty when there is nothing to compare."""
    if moved is None:
        return ""
    if moved == 0:
        return "unchanged"
    unit = of.removesuffix("s") if abs(moved) == 1 else of
    return f"{'up' if moved > 0 else 'down'} {abs(moved):,} {unit}"
