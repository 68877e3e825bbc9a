"""A database that cannot serve is refused when it is opened, with a remedy; one that fails later says why."""

import os
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from secondring.domain.errors import ConfigError, PeerError, StoreBroken, StoreBusy, StoreFull
from secondring.store.alone import alone
from secondring.store.keys import make_key
from secondring.store.migrate import is_current, upgrade
from secondring.store.sqlstore import SqlStore
from secondring.store.trouble import explain, told_plainly
from tests.support.books import ANNA, KEY, a_call, a_text, an_episode, eid, new_database
from tests.support.raw import run_raw


def _sql(url: str, *statements: str) -> None:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_another_key_is_refused(any_url: str) -> None:
    with pytest.raises(ConfigError, match="not the key"):
        SqlStore(any_url, make_key())
    SqlStore(any_url, KEY).close()


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="secondring migrate"):
        SqlStore(f"sqlite:///{tmp_path}/none.db", KEY)
    assert list(tmp_path.iterdir()) == []


def test_a_database_that_was_never_migrated_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    with pytest.raises(ConfigError, match=r"revision none.*secondring migrate"):
        SqlStore(f"sqlite:///{tmp_path}/empty.db", KEY)


LATER = "UPDATE alembic_version SET version_num = '9999'"


@pytest.mark.parametrize(
    "oldest",
    [
        "UPDATE meta SET value = CAST('9998' AS {bytes}) WHERE name = 'oldest code'",
        "DELETE FROM meta WHERE name = 'oldest code'",
    ],
)
def test_a_database_of_a_later_version_is_refused(any_books: str, oldest: str) -> None:
    run_raw(any_books, LATER, oldest.format(bytes="BLOB" if any_books.startswith("sqlite") else "bytea"))
    for attempt in (lambda: SqlStore(any_books, KEY), lambda: upgrade(any_books)):
        with pytest.raises(ConfigError, match=r"newer version.*9999.*Install"):
            attempt()


def test_a_database_that_the_next_version_has_migrated_already_still_serves(any_books: str) -> None:
    """While machines are brought to the next version one after the other."""
    run_raw(any_books, LATER)
    upgrade(any_books)
    assert is_current(any_books)
    store = SqlStore(any_books, KEY)
    with store.transaction() as books:
        books.save_episode(an_episode(1))
    store.close()
    assert run_raw(any_books, "SELECT version_num FROM alembic_version") == [("9999",)]


def test_a_folder_that_is_missing_is_made_for_us_alone(tmp_path: Path) -> None:
    upgrade(f"sqlite:///{tmp_path}/state/deeper/new.db")
    assert (tmp_path / "state/deeper/new.db").exists()
    assert (tmp_path / "state/deeper").stat().st_mode & 0o077 == 0


def test_of_each_kind_only_one_service_works_with_a_database(url: str) -> None:
    with alone(url, "listen", "run"):
        whose = rf"already as `listen` \(secondring run, process {os.getpid()}\)"
        with pytest.raises(ConfigError, match=whose), alone(url, "listen", "listen"):
            pytest.fail("two at once")
        with alone(url, "web", "web"):
            """One of another kind."""
    with alone(url, "listen", "listen"):
        """It is free again."""


@pytest.mark.parametrize(
    "url",
    ["sqlite://", "sqlite:///:memory:", "mysql://root:hunter2@h/x", "nonsense"],
)
def test_only_databases_that_are_known_are_opened_and_no_password_is_told(url: str) -> None:
    with pytest.raises(ConfigError, match="sqlite:////var") as caught:
        SqlStore(url, KEY)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("name", ["a b.db", "50%.db", "what?.db", "#1.db", "ñ.db"])
def test_odd_file_names_are_only_names(tmp_path: Path, name: str) -> None:
    file = Path(new_database(tmp_path).removeprefix("sqlite:///")).rename(tmp_path / name)
    SqlStore(f"sqlite:///{file}", KEY).close()
    assert [found.name for found in tmp_path.iterdir()] == [name]


def test_every_commit_is_on_the_disk_before_it_counts(sql: SqlStore) -> None:
    with sql.transaction() as books, sql.reading() as reading:
        for page in (books, reading):
            ask = page._connection.exec_driver_sql  # type: ignore[attr-defined]
            assert ask("PRAGMA journal_mode").scalar() == "wal"
            assert ask("PRAGMA synchronous").scalar() == 2  # FULL
            assert ask("PRAGMA foreign_keys").scalar() == 1


