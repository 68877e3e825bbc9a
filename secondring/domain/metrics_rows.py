"""The rows behind a figure: which episodes or calls a number counts."""

from collections.abc import Sequence
from dataclasses import dataclass

from secondring.domain.ids import SiteId
from secondring.domain.rules import Site
from secondring.domain.tally import Dimension, Measure
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
