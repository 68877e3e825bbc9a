"""A database on a PostgreSQL of this benchmark's own that is filled; see `filling`."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from benchmarks.filling import FLOOR_COMMITS, REAL, TABLES, Work, value
from benchmarks.gauges import family_cpu_seconds
from tests.support.postgres import SUPER, Cluster, name_of

CAREFUL = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "replica",
    "autovacuum": "on",
    "shared_buffers": "512MB",
    "effective_cache_size": "2GB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
}
"""What an administrator would have for books of some gigabytes on a disk without moving parts."""
_HASHED = "convert_to(lpad({number}::text, 16, '0'), 'UTF8')"
Database = psycopg.Connection[tuple[Any, ...]]


@contextmanager
def filled_server(**more: str) -> Iterator["FilledServer"]:
    """A server with an empty database, gone at the end; `more` are settings of the server."""
    with Cluster(CAREFUL | more) as cluster, cluster.new_database() as url:
        yield FilledServer(cluster, url)


class FilledServer:
    """`Filled` on a server."""

    def __init__(self, cluster: Cluster, url: str) -> None:
        self.url = url
        self._cluster = cluster
        self._name = name_of(url)

    def multiply(self, size: int) -> int:
        """Indexes last; then as autovacuum and the checkpointer would have left it over the years."""
        with self._connected() as database:
            there = _number(database, "SELECT count(*) FROM calls")
            copies = _number(database, "SELECT count(*) FROM calls WHERE uniqueid LIKE '%-x%'") // REAL
            more = (size - there) // REAL
            if more > 0:
                with _without_indexes(database):
                    for table in TABLES:
                        _run(database, _copying(database, table, copies + 1, copies + more))
            for statement in ("VACUUM (ANALYZE)", "CHECKPOINT"):
                _run(database, statement)
            return _number(database, "SELECT count(*) FROM calls")

    def floor(self) -> float:
        """On the same server, in a database beside it."""
        with self._connected("postgres") as database:
            _run(database, "CREATE TABLE IF NOT EXISTS floor (n bigint)")
            began = time.monotonic()
            for number in range(FLOOR_COMMITS):
                database.execute("INSERT INTO floor VALUES (%s)", (number,))
            return FLOOR_COMMITS / (time.monotonic() - began)

    def megabytes(self) -> float:
        """As the server counts it."""
        with self._connected() as database:
            return _number(database, "SELECT pg_database_size(current_database())") / 1e6

    def work(self) -> Work:
        """Processor time of all its processes; pages of our database."""
        with self._connected("postgres") as database:
            pages = _number(
                database, f"SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = '{self._name}'"
            )
        return Work(cpu=family_cpu_seconds(self._cluster.pid), pages=pages)

    def _connected(self, name: str | None = None) -> Database:
        return psycopg.connect(self._cluster.url(name or self._name, SUPER), autocommit=True)


@contextmanager
def _without_indexes(database: Database) -> Iterator[None]:
    """Indexes are built anew at the end, in one go each; triggers and references are silent meanwhile."""
    tables = ", ".join(f"'{table}'" for table in TABLES)
    made = database.execute(
        _ours(
            "SELECT indexname, indexdef FROM pg_indexes LEFT JOIN pg_constraint ON conname = indexname"
            f" WHERE conname IS NULL AND tablename IN ({tables})"
        )
    ).fetchall()
    with database.transaction():
        _run(database, "SET LOCAL session_replication_role = replica")
        _run(database, "SET LOCAL maintenance_work_mem = '512MB'")
        for name, _ in made:
            _run(database, f"DROP INDEX {name}")
        yield
        for _, sql in made:
            _run(database, sql)


def _copying(database: Database, table: str, first: int, last: int) -> str:
    found = database.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
        " AND column_name <> 'seq' ORDER BY ordinal_position",
        (table,),
    )
    columns = [row[0] for row in found]
    values = ", ".join(value(table, column, _HASHED) for column in columns)
    named = ", ".join(f'"{column}"' for column in columns)
    return (
        f"INSERT INTO {table} ({named}) SELECT {values}"
        f" FROM generate_series({first}::bigint, {last}::bigint) AS copy (n),"
        f" (SELECT * FROM {table} ORDER BY seq LIMIT {REAL}) AS real_ones"
    )


def _ours(statement: str) -> bytes:
    """Statements of this module are made of constants and of the tables' own names."""
    return statement.encode()


def _run(database: Database, statement: str) -> None:
    database.execute(_ours(statement))


def _number(database: Database, statement: str) -> int:
    row = database.execute(_ours(statement)).fetchone()
    assert row is not None
    return int(row[0])
