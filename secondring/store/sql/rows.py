"""The rows behind a figure in SQL: the questions of `domain.tally` once more, as conditions.

A property test holds the two against each other: a figure always counts exactly the rows listed here.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Row,
    Select,
    Table,
    and_,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    type_coerce,
)

from secondring.domain.calls import Direction
from secondring.domain.ids import CallId, EpisodeId, SiteId
from secondring.domain.metrics_rows import CallRows, EpisodeRows, Where
from secondring.domain.records import RECOVERED, Call, Episode, Outcome
from secondring.domain.tally import IN_TIME_S, MORE, WAIT_BOUNDS_S, Dimension, Measure, origins_of
from secondring.domain.weeks import Span
from secondring.store.columns import Instant
from secondring.store.schema import calls, episodes
from secondring.store.sql.calls import read_call
from secondring.store.sql.episodes import read_episode
from secondring.store.sql.page import Page, pick

_e, _c = episodes.c, calls.c
_TEXTED, _ANSWERED = _e.texted_at.is_not(None), _e.replied_at.is_not(None)
_REPLIED = and_(_TEXTED, _ANSWERED)
_RECOVERED = _e.outcome.in_(sorted(RECOVERED))
_ASKED, _URGENT = _e.booking_asked_at.is_not(None), _e.urgent_at.is_not(None)
_WAIT = type_coerce(_e.texted_at, BigInteger) - type_coerce(_e.opened_at, BigInteger)
_SECOND = 1_000_000

CONDITIONS: Mapping[Measure, ColumnElement[bool]] = {
    Measure.MISSED: true(),
    Measure.TEXTED: _TEXTED,
    Measure.IN_TIME: and_(_TEXTED, _WAIT <= IN_TIME_S * _SECOND),
    Measure.RECEIPT: and_(_TEXTED, _e.delivered_at.is_not(None)),
    Measure.DELIVERED: and_(_TEXTED, or_(_ANSWERED, _e.delivered_at.is_not(None))),
    Measure.REPLIED: _REPLIED,
    Measure.RESOLVED: and_(_REPLIED, _RECOVERED),
    Measure.RECOVERED: _RECOVERED,
    Measure.UNRECOVERED: _e.outcome == Outcome.UNRECOVERED.value,
    Measure.OPEN: _e.closed_at.is_(None),
    Measure.ASKED: _ASKED,
    Measure.BOOKED: and_(_ASKED, _e.outcome == Outcome.BOOKED.value),
    Measure.URGENT: _URGENT,
    Measure.URGENT_REACHED: and_(_URGENT, _e.urgent_reached_at.is_not(None)),
}
_COLUMNS: Mapping[Dimension, ColumnElement[Any]] = {
    Dimension.DID: _e.did,
    Dimension.QUEUE: _e.queue,
    Dimension.REASON: _e.reason,
    Dimension.INTENT: _e.intent,
    Dimension.OUTCOME: _e.outcome,
    Dimension.TEMPLATE: _e.template,
}


class RowPages(Page):
    """The part of `Books` about the rows behind a figure."""

    def episode_rows(self, rows: EpisodeRows, *, after: EpisodeId | None, limit: int) -> list[Episode]:
        asked = pick(episodes).where(
            _e.origin.in_(origins_of(rows.measure)), CONDITIONS[rows.measure], _of_value(rows)
        )
        last = None if after is None else select(_e.opened_at, _e.seq).where(_e.id == after)
        return [
            read_episode(row) for row in self._newest(asked, rows.where, episodes, _e.opened_at, last, limit)
        ]

    def call_rows(self, rows: CallRows, *, after: CallId | None, limit: int) -> list[Call]:
        asked = pick(calls).where(_c.direction == Direction.INBOUND.value, _c.verdict == rows.verdict.value)
        if rows.reason is not None:
            asked = asked.where(func.coalesce(_c.reason, "") == rows.reason)
        last = None
        if after is not None:
            last = select(_c.ended_at, _c.seq).where(_c.uniqueid == after.uniqueid, _c.pbx == after.pbx)
        return [read_call(row) for row in self._newest(asked, rows.where, calls, _c.ended_at, last, limit)]

    def _newest(
        self,
        asked: Select[Any],
        where: Where,
        table: Table,
        at: ColumnElement[Any],
        last: Select[Any] | None,
        limit: int,
    ) -> list[Row[Any]]:
        """A page of rows: one period after the other, newest first, until it is full."""
        found: list[Row[Any]] = []
        asked = asked.order_by(at.desc(), table.c.seq.desc())
        begin: Any = None
        if last is not None:
            begin = self._first(last)
            if begin is None or begin[0] is None:
                return []
            asked = asked.where(
                tuple_(at, table.c.seq) < tuple_(literal(begin[0], Instant), literal(begin[1]))
            )
        for period in periods(where):
            if len(found) >= limit:
                break
            if begin is None or period[0][1].begins <= begin[0]:
                stretches = [and_(table.c.site == site, at >= s.begins, at < s.ends) for site, s in period]
                whole = (at >= period[0][1].begins, at < max(span.ends for _, span in period))
                found += self._all(asked.where(or_(*stretches), *whole).limit(limit - len(found)))
        return found


def periods(where: Where) -> list[Where]:
    """Stretches put together where they overlap in time, newest first; in each the earliest stretch comes first.

    Rows of one period are all newer than those of the next, so that one can be read after the other.
    """
    found: list[list[tuple[SiteId, Span]]] = []
    ends = None
    for site, span in sorted(where, key=lambda one: one[1]):
        if ends is None or span.begins >= ends:
            found.append([])
        found[-1].append((site, span))
        ends = max(span.ends, ends or span.ends)
    return [tuple(period) for period in reversed(found)]


def _of_value(rows: EpisodeRows) -> ColumnElement[bool]:
    if rows.dimension is None:
        return true()
    if rows.dimension is Dimension.WAIT:
        return _of_wait(rows.value)
    return func.coalesce(_COLUMNS[rows.dimension], "") == rows.value


def _of_wait(value: str) -> ColumnElement[bool]:
    if not value:
        return _e.texted_at.is_(None)
    if value == MORE:
        return and_(_TEXTED, WAIT_BOUNDS_S[-1] * _SECOND < _WAIT)
    bounds = [str(bound) for bound in WAIT_BOUNDS_S]
    if value not in bounds:
        return ~true()
    place = bounds.index(value)
    longest = WAIT_BOUNDS_S[place] * _SECOND
    if place == 0:
        return and_(_TEXTED, longest >= _WAIT)
    return and_(_TEXTED, longest >= _WAIT, WAIT_BOUNDS_S[place - 1] * _SECOND < _WAIT)
