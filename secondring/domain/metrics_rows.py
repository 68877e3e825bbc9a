"""The rows behind a figure: which episodes or calls a number counts."""

from collections.abc import Sequence
from dataclasses import dataclass

from secondring.domain.ids import SiteId
from secondring.domain.rules import Site
from secondring.domain.tally import BROKEN_DOWN, Dimension, Measure, Tally
from secondring.domain.verdict import Verdict
from secondring.domain.weeks import Span, Week


@dataclass(frozen=True, slots=True)
class Place:
    """A site and where its clocks are."""

    site: SiteId
    zone: str

    @classmethod
    def of(cls, site: Site) -> "Place":
        return cls(site.id, site.hours.zone)


Where = tuple[tuple[SiteId, Span], ...]
"""Stretches of time at sites; those of one site do not overlap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EpisodeRows:
    """The episodes of which a measure holds; with a dimension only those of its value."""

    where: Where
    measure: Measure
    dimension: Dimension | None = None
    value: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRows:
    """The inbound calls of a verdict; with a reason (which may be empty) only those."""

    where: Where
    verdict: Verdict
    reason: str | None = None


def whole_weeks(places: Sequence[Place], weeks: Sequence[Week]) -> Where:
    """Neighbouring weeks at each site, from its own Monday to its own Sunday."""
    return tuple(
        (place.site, Span(weeks[0].span(place.zone).begins, weeks[-1].span(place.zone).ends))
        for place in places
    )


def one_hour(places: Sequence[Place], weeks: Sequence[Week], weekday: int, hour: int) -> Where:
    """One hour of the week, in each of the weeks, at each site."""
    return tuple(
        (place.site, span)
        for place in places
        for week in weeks
        for span in week.hour(weekday, hour, place.zone)
    )


HOUR = "hour"
"""What calls are told apart by, beside their reason; its values are weekday and hour: `0-9` is Monday 9 to 10."""
CALLS = {f"calls-{verdict}": verdict for verdict in Verdict}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A number that somebody wants to see the rows of, in words that fit into a web address."""

    show: str
    """A measure, or `calls-missed`, `calls-answered`, `calls-ignored`."""
    by: str = ""
    """A dimension; for calls `reason` or `hour`; empty for all."""
    value: str = ""

    def rows(self, places: Sequence[Place], weeks: Sequence[Week]) -> EpisodeRows | CallRows:
        """Which rows these are; raises ValueError when there is no such number."""
        if self.show not in CALLS:
            dimension = Dimension(self.by) if self.by else None
            return EpisodeRows(
                where=whole_weeks(places, weeks),
                measure=Measure(self.show),
                dimension=dimension,
                value=self.value,
            )
        verdict = CALLS[self.show]
        if self.by == HOUR:
            weekday, hour = self._slot()
            return CallRows(where=one_hour(places, weeks, weekday, hour), verdict=verdict)
        if self.by not in {"", Dimension.REASON}:
            raise ValueError("calls are told apart by reason or hour")
        reason = self.value if self.by else None
        return CallRows(where=whole_weeks(places, weeks), verdict=verdict, reason=reason)

    def count(self, tally: Tally) -> int | None:
        """How many there are; None where that is not counted for each value."""
        if self.show in CALLS:
            verdict = CALLS[self.show]
            if self.by == HOUR:
                return tally.calls_in_hour(verdict, *self._slot())
            return tally.calls(verdict, self.value if self.by else None)
        measure = Measure(self.show)
        if not self.by:
            return tally.of(measure)
        return tally.of(measure, Dimension(self.by), self.value) if measure in BROKEN_DOWN else None

    def _slot(self) -> tuple[int, int]:
        weekday, _, hour = self.value.partition("-")
        if weekday not in map(str, range(7)) or hour not in map(str, range(24)):
            raise ValueError("an hour of the week is a weekday from 0 and an hour: 0-9")
        return int(weekday), int(hour)
