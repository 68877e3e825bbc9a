"""Tallies and the rows behind figures, row by row: nothing is kept, so nothing can be stale."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import NamedTuple, TypeVar

from secondring.domain.calls import Direction
from secondring.domain.ids import CallId, EpisodeId, SiteId
from secondring.domain.metrics_rows import CallRows, EpisodeRows, Where
from secondring.domain.records import Call, Episode
from secondring.domain.tally import VALUES, Tally, count, holds
from secondring.domain.weeks import Span
from secondring.store.agreed import refuse_writing
from secondring.store.memory_tables import Tables

_T = TypeVar("_T", Call, Episode)


class _Ended(NamedTuple):
    """One inbound call, as a tally counts it."""

    at: datetime
    verdict: str
    reason: str | None
    number: int = 1


class TallyPages:
    """The part of `Books` about tallies and the rows behind them."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._writable = False

    def earliest(self) -> datetime | None:
        opened = [episode.opened_at for episode in self._tables.episodes.values()]
        ended = [call.ended_at for call in self._tables.calls.values() if call.ended_at]
        return min(opened + ended, default=None)

    def count_span(self, site: SiteId, span: Span, zone: str) -> Tally:
        where = ((site, span),)
        ended = (
            _Ended(call.ended_at, call.verdict, call.reason)
            for call in self._tables.calls.values()
            if call.direction is Direction.INBOUND
            and call.verdict
            and call.ended_at
            and _inside(where, call.site, call.ended_at)
        )
        return count(
            (e for e in self._tables.episodes.values() if _inside(where, e.site, e.opened_at)),
            ended,
            (
                (case.triggered_at, case.accepted_at)
                for case in self._tables.urgent.values()
                if case.accepted_at and _inside(where, case.site, case.triggered_at)
            ),
            zone,
        )

    def tallies(self, site: SiteId, around: Span, *, days: int) -> dict[Span, Tally]:  # noqa: ARG002 - see above
        return {}

    def tally_spans(self, site: SiteId, around: Span, *, days: int) -> set[Span]:  # noqa: ARG002 - see above
        return set()

    def keep_tally(self, site: SiteId, span: Span, tally: Tally, *, days: int) -> None:  # noqa: ARG002 - see above
        if not self._writable:
            refuse_writing()

    def episode_rows(self, rows: EpisodeRows, *, after: EpisodeId | None, limit: int) -> list[Episode]:
        dimension = rows.dimension
        found = (
            episode
            for episode in self._tables.episodes.values()
            if _inside(rows.where, episode.site, episode.opened_at)
            and holds(rows.measure, episode)
            and (dimension is None or VALUES[dimension](episode) == rows.value)
        )
        every = list(self._tables.episodes.values())
        last = None if after is None else self._tables.episodes.get(after)
        return _page(found, every, lambda episode: episode.opened_at, last, after is None, limit)

    def call_rows(self, rows: CallRows, *, after: CallId | None, limit: int) -> list[Call]:
        found = (
            call
            for call in self._tables.calls.values()
            if call.direction is Direction.INBOUND
            and call.verdict is rows.verdict
            and call.ended_at
            and _inside(rows.where, call.site, call.ended_at)
            and rows.reason in {None, call.reason or ""}
        )
        every = list(self._tables.calls.values())
        last = None if after is None else self._tables.calls.get(after)
        return _page(found, every, lambda call: call.ended_at or call.started_at, last, after is None, limit)


def _inside(where: Where, site: SiteId, at: datetime) -> bool:
    return any(site == name and span.begins <= at < span.ends for name, span in where)


def _page(
    found: Iterable[_T],
    every: list[_T],
    at: Callable[[_T], datetime],
    last: _T | None,
    from_the_start: bool,  # noqa: FBT001 - private
    limit: int,
) -> list[_T]:
    """Newest first, from the one after `last` on; nothing after one that is not there."""
    if last is None and not from_the_start:
        return []
    order = {row.id: place for place, row in enumerate(every)}

    def key(row: _T) -> tuple[datetime, int]:
        return at(row), order[row.id]

    newest_first = sorted(found, key=key, reverse=True)
    return [row for row in newest_first if last is None or key(row) < key(last)][:limit]
