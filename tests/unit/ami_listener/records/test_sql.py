"""Records in a database: each row once, by number or by time; it never says the password."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ami_listener.records.sql import SqlRecord
from secondring.domain.errors import ConfigError, PeerError

BEGIN = datetime(2026, 3, 2, 15, tzinfo=UTC)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "asteriskcdrdb.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE cel (id INTEGER PRIMARY KEY, eventtime TEXT, eventtype TEXT, uniqueid TEXT)")
        db.execute("CREATE TABLE cdr (calldate TEXT, src TEXT, duration INTEGER, uniqueid TEXT)")
    return path


def a_record(file: Path, table: str) -> SqlRecord:
    time, number = ("eventtime", "id") if table == "cel" else ("calldate", None)
    return SqlRecord(f"sqlite:///{file}", name=table, time_column=time, id_column=number, zone=UTC)


def written(seconds: int) -> str:
    return (BEGIN + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")


def add(file: Path, table: str, *seconds: int) -> None:
    with sqlite3.connect(file) as db:
        for one in seconds:
            row = (written(one), "ANSWER" if table == "cel" else 7, f"1.{one}")
            if table == "cel":
                db.execute("INSERT INTO cel (eventtime, eventtype, uniqueid) VALUES (?, ?, ?)", row)
            else:
                db.execute("INSERT INTO cdr (calldate, duration, uniqueid) VALUES (?, ?, ?)", row)


@pytest.mark.parametrize("table", ["cel", "cdr"])
def test_each_row_once_and_nothing_older_than_the_horizon(file: Path, table: str) -> None:
    record, bookmark = a_record(file, table), None
    add(file, table, -90_000, 1, 2, 3)
    seen: list[str] = []
    for round_ in range(4):
        more = True
        while more:
            batch = record.read(bookmark, since=BEGIN, limit=2)
            seen += [row.get("uniqueid") for row in batch.rows]
            bookmark, more = batch.bookmark, batch.more
        add(file, table, 10 + round_)
    assert seen == ["1.1", "1.2", "1.3", "1.10", "1.11", "1.12"]


def test_a_long_call_shows_up_with_the_time_it_began(file: Path) -> None:
    record = a_record(file, "cdr")
    add(file, "cdr", 3600)
    first = record.read(None, since=BEGIN, limit=10)
    add(file, "cdr", 60)
    assert [row.get("uniqueid") for row in record.read(first.bookmark, since=BEGIN, limit=10).rows] == [
        "1.60"
    ]


def test_a_mark_leads_back_to_its_row(file: Path) -> None:
    add(file, "cel", 1, 2, 3)
    batch = a_record(file, "cel").read(None, since=BEGIN, limit=10)
    again = a_record(file, "cel").read(batch.rows[1].mark, since=BEGIN, limit=10)
    assert [row.get("uniqueid") for row in again.rows] == ["1.2", "1.3"]


def test_nothing_is_null(file: Path) -> None:
    add(file, "cdr", 1)
    (row,) = a_record(file, "cdr").read(None, since=BEGIN, limit=10).rows
    assert dict(row.fields) == {"calldate": written(1), "src": "", "duration": "7", "uniqueid": "1.1"}


def test_a_database_that_is_down_names_the_remedy(tmp_path: Path) -> None:
    record = a_record(tmp_path / "none/asteriskcdrdb.db", "cel")
    with pytest.raises(PeerError, match="SELECT from that table"):
        record.read(None, since=BEGIN, limit=1)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nothing+here://u@h/n", "no address of a database that is known here"),
        ("sqlite://u@h/n", "no address of a database that is known here"),
        ("mysql+mysqldb://u@h/n", "'MySQLdb' is not installed here: pip install"),
        ("nothing at all", "cannot be read: write DRIVER"),
    ],
)
def test_an_address_that_leads_nowhere_is_told_without_its_password(url: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as raised:
        SqlRecord(url, password="a-secret", name="cdr", time_column="calldate", id_column=None, zone=None)
    assert "a-secret" not in str(raised.value)
