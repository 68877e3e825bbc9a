"""The figures of some weeks at some sites, beside those of as many weeks before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from secondring.domain.metrics import Report, report_of
from secondring.domain.metrics_rows import Place
from secondring.domain.ports import Books
from secondring.domain.tally import Tally, add
from secondring.domain.tallying import by_week
from secondring.domain.weeks import DAYS, Week, last

TREND_WEEKS = 13
"""A quarter: enough to see a season begin, few enough to see last week."""
PERIODS = (1, 4, 13)
"""Weeks that may be looked at in one. `secondring report --by week` goes further back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """Everything that a page or a mail of figures is made from."""

    places: tuple[Place, ...]
    weeks: tuple[Week, ...]
    """Those that it is about, oldest first."""
    total: Tally
    before: Tally
    """As many weeks before."""
    trend: tuple[tuple[Week, Tally], ...]
    """Each week, at least TREND_WEEKS of them, oldest first; the last is the last of `weeks`."""
    sites: tuple[tuple[Place, Tally], ...]
    site_trends: tuple[tuple[Place, tuple[Tally, ...]], ...]
    """The weeks of `trend` at each site."""
    is_over: bool
    """False while the last week goes on."""
    age: int
    """0 when the last week is this one, 1 when it is last week."""

    @property
    def report(self) -> Report:
        return report_of(self.total)

    @property
    def report_before(self) -> Report:
        return report_of(self.before)

    @property
    def until(self) -> Week:
        return self.weeks[-1]


def last_whole_week(now: datetime, zone: str) -> Week:
    """The newest week that is over."""
    return Week.at(now, zone).plus(-1)


def make_board(books: Books, places: Sequence[Place], until: Week, weeks: int, now: datetime) -> Board:
    """The board of so many weeks, the last of them `until`."""
    period, trend = last(until, weeks), last(until, max(weeks, TREND_WEEKS))
    every = last(until, max(2 * weeks, len(trend)))
    found = {place: by_week(books, place, every, now) for place in places}
    together = {week: add(tallies[week] for tallies in found.values()) for week in every}
    return Board(
        places=tuple(places),
        weeks=period,
        total=add(together[week] for week in period),
        before=add(together[week] for week in every[-2 * weeks : -weeks]),
        trend=tuple((week, together[week]) for week in trend),
        sites=tuple((place, add(found[place][week] for week in period)) for place in places),
        site_trends=tuple((place, tuple(found[place][week] for week in trend)) for place in places),
        age=(Week.at(now, places[0].zone).monday - until.monday).days // DAYS,
        is_over=all(until.span(place.zone).ends <= now for place in places),
    )
