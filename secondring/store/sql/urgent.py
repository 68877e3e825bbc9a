"""Urgent cases in SQL. The phones of an attempt are staff's: they are written as JSON, in the open."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam

from secondring.domain.ids import EpisodeId, UrgentId
from secondring.domain.ladder import Target
from secondring.domain.urgent_case import Attempt, Stage, Trigger, UrgentCase
from secondring.store.columns import from_micros, to_micros
from secondring.store.schema import UNSIGNED, urgent_cases
from secondring.store.sql.page import Page, number, pick, put, whole

_c = urgent_cases.c
_SAVE = put(urgent_cases, "id")
_ALL = pick(urgent_cases)
_IN_ORDER = _ALL.order_by(_c.triggered_at, _c.seq)
_BY_ID = _ALL.where(_c.id == bindparam("id"))
_OPEN = _IN_ORDER.where(_c.closed_at.is_(None))
_UNSIGNED = _IN_ORDER.where(UNSIGNED)
_SINCE = _IN_ORDER.where(_c.triggered_at >= bindparam("since"))
_OF_EPISODE = _IN_ORDER.where(_c.episode_id == bindparam("episode"))


class UrgentPages(Page):
    """The part of `Books` about urgent callers."""

    def urgent_case(self, case: UrgentId) -> UrgentCase | None:
        row = self._first(_BY_ID, id=case)
        return None if row is None else _read(row)

    def save_urgent_case(self, case: UrgentCase) -> None:
        self._write(_SAVE, _values(case))

    def open_urgent_cases(self) -> list[UrgentCase]:
        return [_read(row) for row in self._all(_OPEN)]

    def unsigned_urgent_cases(self) -> list[UrgentCase]:
        return [_read(row) for row in self._all(_UNSIGNED)]

    def urgent_cases_since(self, since: datetime) -> list[UrgentCase]:
        return [_read(row) for row in self._all(_SINCE, since=since)]

    def urgent_cases_of(self, episode: EpisodeId) -> list[UrgentCase]:
        return [_read(row) for row in self._all(_OF_EPISODE, episode=episode)]


_SAME = (
    "id", "site", "line", "line_id", "round", "step", "turn", "made", "patient_tries", "due_at", "give_up_at",
    "triggered_at", "first_ring_at", "accepted_at", "bridged_at", "last_resort_at", "closed_at",
    "signed_at", "signed_by",
)  # fmt: skip
"""What is kept as it is."""


def _values(case: UrgentCase) -> dict[str, object]:
    return {name: getattr(case, name) for name in _SAME} | {
        "episode_id": case.episode,
        "trigger": case.trigger.value,
        "caller": whole(case.caller),
        "stage": case.stage.value,
        "attempts": json.dumps([_plain(attempt) for attempt in case.attempts]),
        "accepted_by": json.dumps(_plain(case.accepted_by)) if case.accepted_by else None,
    }


def _read(row: Row[Any]) -> UrgentCase:
    return UrgentCase(
        **{name: getattr(row, name) for name in _SAME},
        episode=row.episode_id,
        trigger=Trigger(row.trigger),
        caller=number(row.caller),
        stage=Stage(row.stage),
        attempts=tuple(_attempt(plain) for plain in json.loads(row.attempts)),
        accepted_by=_attempt(json.loads(row.accepted_by)) if row.accepted_by else None,
    )


def _plain(attempt: Attempt) -> list[object]:
    return [attempt.id, attempt.target.number, attempt.target.outside, to_micros(attempt.started_at)]


def _attempt(plain: list[Any]) -> Attempt:
    name, phone, outside, started = plain
    return Attempt(id=name, target=Target(number=phone, outside=outside), started_at=from_micros(started))
