"""Tallies of weeks, from those that were kept and from what has to be counted now: always exact.

A day that is over is counted once and kept; seven kept days make a kept week. The books forget a kept
tally in the very transaction that changes anything it counted, so what is kept is never stale, and what
is not kept is counted on the spot: keeping only makes it fast.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from secondring.domain.metrics_rows import Place
from secondring.domain.ports import Books
from secondring.domain.tally import NOTHING, Tally, add
from secondring.domain.weeks import DAYS, Span, Week


@dataclass(frozen=True, slots=True)
class Unkept:
    """A day or a week that is over and could be kept."""

    place: Place
    week: Week
    span: Span
    days: int


def by_week(books: Books, place: Place, weeks: Sequence[Week], now: datetime) -> dict[Week, Tally]:
    """The tally of each week at one site. What lies after `now` is nothing."""
    spans = {week: week.span(place.zone) for week in weeks}
    kept = books.tallies(place.site, _around(spans.values()), days=DAYS)
    return {week: kept.get(span) or _from_days(books, place, week, now) for week, span in spans.items()}


def _from_days(books: Books, place: Place, week: Week, now: datetime) -> Tally:
    days = [day for day in week.days(place.zone) if day.begins <= now]
    if not days:
        return NOTHING
    kept = books.tallies(place.site, _around(days), days=1)
    return add(kept.get(day) or books.count_span(place.site, day, place.zone) for day in days)


def _around(spans: Iterable[Span]) -> Span:
    found = sorted(spans)
    return Span(found[0].begins, found[-1].ends)


def unkept(books: Books, places: Sequence[Place], now: datetime) -> list[Unkept]:
    """Days and weeks that are over and not kept, newest week first; in each, the days before the week."""
    first = books.earliest()
    if first is None:
        return []
    found: list[Unkept] = []
    for place in places:
        found += _unkept_at(books, place, first, now)
    return sorted(found, key=lambda one: (one.week, -one.days), reverse=True)


def _unkept_at(books: Books, place: Place, first: datetime, now: datetime) -> Iterator[Unkept]:
    week, oldest = Week.at(now, place.zone), Week.at(first, place.zone)
    everything = Span(oldest.span(place.zone).begins, week.span(place.zone).ends)
    weeks, days = (books.tally_spans(place.site, everything, days=days) for days in (DAYS, 1))
    while week >= oldest:
        whole = week.span(place.zone)
        if whole not in weeks:
            over = (day for day in week.days(place.zone) if day.ends <= now and day not in days)
            yield from (Unkept(place, week, day, 1) for day in over)
            if whole.ends <= now:
                yield Unkept(place, week, whole, DAYS)
        week = week.plus(-1)


def keep(books: Books, one: Unkept) -> None:
    """Count a day, or put a week together, and keep it; in one transaction, so nothing slips between."""
    place, span = one.place, one.span
    if one.days == 1:
        books.keep_tally(place.site, span, books.count_span(place.site, span, place.zone), days=1)
        return
    kept = books.tallies(place.site, span, days=1)
    if len(kept) == DAYS:
        books.keep_tally(place.site, span, add(kept.values()), days=DAYS)
