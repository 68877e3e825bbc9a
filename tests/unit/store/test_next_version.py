"""The code of the version before works with the tables of this one: machines are brought up one after the other."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    event,
    insert,
    inspect,
    select,
    update,
)

from secondring.store import online
from secondring.store.databases import database
from secondring.store.migrate import WORKS_WITH
from tests.support.postgres import Cluster
from tests.support.revisions import alembic_config, bring_to, opened, tables_of

OURS = "alembic_version"


def _revisions() -> list[str]:
    """From the oldest whose code still runs to the newest."""
    found = [script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()][
        ::-1
    ]
    return found[found.index(WORKS_WITH) :]


def _unique(table: Table) -> set[frozenset[str]]:
    constraints = [one.columns for one in table.constraints if isinstance(one, UniqueConstraint)]
    indexes = [one.columns for one in table.indexes if one.unique]
    return {frozenset(column.name for column in columns) for columns in (*constraints, *indexes)}


def test_every_migration_only_adds(tmp_path: Path) -> None:
    """Nothing dropped, renamed or made stricter; what is new can be left out by whoever does not know it."""
    url = f"sqlite:///{tmp_path}/books.db"
    before: MetaData | None = None
    assert len(_revisions()) >= 2
    for revision in _revisions():
        bring_to(url, revision)
        after = tables_of(url)
        for old in before.tables.values() if before else ():
            _only_grew(old, after.tables[old.name], revision)
        before = after


def _only_grew(old: Table, new: Table, revision: str) -> None:
    for column in old.columns:
        kept = new.columns[column.name]
        told = f"{revision}: {old.name}.{column.name}"
        assert str(kept.type) == str(column.type), told
        assert kept.nullable or not column.nullable, f"{told} must be given now"
    for column in new.columns:
        if column.name not in old.columns:
            told = (
                f"{revision}: {new.name}.{column.name} is new, and has neither a default nor may it be empty"
            )
            assert column.nullable or column.server_default is not None, told
    assert _unique(new) <= _unique(old), f"{revision}: {old.name} takes less than before"


@pytest.fixture(params=["sqlite", "postgresql"])
def begun(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with the tables that the oldest code knows."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/books.db"
        bring_to(url, WORKS_WITH)
        yield url
        return
    cluster: Cluster = request.getfixturevalue("cluster")
    with cluster.new_database() as url:
        bring_to(url, WORKS_WITH)
        yield url


def test_statements_of_the_version_before_work_on_the_tables_of_this_one(begun: str) -> None:
    """Every table as that version knew it: a row is added, found and changed after the migration."""
    known = tables_of(begun)
    bring_to(begun, "head")
    with opened(begun) as engine, engine.connect() as connection:
        for table in known.sorted_tables:
            if table.name != OURS:
                _use(connection, table)
        connection.rollback()
    assert len(known.tables) > 20


def _use(connection: Connection, table: Table) -> None:
    row = {column.name: _some(column.type) for column in table.columns}
    connection.execute(insert(table).inline().values(row))
    (key, *_) = table.primary_key.columns
    found = connection.execute(select(table).where(key == row[key.name])).mappings().one()
    assert dict(found) == row, table.name
    if table.name not in {"audit", "settings_versions"}:
        connection.execute(update(table).where(key == row[key.name]).values(row))


def _some(kind: Any) -> object:
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, BigInteger | Integer):
        return 7
    return b"sealed" if isinstance(kind, LargeBinary) else "some"


def test_an_index_on_a_table_in_use_is_made_beside_its_writers(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second time too, as after a break."""
    with cluster.new_books() as url, opened(url) as engine:
        said: list[str] = []
        event.listen(engine, "before_cursor_execute", lambda *told: said.append(told[2]))
        with database(url).migrating(engine) as connection:
            context = MigrationContext.configure(connection, opts={"transaction_per_migration": True})
            monkeypatch.setattr(online, "op", Operations(context))
            for _ in range(2):
                with context.begin_transaction(_per_migration=True):
                    online.add_index("episodes_some", "episodes", ["site"])
        made = [statement for statement in said if "CREATE INDEX" in statement]
        assert len(made) == 2
        assert all("CONCURRENTLY" in statement for statement in made)
        assert "episodes_some" in {index["name"] for index in inspect(engine).get_indexes("episodes")}
