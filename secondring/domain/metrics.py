"""The five metrics, from raw counts or a tally. Every rate carries its numerator and denominator."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from secondring.domain.ports import Figures
from secondring.domain.records import RECOVERED, Outcome
from secondring.domain.tally import Dimension, Measure, Tally, Waiting
from secondring.domain.verdict import Verdict

FIRST_TEXT_TARGET_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A share of a whole; `value` is None when there is nothing to share."""

    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A set of waiting times in seconds. Percentiles by nearest rank; None when there are none."""

    count: int
    p50: float | None
    p95: float | None
    p99: float | None
    longest: float | None
    within_target: Rate


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowCount:
    """What shadow mode saw. Who was not texted was not lost by us: none of it makes a rate."""

    missed: int
    would_have_been_texted: int
    reached_all_the_same: int
    """Of those that would have been texted, with whom a person spoke without it: the clinic's own recovery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How well callers were won back in a period."""

    recovery: Rate
    """Episodes that ended booked, resolved, reached or urgent-connected, of all episodes."""
    time_to_first_text: Spread
    self_scheduling: Rate
    """Booked, of those who asked to book."""
    urgent: Spread
    """From URGENT to a clinician and the caller talking."""
    urgent_accept: Spread
    """From URGENT to a nurse's accepting."""
    urgent_reached: Rate
    unrecovered: Rate
    """Episodes that ended unrecovered, of all episodes."""
    still_open: int
    replied: Rate
    outcomes: dict[str, int]
    calls_missed: dict[str, int]
    calls_answered: int
    calls_ignored: int
    shadow: ShadowCount = ShadowCount(missed=0, would_have_been_texted=0, reached_all_the_same=0)
    """Missed callers of shadow mode, who are in no figure above; none where they were not counted."""


def report(figures: Figures) -> Report:
    """Make the report of a period's figures."""
    count = figures.outcomes
    return Report(
        recovery=Rate(numerator=sum(count.get(o, 0) for o in RECOVERED), denominator=figures.episodes),
        time_to_first_text=spread(figures.seconds_to_text, FIRST_TEXT_TARGET_S),
        self_scheduling=Rate(numerator=figures.booked, denominator=figures.booking_asked),
        urgent=spread(figures.seconds_to_nurse, FIRST_TEXT_TARGET_S),
        urgent_accept=spread(figures.seconds_to_accept, FIRST_TEXT_TARGET_S),
        urgent_reached=Rate(numerator=figures.urgent_reached, denominator=figures.urgent),
        unrecovered=Rate(numerator=count.get(Outcome.UNRECOVERED, 0), denominator=figures.episodes),
        still_open=figures.open,
        replied=Rate(numerator=figures.replied, denominator=figures.texted),
        outcomes={str(outcome): count.get(outcome, 0) for outcome in Outcome},
        calls_missed=dict(figures.calls_missed),
        calls_answered=figures.calls_answered,
        calls_ignored=figures.calls_ignored,
        shadow=ShadowCount(
            missed=figures.shadow_missed,
            would_have_been_texted=figures.shadow_texts,
            reached_all_the_same=figures.shadow_reached,
        ),
    )


def report_of(tally: Tally) -> Report:
    """The same of a tally; its waiting times are rounded up to two significant digits."""
    missed = tally.of(Measure.MISSED)
    first = tally.waits(Waiting.FIRST_TEXT)
    return Report(
        recovery=Rate(numerator=tally.of(Measure.RECOVERED), denominator=missed),
        time_to_first_text=spread_of(first, FIRST_TEXT_TARGET_S),
        self_scheduling=Rate(numerator=tally.of(Measure.BOOKED), denominator=tally.of(Measure.ASKED)),
        urgent=spread_of(tally.waits(Waiting.NURSE), FIRST_TEXT_TARGET_S),
        urgent_accept=spread_of(tally.waits(Waiting.ACCEPT), FIRST_TEXT_TARGET_S),
        urgent_reached=Rate(numerator=tally.of(Measure.URGENT_REACHED), denominator=tally.of(Measure.URGENT)),
        unrecovered=Rate(numerator=tally.of(Measure.UNRECOVERED), denominator=missed),
        still_open=tally.of(Measure.OPEN),
        replied=Rate(numerator=tally.of(Measure.REPLIED), denominator=tally.of(Measure.TEXTED)),
        outcomes={str(o): tally.of(Measure.MISSED, Dimension.OUTCOME, o) for o in Outcome},
        calls_missed={
            reason or "unknown": tally.calls(Verdict.MISSED, reason)
            for reason in tally.reasons(Verdict.MISSED)
        },
        calls_answered=tally.calls(Verdict.ANSWERED),
        calls_ignored=tally.calls(Verdict.IGNORED),
    )


def spread_of(waits: Sequence[tuple[float, int]], target: float) -> Spread:
    """Summarise waiting times, given in ascending order with how often each was."""
    total = sum(number for _, number in waits)
    return Spread(
        count=total,
        p50=_ranked(waits, total, 50),
        p95=_ranked(waits, total, 95),
        p99=_ranked(waits, total, 99),
        longest=waits[-1][0] if waits else None,
        within_target=Rate(numerator=sum(n for s, n in waits if s <= target), denominator=total),
    )


def _ranked(waits: Sequence[tuple[float, int]], total: int, percent: float) -> float | None:
    rank, passed = math.ceil(total * percent / 100), 0
    for seconds, number in waits:
        passed += number
        if passed >= rank:
            return seconds
    return None


def spread(seconds: Sequence[float], target: float) -> Spread:
    """Summarise waiting times, given in ascending order."""
    in_time = sum(1 for s in seconds if s <= target)
    return Spread(
        count=len(seconds),
        p50=percentile(seconds, 50),
        p95=percentile(seconds, 95),
        p99=percentile(seconds, 99),
        longest=seconds[-1] if seconds else None,
        within_target=Rate(numerator=in_time, denominator=len(seconds)),
    )


def percentile(ascending: Sequence[float], percent: float) -> float | None:
    """Nearest-rank percentile: always a value that was measured."""
    if not ascending:
        return None
    return ascending[max(0, math.ceil(len(ascending) * percent / 100) - 1)]
