"""Events of calls as plain values, to be written down and read again by another process."""

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import datetime
from enum import StrEnum
from typing import Any

from secondring.domain.call_events import CallAnswered, CallBegan, CallEnded, CallEvent, Direction
from secondring.domain.ids import CallId, Uniqueid
from secondring.domain.verdict import Detail, Verdict

KINDS: Mapping[str, type[CallEvent]] = {"began": CallBegan, "answered": CallAnswered, "ended": CallEnded}


def _call(plain: list[str]) -> CallId:
    pbx, uniqueid = plain
    return CallId(pbx, Uniqueid(uniqueid))


def _moment(plain: str | None) -> datetime | None:
    return None if plain is None else datetime.fromisoformat(plain)


_READ: Mapping[str, Callable[[Any], object]] = {
    "call": _call,
    "at": _moment,
    "started_at": _moment,
    "ended_at": _moment,
    "answered_at": _moment,
    "direction": Direction,
    "verdict": Verdict,
    "detail": lambda plain: None if plain is None else Detail(plain),
}


def to_plain(event: CallEvent) -> dict[str, Any]:
    """What JSON can hold."""
    kind = next(name for name, one in KINDS.items() if isinstance(event, one))
    return {"kind": kind} | {f.name: _plain(getattr(event, f.name)) for f in fields(event)}


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, CallId):
        return [value.pbx, value.uniqueid]
    return value.value if isinstance(value, StrEnum) else value


def from_plain(plain: Mapping[str, Any]) -> CallEvent:
    """The event that `to_plain` wrote; raises ValueError, TypeError or KeyError for anything else."""
    kind = KINDS[plain["kind"]]
    values: dict[str, Any] = {f.name: _READ.get(f.name, _same)(plain[f.name]) for f in fields(kind)}
    return kind(**values)


def _same(value: object) -> object:
    return value
