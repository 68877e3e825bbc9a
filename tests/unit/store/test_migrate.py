"""Migrating from nothing gives exactly the tables that the code knows."""

import sqlite3
import threading
from importlib import import_module
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from secondring.domain.errors import ConfigError
from secondring.domain.records import TextState
from secondring.store.counted import COUNTED
from secondring.store.migrate import HEAD, upgrade
from secondring.store.schema import metadata
from secondring.store.sqlstore import SqlStore
from tests.support.books import DAY, KEY, NOW, a_call, a_job, a_text, an_episode, eid


def _upgraded(folder: Path) -> Path:
    file = folder / "new.db"
    upgrade(f"sqlite:///{file}")
    return file


def _shape(file: Path) -> dict[str, object]:
    """Every column, index and reference as SQLite itself sees them."""
    connection = sqlite3.connect(file)
    ask = connection.execute
    names = [name for (name,) in ask("SELECT name FROM sqlite_master WHERE type = 'table'")]
    shape: dict[str, object] = {
        f"{name} {pragma}": sorted(map(str, ask(f"PRAGMA {pragma}({name})")))
        for name in names
        if name != "alembic_version"
        for pragma in ("table_xinfo", "foreign_key_list")
    }
    indexes = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    shape.update((name, " ".join(sql.split())) for name, sql in ask(indexes))
    shape["unique"] = sorted(
        str((name, [column[2] for column in ask(f"PRAGMA index_info('{index[1]}')")]))
        for name in names
        if name != "alembic_version"
        for index in ask(f"PRAGMA index_list({name})")
        if index[2]
    )
    connection.close()
    return shape


def test_upgrading_from_nothing_equals_the_tables(tmp_path: Path) -> None:
    created = tmp_path / "created.db"
    engine = create_engine(f"sqlite:///{created}")
    metadata.create_all(engine)
    engine.dispose()
    assert _shape(_upgraded(tmp_path)) == _shape(created)


def test_alembic_finds_nothing_left_to_do(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{_upgraded(tmp_path)}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_the_head_that_the_store_asks_for_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "secondring.store:migrations")
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_upgrading_again_keeps_what_is_there(url: str) -> None:
    store = SqlStore(url, KEY)
    with store.transaction() as books:
        books.add_job(a_job())
    upgrade(url)
    with store.reading() as books:
        assert books.job(a_job().key) == a_job()
    store.close()


def test_a_new_database_is_for_its_owner_only(tmp_path: Path) -> None:
    file = _upgraded(tmp_path)
    store = SqlStore(f"sqlite:///{file}", KEY)
    with store.reading():
        modes = {found.name: found.stat().st_mode & 0o777 for found in tmp_path.iterdir()}
    store.close()
    assert modes == {"new.db": 0o600, "new.db-wal": 0o600, "new.db-shm": 0o600}


def test_several_upgrades_at_once_do_no_harm(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'new.db'}"
    failures: list[BaseException] = []

    def run() -> None:
        try:
            upgrade(url)
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test has to see it
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    SqlStore(url, KEY).close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "none").write_text("a file, and no folder")
    with pytest.raises(ConfigError, match=r"none/new\.db.*folder"):
        upgrade(f"sqlite:///{tmp_path}/none/new.db")


def test_episodes_from_before_learn_how_their_first_call_was_lost(tmp_path: Path) -> None:
    """Rows that were written before the figures were can be told apart as far as the books know."""
    file = tmp_path / "old.db"
    url = f"sqlite:///{file}"
    upgrade(url)
    store = SqlStore(url, KEY)
    with store.transaction() as books:
        books.save_episode(an_episode(1, texted_at=NOW))
        books.save_call(a_call(2, episode=eid(1), started_at=NOW + DAY, reason="busy"))
        books.save_call(a_call(1, episode=eid(1), reason="abandoned", queue="400"))
        books.save_text(a_text(1, step="first-open", state=TextState.DELIVERED, settled_at=NOW))
        books.save_episode(an_episode(2))
    store.close()
    connection = sqlite3.connect(file)
    connection.execute(import_module("secondring.store.migrations.versions.0005_figures").WHAT_IS_KNOWN)
    connection.commit()
    connection.close()
    store = SqlStore(url, KEY)
    with store.reading() as books:
        told = an_episode(
            1, texted_at=NOW, reason="abandoned", queue="400", template="first-open", delivered_at=NOW
        )
        assert books.episode(eid(1)) == told
        assert books.episode(eid(2)) == an_episode(2)
    store.close()


def test_the_database_forgets_tallies_by_itself(tmp_path: Path) -> None:
    connection = sqlite3.connect(_upgraded(tmp_path))
    names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    connection.close()
    assert {f"{table}_{what}" for table, _ in COUNTED for what in ("added", "changed")} <= names
