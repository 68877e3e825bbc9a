"""Calls in SQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam

from secondring.domain.calls import Direction
from secondring.domain.ids import CallId, EpisodeId
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Call
from secondring.domain.verdict import Verdict
from secondring.store.schema import calls
from secondring.store.sql.page import Page, number, pick, put, whole, word

_SAVE = put(calls, "uniqueid", "pbx")
_ALL = pick(calls)
_OLDEST_FIRST = (calls.c.started_at, calls.c.seq)
_UNDECIDED = (calls.c.verdict.is_(None), calls.c.direction == Direction.INBOUND.value)
_BY_ID = _ALL.where(calls.c.uniqueid == bindparam("uniqueid"), calls.c.pbx == bindparam("pbx"))
_OPEN = _ALL.where(*_UNDECIDED, calls.c.pbx == bindparam("pbx")).order_by(*_OLDEST_FIRST)
_OF_EPISODE = _ALL.where(calls.c.episode_id == bindparam("episode")).order_by(*_OLDEST_FIRST)
_STARTED = (
    _ALL.where(calls.c.started_at >= bindparam("since"), calls.c.started_at < bindparam("until"))
    .order_by(calls.c.started_at.desc(), calls.c.seq.desc())
    .limit(bindparam("most"))
)
_NAMED = _ALL.where(calls.c.uniqueid == bindparam("uniqueid")).order_by(*_OLDEST_FIRST)
_ON_LINE = (
    calls.select()
    .with_only_columns(calls.c.seq)
    .where(*_UNDECIDED, calls.c.caller_hash == bindparam("caller"))
    .limit(1)
)
_ANSWERED_SINCE = (
    calls.select()
    .with_only_columns(calls.c.seq)
    .where(
        calls.c.started_at >= bindparam("since"),
        calls.c.caller_hash == bindparam("caller"),
        calls.c.answered_at.is_not(None),
        calls.c.direction == Direction.INBOUND.value,
    )
    .limit(1)
)


class CallPages(Page):
    """The part of `Books` about calls."""

    def call(self, call: CallId) -> Call | None:
        row = self._first(_BY_ID, uniqueid=call.uniqueid, pbx=call.pbx)
        return None if row is None else read_call(row)

    def save_call(self, call: Call) -> None:
        self._write(_SAVE, _values(call))

    def open_calls(self, pbx: str) -> list[Call]:
        return [read_call(row) for row in self._all(_OPEN, pbx=pbx)]

    def calls_of(self, episode: EpisodeId) -> list[Call]:
        return [read_call(row) for row in self._all(_OF_EPISODE, episode=episode)]

    def calls(self, *, since: datetime, until: datetime, limit: int) -> list[Call]:
        return [read_call(row) for row in self._all(_STARTED, since=since, until=until, most=limit)]

    def find_calls(self, uniqueid: str) -> list[Call]:
        return [read_call(row) for row in self._all(_NAMED, uniqueid=uniqueid)]

    def caller_on_line(self, caller: PhoneNumber) -> bool:
        return self._first(_ON_LINE, caller=caller.e164) is not None

    def answered_since(self, caller: PhoneNumber, since: datetime) -> bool:
        return self._first(_ANSWERED_SINCE, caller=caller.e164, since=since) is not None


def _values(call: Call) -> dict[str, object]:
    return {
        "pbx": call.id.pbx,
        "uniqueid": call.id.uniqueid,
        "site": call.site,
        "direction": call.direction.value,
        "caller": whole(call.caller),
        "caller_hash": whole(call.caller),
        "did": call.did,
        "queue": call.queue,
        "started_at": call.started_at,
        "answered_at": call.answered_at,
        "ended_at": call.ended_at,
        "verdict": word(call.verdict),
        "reason": call.reason,
        "detail": call.detail,
        "caller_note": call.caller_note,
        "episode_id": call.episode,
        "partial": call.partial,
        "late": call.late,
    }


def read_call(row: Row[Any]) -> Call:
    """The call of a row of `pick(calls)`."""
    return Call(
        id=CallId(row.pbx, row.uniqueid),
        site=row.site,
        direction=Direction(row.direction),
        caller=number(row.caller),
        did=row.did,
        queue=row.queue,
        started_at=row.started_at,
        answered_at=row.answered_at,
        ended_at=row.ended_at,
        verdict=None if row.verdict is None else Verdict(row.verdict),
        reason=row.reason,
        detail=row.detail,
        caller_note=row.caller_note,
        episode=row.episode_id,
        partial=row.partial,
        late=row.late,
    )
