"""Removing what is old, in SQL: values are written over, rows stay, so that every figure counts what it counted."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    update,
)

from secondring.domain.booking import BookingState
from secondring.domain.calls import Direction
from secondring.domain.phone import NOBODY, PhoneNumber
from secondring.domain.records import Cleared, TaskState, TextState
from secondring.domain.retention_ports import NONE, Forgotten, Removed, What
from secondring.store.booking_schema import bookings
from secondring.store.schema import (
    LOOSE,
    TO_CLEAR,
    alarms,
    calls,
    consents,
    episodes,
    known_lines,
    tasks,
    texts,
    urgent_cases,
)
from secondring.store.sql.page import Page
from secondring.store.staff_schema import audit, notes
from secondring.store.vault import EMPTY_BYTES

_e, _c, _t, _u = episodes.c, calls.c, tasks.c, urgent_cases.c
_BEFORE: BindParameter[Any] = bindparam("before")
_LIMIT: BindParameter[Any] = bindparam("most")
_WHOSE: BindParameter[Any] = bindparam("whose")
_UNDER_WAY = (TextState.QUEUED.value, TextState.SENDING.value, TextState.UNKNOWN.value)
_STANDS = (BookingState.HELD.value, BookingState.CONFIRMED.value)


def _none(table: Any, *busy: ColumnElement[bool]) -> ColumnElement[bool]:
    return ~exists().where(table.c.episode_id == _e.id, or_(*busy))


_QUIET = and_(
    TO_CLEAR,
    _e.closed_at < _BEFORE,
    _e.window_ends_at < _BEFORE,
    _none(tasks, _t.state != TaskState.DONE.value, _t.closed_at >= _BEFORE),
    _none(texts, texts.c.created_at >= _BEFORE, texts.c.state.in_(_UNDER_WAY)),
    _none(
        urgent_cases,
        _u.closed_at.is_(None),
        and_(_u.last_resort_at.is_not(None), _u.signed_at.is_(None)),
        _u.closed_at >= _BEFORE,
        _u.signed_at >= _BEFORE,
    ),
    _none(bookings, and_(bookings.c.state.in_(_STANDS), bookings.c.ends_at >= _BEFORE)),
    _none(notes, notes.c.at >= _BEFORE),
    _none(calls, _c.verdict.is_(None), _c.ended_at >= _BEFORE),
)
"""Nothing has happened in it since then, and nothing is left to do."""


def _due(*cleared: Cleared) -> Select[Any]:
    return select(_e.id).where(_QUIET, _e.cleared.in_([one.value for one in cleared]))


_EPISODES = {What.WORDS: _due(Cleared.NOTHING), What.NUMBERS: _due(Cleared.NOTHING, Cleared.WORDS)}
_THEIRS = select(_e.id, _QUIET.label("quiet")).where(
    _e.caller_hash == _WHOSE, _e.cleared != Cleared.NUMBERS.value
)

_WORDLESS: dict[str, Any] = {
    "texts": update(texts).where(func.length(texts.c.body) > EMPTY_BYTES).values(body=""),
    "tasks": update(tasks).where(func.length(_t.said) > EMPTY_BYTES).values(said=""),
    "notes": update(notes).where(func.length(notes.c.words) > EMPTY_BYTES).values(words=""),
    "bookings": update(bookings)
    .where(or_(func.length(bookings.c.first_name) > EMPTY_BYTES, bookings.c.born.is_not(None)))
    .values(first_name="", born=None),
}
"""What takes the words out of each table; told of by how many rows had any."""
_OUT = _c.direction == Direction.OUTBOUND.value
_NOBODYS_CALL: dict[str, Any] = {
    "caller": None,
    "caller_hash": None,
    # What was dialled stands there too.
    "did": case((_OUT, bindparam("nothing", "", type_=_c.did.type)), else_=_c.did),
}
_NUMBERLESS: dict[str, Any] = {
    "texts": (texts, {"patient": NOBODY.e164, "patient_hash": NOBODY.e164, "carrier_id": None}),
    "tasks": (tasks, {"caller": None}),
    "urgent_cases": (urgent_cases, {"caller": None, "line": "", "line_id": None}),
    "calls": (calls, _NOBODYS_CALL),
}
_THESE: BindParameter[Any] = bindparam("these", expanding=True)


def _of_these(table: Any, statement: Any) -> Any:
    return statement.where(table.c.episode_id.in_(_THESE))


_TABLES = {"texts": texts, "tasks": tasks, "notes": notes, "bookings": bookings}
_TAKE_WORDS = {name: _of_these(_TABLES[name], statement) for name, statement in _WORDLESS.items()}
_TAKE_NUMBERS = {
    name: _of_these(table, update(table)).values(values) for name, (table, values) in _NUMBERLESS.items()
}
_THESE_EPISODES = update(episodes).where(_e.id.in_(_THESE))
_MARK = {
    What.WORDS: _THESE_EPISODES.values(cleared=Cleared.WORDS.value),
    What.NUMBERS: _THESE_EPISODES.values(caller=None, caller_hash=None, cleared=Cleared.NUMBERS.value),
}

_LOOSE = select(_c.seq).where(LOOSE, _c.ended_at < _BEFORE, _c.verdict.is_not(None))
_LINES = select(known_lines.c.seq).where(known_lines.c.at < _BEFORE)
_PROVED = or_(func.length(consents.c.number) > EMPTY_BYTES, func.length(consents.c.words) > EMPTY_BYTES)
_PROOFS = select(consents.c.seq).where(consents.c.at < _BEFORE, _PROVED)
_ALARMS = select(alarms.c.seq).where(alarms.c.raised_at < _BEFORE)
# In the order of writing, from the first on: the audit is long, and has no other order.
_FIRST_OF_AUDIT = select(audit.c.seq, audit.c.at).order_by(audit.c.seq).limit(_LIMIT).subquery()
_AUDIT = select(_FIRST_OF_AUDIT.c.seq).where(_FIRST_OF_AUDIT.c.at < _BEFORE)


def _up_to(rows: Select[Any], *order: ColumnElement[Any]) -> Select[Any]:
    return select(rows.order_by(*order).limit(_LIMIT).subquery())


_ROWS: Mapping[What, tuple[str, Any]] = {
    What.CALLS: (
        "calls",
        update(calls).where(_c.seq.in_(_up_to(_LOOSE, _c.ended_at, _c.seq))).values(_NOBODYS_CALL),
    ),
    What.LINES: (
        "lines",
        delete(known_lines).where(known_lines.c.seq.in_(_up_to(_LINES, known_lines.c.seq))),
    ),
    What.PROOFS: (
        "wishes",
        update(consents)
        .where(consents.c.seq.in_(_up_to(_PROOFS, consents.c.seq)))
        .values(number="", words=""),
    ),
    What.ALARMS: (
        "alarms",
        delete(alarms).where(alarms.c.seq.in_(_up_to(_ALARMS, alarms.c.raised_at, alarms.c.seq))),
    ),
    What.AUDIT: ("audit", delete(audit).where(audit.c.seq.in_(_AUDIT))),
}
_ASKED: Mapping[What, Select[Any]] = {
    **_EPISODES,
    What.CALLS: _LOOSE,
    What.LINES: _LINES,
    What.PROOFS: _PROOFS,
    What.ALARMS: _ALARMS,
    What.AUDIT: select(audit.c.seq).where(audit.c.at < _BEFORE),
}
_COUNTED = {what: select(func.count()).select_from(asked.subquery()) for what, asked in _ASKED.items()}
_FORGET: Mapping[str, Any] = {
    "calls": update(calls)
    .where(text("episode_id IS NULL"), _c.caller_hash == _WHOSE, _c.verdict.is_not(None))
    .values(_NOBODYS_CALL),
    "wishes": update(consents).where(consents.c.number_hash == _WHOSE, _PROVED).values(number="", words=""),
    "lines": delete(known_lines).where(known_lines.c.number_hash == _WHOSE),
}
"""What there is of one person beside their episodes."""


class RetentionPages(Page):
    """The part of `Books` about what is too old to be kept."""

    def remove(self, what: What, *, before: datetime, limit: int) -> Removed:
        if what in _EPISODES:
            asked = _EPISODES[what].order_by(_e.closed_at, _e.seq).limit(_LIMIT)
            found = [row.id for row in self._all(asked, before=before, most=limit)]
            return self._clear(what, found)
        name, statement = _ROWS[what]
        return Removed({name: self._write(statement, {"before": before, "most": limit}).rowcount})

    def count_due(self, what: What, *, before: datetime) -> int:
        return int(self._value(_COUNTED[what], before=before))

    def forget(self, number: PhoneNumber, *, before: datetime) -> Forgotten:
        found = self._all(_THEIRS, whose=number.e164, before=before)
        gone = dict(self._clear(What.NUMBERS, [row.id for row in found if row.quiet]).rows)
        for name, statement in _FORGET.items():
            gone[name] = gone.get(name, 0) + self._write(statement, {"whose": number.e164}).rowcount
        return Forgotten(Removed(gone), left=sum(not row.quiet for row in found))

    def _clear(self, what: What, found: Sequence[str]) -> Removed:
        if not found:
            return NONE
        these = {"these": list(found)}
        gone = {"episodes": len(found)}
        for name, statement in _TAKE_WORDS.items():
            gone[name] = self._write(statement, these).rowcount
        if what is What.NUMBERS:
            for name, statement in _TAKE_NUMBERS.items():
                gone[name] = max(gone.get(name, 0), self._write(statement, these).rowcount)
        self._write(_MARK[what], these)
        return Removed(gone)
