"""A SQLite file that is filled; see `filling`."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from benchmarks.filling import FLOOR_COMMITS, REAL, TABLES, Work, value

_HASHED = "CAST(printf('%016d', {number}) AS BLOB)"


class FilledFile:
    """`Filled` in a file of this machine."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "secondring.db"
        self.url = f"sqlite:///{self._file}"

    def multiply(self, size: int) -> int:
        """Without a log, and indexes last."""
        with closing(sqlite3.connect(self._file, isolation_level=None)) as database:
            for pragma in (
                "journal_mode = OFF",
                "synchronous = OFF",
                "cache_size = -2000000",
                "foreign_keys = OFF",
            ):
                database.execute(f"PRAGMA {pragma}")
            (there,) = database.execute("SELECT count(*) FROM calls").fetchone()
            (copies,) = database.execute(
                "SELECT count(*) / ? FROM calls WHERE uniqueid LIKE '%-x%'", (REAL,)
            ).fetchone()
            more = (size - there) // REAL
            if more > 0:
                with _without_indexes(database):
                    for table in TABLES:
                        database.execute(
                            _copying(database, table), {"first": copies + 1, "last": copies + more}
                        )
            database.execute("PRAGMA journal_mode = WAL")
            return int(database.execute("SELECT count(*) FROM calls").fetchone()[0])

    def floor(self) -> float:
        """In a file beside it."""
        with closing(sqlite3.connect(self._file.with_name("floor.db"), isolation_level=None)) as database:
            for pragma in ("journal_mode = WAL", "synchronous = FULL"):
                database.execute(f"PRAGMA {pragma}")
            database.execute("CREATE TABLE IF NOT EXISTS floor (n INTEGER)")
            began = time.monotonic()
            for number in range(FLOOR_COMMITS):
                database.execute("INSERT INTO floor VALUES (?)", (number,))
            return FLOOR_COMMITS / (time.monotonic() - began)

    def megabytes(self) -> float:
        """Of the file."""
        return self._file.stat().st_size / 1e6

    def work(self) -> Work:
        """There is no server."""
        return Work()


@contextmanager
def _without_indexes(database: sqlite3.Connection) -> Iterator[None]:
    """Indexes are built anew at the end, in one go each; triggers stay silent meanwhile."""
    made = database.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
        f" AND tbl_name IN ({','.join('?' * len(TABLES))})",
        TABLES,
    ).fetchall()
    for kind, name, _ in made:
        database.execute(f"DROP {kind} {name}")
    database.execute("BEGIN")
    yield
    database.execute("COMMIT")
    for _, _, sql in made:
        database.execute(sql)


def _copying(database: sqlite3.Connection, table: str) -> str:
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[1] != "seq"]
    values = ", ".join(value(table, column, _HASHED) for column in columns)
    (last,) = database.execute(
        f"SELECT max(seq) FROM (SELECT seq FROM {table} ORDER BY seq LIMIT {REAL})"
    ).fetchone()
    return (
        f"WITH RECURSIVE copy(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM copy WHERE n < :last)"
        f" INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM copy, {table} WHERE {table}.seq <= {last}"
    )
