"""Alarms in SQL. They name no patient, so they are written in the open."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam

from secondring.domain.ids import AlarmId
from secondring.domain.records import KeptAlarm
from secondring.store.schema import alarms
from secondring.store.sql.page import Page, pick, put

_SAVE = put(alarms, "id")
_ALL = pick(alarms)
_BY_ID = _ALL.where(alarms.c.id == bindparam("id"))
_LAST = (
    _ALL.where(alarms.c.kind == bindparam("which"), alarms.c.site == bindparam("place"))
    .order_by(alarms.c.seq.desc())
    .limit(1)
)
_RAISED = (
    _ALL.where(alarms.c.raised_at >= bindparam("since"))
    .order_by(alarms.c.raised_at.desc(), alarms.c.seq.desc())
    .limit(bindparam("most"))
)


class AlarmPages(Page):
    """The part of `Books` about alarms."""

    def alarm(self, alarm: AlarmId) -> KeptAlarm | None:
        row = self._first(_BY_ID, id=alarm)
        return None if row is None else _read(row)

    def save_alarm(self, alarm: KeptAlarm) -> None:
        values = asdict(alarm)
        values["times"] = values.pop("count")
        self._write(_SAVE, values)

    def last_alarm(self, kind: str, site: str) -> KeptAlarm | None:
        row = self._first(_LAST, which=kind, place=site)
        return None if row is None else _read(row)

    def alarms(self, *, since: datetime, limit: int) -> list[KeptAlarm]:
        return [_read(row) for row in self._all(_RAISED, since=since, most=limit)]


def _read(row: Row[Any]) -> KeptAlarm:
    return KeptAlarm(
        id=row.id,
        kind=row.kind,
        site=row.site,
        because=row.because,
        raised_at=row.raised_at,
        last_at=row.last_at,
        count=row.times,
    )
