"""What is set on screen: the same from every kind of store; and versions are only ever added."""

from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from secondring.domain.ports import Store
from secondring.domain.settings import Path as Path_
from secondring.domain.settings import SettingsVersion, Value, set_on
from secondring.store.sqlstore import SqlStore
from tests.support.books import KEY, MINUTE, NOW
from tests.support.raw import run_raw

NURSE = "+12025550177"


def a_version(number: int = 1) -> SettingsVersion:
    values: dict[Path_, Value] = {
        ("sites", "main.st", "alert_numbers"): [NURSE],
        ("follow_up", "reminder_after"): None,
    }
    overlay = set_on({}, values, by="A. Admin", at=NOW, version=number)
    return SettingsVersion(
        number=number, at=NOW + number * MINUTE, by="A. Admin", note="changed the alarm", overlay=overlay
    )


def test_versions_come_back_whole_newest_first(store: Store) -> None:
    with store.reading() as books:
        assert (books.settings_number(), books.settings_version(0), books.settings_history(limit=9)) == (
            0,
            None,
            [],
        )
    with store.transaction() as books:
        for number in (1, 2, 3):
            books.add_settings(a_version(number))
    with store.reading() as books:
        assert books.settings_number() == 3
        assert books.settings_version(2) == a_version(2)
        assert books.settings_version(4) is None
        assert books.settings_history(limit=2) == [a_version(3), a_version(2)]


def test_nobody_changes_or_removes_a_version(any_url: str) -> None:
    store = SqlStore(any_url, KEY)
    with store.transaction() as books:
        books.add_settings(a_version())
    store.close()
    for statement in ("UPDATE settings_versions SET who = 'x'", "DELETE FROM settings_versions"):
        with pytest.raises(IntegrityError, match="only be added"):
            run_raw(any_url, statement)


def test_numbers_of_staff_are_sealed_on_disk(sql: SqlStore, url: str) -> None:
    with sql.transaction() as books:
        books.add_settings(a_version())
    sql.close()
    assert NURSE.encode() not in Path(url.removeprefix("sqlite:///")).read_bytes()
