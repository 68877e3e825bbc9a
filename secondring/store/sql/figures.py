"""The figures, counted by the database: only the waiting times travel, no rows do."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Row, Select, bindparam, case, exists, func, select, type_coerce

from secondring.domain.calls import Direction
from secondring.domain.episodes import FIRST
from secondring.domain.ids import SiteId
from secondring.domain.ports import Figures
from secondring.domain.records import RECOVERED, Origin, Outcome, TextState
from secondring.domain.tally import URGENT_ORIGINS
from secondring.domain.verdict import Verdict
from secondring.store.agreed import UNKNOWN_REASON
from secondring.store.schema import calls, episodes, texts, urgent_cases
from secondring.store.sql.page import Page

_SECOND = 1_000_000

_e = episodes.c
_BEGUN = (
    _e.opened_at >= bindparam("since"),
    _e.opened_at < bindparam("until"),
)
_OPENED = (_e.origin == Origin.CALL.value, *_BEGUN)
_COUNTS = select(
    func.count().label("episodes"),
    (func.count() - func.count(_e.closed_at)).label("open"),
    func.count(_e.texted_at).label("texted"),
    func.count(case((_e.texted_at.is_not(None), _e.replied_at))).label("replied"),
    func.count(_e.booking_asked_at).label("booking_asked"),
    func.count(_e.booking_asked_at).filter(_e.outcome == Outcome.BOOKED.value).label("booked"),
    *(
        func.count().filter(_e.outcome == outcome.value).label(f"outcome_{outcome.name}")
        for outcome in Outcome
    ),
).where(*_OPENED)
_URGENT = select(func.count().label("urgent"), func.count(_e.urgent_reached_at).label("reached")).where(
    *_BEGUN, _e.urgent_at.is_not(None), _e.origin.in_(URGENT_ORIGINS)
)
"""Urgent callers all count, also those who pressed the key and were put through before anybody missed their call."""


def _waits(start: Any, end: Any, *which: Any) -> Select[Any]:
    """Microseconds between two times of an episode, where it has both."""
    micros = type_coerce(end, BigInteger) - type_coerce(start, BigInteger)
    return select(micros).where(*which, start.is_not(None), end.is_not(None))


_TO_TEXT = _waits(_e.opened_at, _e.texted_at, *_OPENED)
_TO_NURSE = _waits(_e.urgent_at, _e.urgent_reached_at, *_BEGUN, _e.origin.in_(URGENT_ORIGINS))
_u = urgent_cases.c
_TO_ACCEPT = select(type_coerce(_u.accepted_at, BigInteger) - type_coerce(_u.triggered_at, BigInteger)).where(
    _u.triggered_at >= bindparam("since"), _u.triggered_at < bindparam("until"), _u.accepted_at.is_not(None)
)
_VERDICTS = (
    select(calls.c.verdict, calls.c.reason, func.count().label("number"))
    .where(
        calls.c.direction == Direction.INBOUND.value,
        calls.c.ended_at >= bindparam("since"),
        calls.c.ended_at < bindparam("until"),
        calls.c.verdict.is_not(None),
    )
    .group_by(calls.c.verdict, calls.c.reason)
)
_withheld = exists().where(
    texts.c.episode_id == _e.id,
    texts.c.outgoing,
    texts.c.state == TextState.WITHHELD.value,
    texts.c.template.startswith(FIRST, autoescape=True),
)
_SHADOW = (
    select(_withheld.label("withheld"), _e.outcome, func.count().label("number"))
    .where(
        _e.origin == Origin.SHADOW.value,
        *_BEGUN,
    )
    .group_by("withheld", _e.outcome)
)
_EVERYWHERE = (_COUNTS, _URGENT, _TO_TEXT, _TO_NURSE, _TO_ACCEPT, _VERDICTS, _SHADOW)
_AT_EPISODES, _AT_CALLS = _e.site == bindparam("site"), calls.c.site == bindparam("site")
_AT_SITE = (
    _COUNTS.where(_AT_EPISODES),
    _URGENT.where(_AT_EPISODES),
    _TO_TEXT.where(_AT_EPISODES),
    _TO_NURSE.where(_AT_EPISODES),
    _TO_ACCEPT.where(_u.site == bindparam("site")),
    _VERDICTS.where(_AT_CALLS),
    _SHADOW.where(_AT_EPISODES),
)


class FigurePages(Page):
    """The part of `Books` about figures."""

    def figures(self, *, since: datetime, until: datetime, site: SiteId | None = None) -> Figures:
        period: dict[str, object] = {"since": since, "until": until}
        asked = period if site is None else period | {"site": site}
        counts, urgent, to_text, to_nurse, to_accept, verdicts, shadow = (
            _EVERYWHERE if site is None else _AT_SITE
        )
        (counted,) = self._all(counts, **asked)
        (urgently,) = self._all(urgent, **asked)
        return _figures(
            counted,
            urgently,
            to_text=self._seconds(to_text, asked),
            to_nurse=self._seconds(to_nurse, asked),
            to_accept=self._seconds(to_accept, asked),
            verdicts={(row.verdict, row.reason): row.number for row in self._all(verdicts, **asked)},
            shadows=self._all(shadow, **asked),
        )

    def _seconds(self, statement: Select[Any], asked: dict[str, object]) -> tuple[float, ...]:
        return tuple(
            sorted(micros / _SECOND for micros in self._connection.execute(statement, asked).scalars())
        )


def _figures(
    counted: Row[Any],
    urgently: Row[Any],
    *,
    to_text: tuple[float, ...],
    to_nurse: tuple[float, ...],
    to_accept: tuple[float, ...],
    verdicts: dict[tuple[str, str | None], int],
    shadows: Sequence[Row[Any]],
) -> Figures:
    by_outcome = {outcome: getattr(counted, f"outcome_{outcome.name}") for outcome in Outcome}
    return Figures(
        episodes=counted.episodes,
        open=counted.open,
        outcomes={outcome: number for outcome, number in by_outcome.items() if number},
        texted=counted.texted,
        replied=counted.replied,
        booking_asked=counted.booking_asked,
        booked=counted.booked,
        urgent=urgently.urgent,
        urgent_reached=urgently.reached,
        seconds_to_text=to_text,
        seconds_to_nurse=to_nurse,
        seconds_to_accept=to_accept,
        calls_missed={
            reason or UNKNOWN_REASON: number
            for (verdict, reason), number in verdicts.items()
            if verdict == Verdict.MISSED
        },
        calls_answered=_total(verdicts, Verdict.ANSWERED),
        calls_ignored=_total(verdicts, Verdict.IGNORED),
        shadow_missed=sum(row.number for row in shadows),
        shadow_texts=sum(row.number for row in shadows if row.withheld),
        shadow_reached=sum(row.number for row in shadows if row.withheld and row.outcome in RECOVERED),
    )


def _total(verdicts: dict[tuple[str, str | None], int], wanted: Verdict) -> int:
    return sum(number for (verdict, _), number in verdicts.items() if verdict == wanted)
