"""Where a change of the recovery rate sits: in a group that is won back more rarely, or in more callers of it.

Each group's part of the change is counted in callers, in two pieces: how many of it were won back, less how many would
have been at its own earlier rate; and how many more of all callers it holds now, at what its earlier rate lacks or has
over the average. Over all groups of a dimension the pieces add up to the change. It shows where a change sits, which is
not yet why: hence "may". A group that explains little of it is not named.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from secondring.domain.board import Board
from secondring.domain.findings import percent
from secondring.domain.ids import SiteId
from secondring.domain.labels import NAMES, value_name
from secondring.domain.metrics import Rate
from secondring.domain.metrics_rows import Ask
from secondring.domain.tally import Dimension, Measure, Tally

TOLD_APART = (Dimension.REASON, Dimension.QUEUE, Dimension.INTENT)
MOST_SHARE = 0.75
"""A group that holds more of all missed callers explains nothing: it is nearly the whole."""
LEAST_SHARE = 1 / 3
"""A group that explains less of the change than this is not where it sits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A group that accounts for much of a change."""

    words: str
    ask: Ask
    site: SiteId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """Callers of one kind: those won back of those missed, now and before."""

    name: str
    ask: Ask
    site: SiteId | None
    now: Rate
    before: Rate

    def changed(self) -> float:
        """Callers won back beyond what its own earlier rate would have given."""
        usual = self.before.value
        return 0.0 if usual is None else self.now.numerator - usual * self.now.denominator

    def grew(self, now: Rate, before: Rate) -> float:
        """Callers won back or lost because it holds another share of them all."""
        average = before.value
        usual = self.now.value if self.before.value is None else self.before.value
        if average is None or usual is None:
            return 0.0
        share = self.before.denominator / before.denominator
        return (self.now.denominator - share * now.denominator) * (usual - average)


def cause(board: Board, names: Mapping[SiteId, str], now: Rate, before: Rate) -> Cause | None:
    """The group in which most of the change sits; None where no group holds a fair part of it."""
    if before.value is None:
        return None
    whole = now.numerator - before.value * now.denominator
    found = [
        (part, group, grew)
        for group in _groups(board, names)
        if group.now.denominator <= MOST_SHARE * now.denominator
        for part, grew in ((group.changed(), False), (group.grew(now, before), True))
        if part * whole > 0 and abs(part) >= max(LEAST_SHARE * abs(whole), 1)
    ]
    if not found:
        return None
    _, group, grew = max(found, key=lambda one: abs(one[0]))
    words = _other_share(group, now, before) if grew else _other_rate(group)
    return Cause(words=words, ask=group.ask, site=group.site)


def _other_rate(group: _Group) -> str:
    usual = round((group.before.value or 0) * group.now.denominator)
    return (
        f"It may come from {group.name}: {group.now.numerator:,} of {group.now.denominator:,} won back,"
        f" where {usual:,} would have been as before."
    )


def _other_share(group: _Group, now: Rate, before: Rate) -> str:
    here, there = (
        Rate(numerator=one.denominator, denominator=whole.denominator)
        for one, whole in ((group.now, now), (group.before, before))
    )
    more = "more" if (here.value or 0) > (there.value or 0) else "fewer"
    usual = group.before if group.before.denominator else group.now
    when = "before" if group.before.denominator else "now"
    whose = f"at {group.name}" if group.site else f"with {group.name}"
    return (
        f"It may come from {more} callers {whose}: {percent(here)} of all, it was {percent(there)};"
        f" of these {percent(usual)} were won back {when}."
    )


def _groups(board: Board, names: Mapping[SiteId, str]) -> Iterator[_Group]:
    for dimension in TOLD_APART:
        for value in dict.fromkeys([*board.total.values(dimension), *board.before.values(dimension)]):
            now, before = (_rate(tally, dimension, value) for tally in (board.total, board.before))
            name = f"{NAMES[dimension]} “{value_name(dimension, value)}”"
            ask = Ask(show=Measure.MISSED, by=dimension, value=value)
            yield _Group(name=name, ask=ask, site=None, now=now, before=before)
    if len(board.places) > 1:
        yield from _sites(board, names)


def _sites(board: Board, names: Mapping[SiteId, str]) -> Iterator[_Group]:
    length = len(board.weeks)
    for place, weeks in board.site_trends:
        if len(weeks) >= 2 * length:
            yield _Group(
                name=names.get(place.site, place.site),
                ask=Ask(show=Measure.MISSED),
                site=place.site,
                now=_sum(weeks[-length:]),
                before=_sum(weeks[-2 * length : -length]),
            )


def _rate(tally: Tally, dimension: Dimension, value: str) -> Rate:
    return Rate(
        numerator=tally.of(Measure.RECOVERED, dimension, value),
        denominator=tally.of(Measure.MISSED, dimension, value),
    )


def _sum(tallies: tuple[Tally, ...]) -> Rate:
    return Rate(
        numerator=sum(tally.of(Measure.RECOVERED) for tally in tallies),
        denominator=sum(tally.of(Measure.MISSED) for tally in tallies),
    )
