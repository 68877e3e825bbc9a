"""What is set on screen, in SQL."""

from typing import Any

from sqlalchemy import Row, bindparam, func, insert, select

from secondring.domain.settings import SettingsVersion, canonical, from_canonical
from secondring.store.settings_schema import settings_versions as table
from secondring.store.sql.page import Page, pick

_ADD = insert(table)
_NUMBER = select(func.max(table.c.version))
_ONE = pick(table).where(table.c.version == bindparam("wanted"))
_HISTORY = pick(table).order_by(table.c.version.desc()).limit(bindparam("most"))


class SettingsPages(Page):
    """The part of `Books` about what is set on screen."""

    def settings_number(self) -> int:
        return int(self._value(_NUMBER) or 0)

    def settings_version(self, number: int) -> SettingsVersion | None:
        row = self._first(_ONE, wanted=number)
        return None if row is None else _read(row)

    def settings_history(self, *, limit: int) -> list[SettingsVersion]:
        return [_read(row) for row in self._all(_HISTORY, most=limit)]

    def add_settings(self, version: SettingsVersion) -> None:
        values = {
            "version": version.number,
            "at": version.at,
            "who": version.by,
            "overlay": canonical(version.overlay),
            "note": version.note,
        }
        self._write(_ADD, values)


def _read(row: Row[Any]) -> SettingsVersion:
    return SettingsVersion(
        number=row.version, at=row.at, by=row.who, overlay=from_canonical(row.overlay), note=row.note
    )
