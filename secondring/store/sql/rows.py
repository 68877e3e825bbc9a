"""The rows behind a figure in SQL: the questions of `domain.tally` once more, as conditions.

A property test holds the two against each other: a figure always counts exactly the rows listed here.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, func, or_, select, true, tuple_, type_coerce

from secondring.domain.calls import Direction
from secondring.domain.ids import CallId, EpisodeId
from secondring.domain.metrics_rows import CallRows, EpisodeRows, Where
from secondring.domain.records import RECOVERED, Call, Episode, Origin, Outcome
from secondring.domain.tally import IN_TIME_S, MORE, WAIT_BOUNDS_S, Dimension, Measure
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
        asked = (
            pick(episodes)
            .where(_e.origin == Origin.CALL.value, CONDITIONS[rows.measure], _of_value(rows))
            .where(*_where(rows.where, _e.site, _e.opened_at))
            .order_by(_e.opened_at.desc(), _e.seq.desc())
            .limit(limit)
        )
        if after is not None:
            place = select(_e.opened_at, _e.seq).where(_e.id == after).scalar_subquery()
            asked = asked.where(tuple_(_e.opened_at, _e.seq) < place)
        return [read_episode(row) for row in self._all(asked)]

    def call_rows(self, rows: CallRows, *, after: CallId | None, limit: int) -> list[Call]:
        asked = (
            pick(calls)
            .where(_c.direction == Direction.INBOUND.value, _c.verdict == rows.verdict.value)
            .where(*_where(rows.where, _c.site, _c.ended_at))
            .order_by(_c.ended_at.desc(), _c.seq.desc())
            .limit(limit)
        )
        if rows.reason is not None:
            asked = asked.where(func.coalesce(_c.reason, "") == rows.reason)
        if after is not None:
            place = select(_c.ended_at, _c.seq).where(_c.uniqueid == after.uniqueid, _c.pbx == after.pbx)
            asked = asked.where(tuple_(_c.ended_at, _c.seq) < place.scalar_subquery())
        return [read_call(row) for row in self._all(asked)]


FEW = 20
"""With so many stretches of time at most, rows are read newest first along the index of times."""


def _where(where: Where, site: ColumnElement[Any], at: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    """A few long stretches are read along the index until the page is full; many short ones each by itself."""
    stretches = [and_(site == name, at >= span.begins, at < span.ends) for name, span in where]
    found: list[ColumnElement[bool]] = [or_(*stretches)]
    if len(stretches) <= FEW:
        found += [
            at >= min(span.begins for _, span in where),
            at < max(span.ends for _, span in where),
        ]
    return found


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
