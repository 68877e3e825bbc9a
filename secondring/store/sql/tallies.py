"""Tallies in SQL: days and weeks counted from their rows, and kept as JSON."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, Row, Select, bindparam, func, select, type_coerce

from secondring.domain.calls import Direction
from secondring.domain.ids import SiteId
from secondring.domain.tally import Tally, count
from secondring.domain.weeks import QUARTER, Span
from secondring.store.columns import Instant
from secondring.store.schema import calls, episodes, tallies, urgent_cases
from secondring.store.sql.page import Page, put

_MICRO = timedelta(microseconds=1)


def _inside(site: ColumnElement[Any], at: ColumnElement[Any]) -> tuple[ColumnElement[bool], ...]:
    return site == bindparam("site"), at >= bindparam("since"), at < bindparam("until")


_e, _c, _u, _t = episodes.c, calls.c, urgent_cases.c, tallies.c
_EPISODES = select(
    _e.origin, _e.opened_at, _e.texted_at, _e.delivered_at, _e.replied_at, _e.booking_asked_at,
    _e.urgent_at, _e.urgent_reached_at, _e.closed_at, _e.outcome, _e.intent, _e.did, _e.queue,
    _e.reason, _e.template,
).where(*_inside(_e.site, _e.opened_at))  # fmt: skip
_QUARTER = (
    type_coerce(_c.ended_at, BigInteger) - type_coerce(bindparam("since", type_=Instant), BigInteger)
) / (QUARTER // _MICRO)
_CALLS = (
    select(func.min(_c.ended_at, type_=Instant), _c.verdict, _c.reason, func.count())
    .where(*_inside(_c.site, _c.ended_at), _c.direction == Direction.INBOUND.value, _c.verdict.is_not(None))
    .group_by(_QUARTER, _c.verdict, _c.reason)
)
_ACCEPTS = select(_u.triggered_at, _u.accepted_at).where(
    *_inside(_u.site, _u.triggered_at), _u.accepted_at.is_not(None)
)
_FIRST_EPISODE = select(func.min(_e.opened_at, type_=Instant))
_FIRST_CALL = select(func.min(_c.ended_at, type_=Instant))
_KEEP = put(tallies, "site", "begins_at", "ends_at")


def _kept(*columns: ColumnElement[Any]) -> Select[Any]:
    return select(_t.begins_at, _t.ends_at, *columns).where(
        _t.site == bindparam("site"),
        _t.begins_at >= bindparam("since"),
        _t.begins_at < bindparam("until"),
        _t.ends_at <= bindparam("until"),
        _t.days == bindparam("days"),
    )


_KEPT, _SPANS = _kept(_t.numbers), _kept()


READ_KEPT = 128
"""Tallies that stay unpacked: half a year at five sites, some 10 MB. What changed has other words, so none is stale."""


@lru_cache(maxsize=READ_KEPT)
def _read(numbers: str) -> Tally:
    return Tally(json.loads(numbers))


class _Calls(NamedTuple):
    """Calls of one quarter of an hour, by the moment the first of them ended."""

    at: datetime
    verdict: str
    reason: str | None
    number: int


class TallyPages(Page):
    """The part of `Books` about tallies."""

    def earliest(self) -> datetime | None:
        found = (self._value(statement) for statement in (_FIRST_EPISODE, _FIRST_CALL))
        return min((at for at in found if at is not None), default=None)

    def count_span(self, site: SiteId, span: Span, zone: str) -> Tally:
        asked = {"site": site, "since": span.begins, "until": span.ends}
        ended = (_Calls._make(row) for row in self._all(_CALLS, **asked))
        accepts = ((row.triggered_at, row.accepted_at) for row in self._all(_ACCEPTS, **asked))
        return count(self._all(_EPISODES, **asked), ended, accepts, zone)

    def tallies(self, site: SiteId, around: Span, *, days: int) -> dict[Span, Tally]:
        found = self._found(_KEPT, site, around, days)
        return {Span(row.begins_at, row.ends_at): _read(row.numbers) for row in found}

    def tally_spans(self, site: SiteId, around: Span, *, days: int) -> set[Span]:
        return {Span(row.begins_at, row.ends_at) for row in self._found(_SPANS, site, around, days)}

    def _found(self, asked: Select[Any], site: SiteId, around: Span, days: int) -> Sequence[Row[Any]]:
        return self._all(asked, site=site, since=around.begins, until=around.ends, days=days)

    def keep_tally(self, site: SiteId, span: Span, tally: Tally, *, days: int) -> None:
        numbers = json.dumps(dict(tally.numbers), separators=(",", ":"))
        kept = {"site": site, "days": days, "begins_at": span.begins, "ends_at": span.ends}
        self._write(_KEEP, kept | {"numbers": numbers})