def test_a_file_that_is_no_database_is_broken(tmp_path: Path) -> None:
    (tmp_path / "junk.db").write_bytes(b"not a database, but long enough to be taken for one" * 100)
    with pytest.raises(StoreBroken, match="restore it from a backup"):
        SqlStore(f"sqlite:///{tmp_path}/junk.db", KEY)


def test_damage_found_while_reading_is_told(url: str) -> None:
    store = SqlStore(url, KEY)
    with store.transaction() as books:
        books.save_episode(an_episode(1))
        books.save_text(a_text(1))
    _sql(url, "UPDATE texts SET body = zeroblob(40)")
    with store.reading() as books, pytest.raises(StoreBroken, match=r"texts\.body"):
        books.texts_of(eid(1))
    store.close()


def test_a_failing_statement_tells_no_patients_data(sql: SqlStore, url: str) -> None:
    _sql(url, "DROP TABLE calls")
    with pytest.raises(StoreBroken) as caught, sql.transaction() as books:
        books.save_call(a_call(1, queue="a queue nobody else has"))
    told = f"{caught.value!r} {caught.value.__cause__!r} {caught.value.__cause__}"
    assert ANNA.e164 not in told
    assert "a queue nobody else has" not in told


def test_a_time_without_a_zone_is_a_defect(sql: SqlStore) -> None:
    naive = an_episode(1).opened_at.replace(tzinfo=None)
    with pytest.raises(Exception, match="without a zone") as caught, sql.transaction() as books:
        books.save_episode(an_episode(1, opened_at=naive))
    assert ANNA.e164 not in str(caught.value)


def test_a_transaction_inside_a_transaction_does_not_wait_for_ever(any_url: str) -> None:
    store = SqlStore(any_url, KEY, wait=timedelta(seconds=0.05))
    with store.transaction(), pytest.raises(StoreBusy), store.transaction():
        pass
    store.close()


def test_a_full_database_takes_nothing_and_goes_on_afterwards(sql: SqlStore) -> None:
    with sql.transaction() as books:
        books._connection.exec_driver_sql("PRAGMA max_page_count = 1")  # type: ignore[attr-defined]
    with pytest.raises(StoreFull, match="free some space"), sql.transaction() as books:  # noqa: PT012 - until full
        for number in range(1000):
            books.save_episode(an_episode(number))
    with sql.transaction() as books:
        books._connection.exec_driver_sql("PRAGMA max_page_count = 1000000")  # type: ignore[attr-defined]
        books.save_episode(an_episode(1001))
    with sql.reading() as books:
        assert books.episodes(since=an_episode().opened_at, until=an_episode().window_ends_at, limit=9) == [
            an_episode(1001)
        ]


CODES = [
    (sqlite3.SQLITE_BUSY, StoreBusy),
    (sqlite3.SQLITE_BUSY_SNAPSHOT, StoreBusy),
    (sqlite3.SQLITE_LOCKED, StoreBusy),
    (sqlite3.SQLITE_FULL, StoreFull),
    (sqlite3.SQLITE_READONLY_DIRECTORY, StoreBroken),
    (sqlite3.SQLITE_IOERR_FSYNC, StoreBroken),
    (sqlite3.SQLITE_CORRUPT_INDEX, StoreBroken),
    (sqlite3.SQLITE_CANTOPEN, StoreBroken),
    (sqlite3.SQLITE_ERROR, StoreBroken),
]


@pytest.mark.parametrize(("code", "kind"), CODES)
def test_every_failure_names_the_database_and_a_remedy(code: int, kind: type[PeerError]) -> None:
    error = sqlite3.OperationalError("the driver's words")
    error.sqlite_errorcode, error.sqlite_errorname = code, "SQLITE_X"
    with pytest.raises(kind, match=r"^/var/lib/x\.db: .+") as caught, told_plainly("/var/lib/x.db"):
        raise OperationalError("SELECT 1", {}, error)
    assert isinstance(caught.value, PeerError)


def test_a_failure_without_a_code_is_explained_too() -> None:
    assert isinstance(explain("x.db", None), StoreBroken)
