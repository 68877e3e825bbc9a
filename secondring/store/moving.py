"""All rows of one database into another, of whichever kind: as they stand, sealed values still sealed.

One moment of the source, one transaction of the target: it is all there at the end, or nothing is. What arrived is
read once more and must have the same number of rows and the same checksum, table by table.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Table, func, insert, inspect, select, text
from sqlalchemy.types import TypeDecorator

from secondring.domain.errors import ConfigError, StoreBroken
from secondring.store.migrate import require_head
from secondring.store.schema import KEY_CHECK, meta, metadata, tallies
from secondring.store.sql.books import SqlBooks

BATCH = 2000
_FULL_SUM = 1 << 128

BOOKS = SqlBooks
"""Whoever knows all of the books knows all of their tables: none is forgotten here."""

Progress = Callable[[str, int, int], None]
"""Is told the table, how many of its rows are there, and how many there will be."""


@dataclass(frozen=True, slots=True)
class Copied:
    """How many rows of a table there are, and what they add up to, in whatever order."""

    rows: int
    sum: int


def plain_tables() -> list[Table]:
    """Our tables with what the database itself keeps in them, in the order in which they are filled.

    What refers to episodes comes before them, because a new text makes its episode be looked at again; what was
    counted comes last, because a new row makes the database forget it. References are checked at the end.
    """
    bare = MetaData()
    tables = [table for table in reversed(metadata.sorted_tables) if table is not tallies]
    return [_plain(table, bare) for table in (*tables, tallies)]


def _plain(table: Table, bare: MetaData) -> Table:
    columns = [
        Column(column.name, _kept_as(column.type), primary_key=column.primary_key) for column in table.c
    ]
    return Table(table.name, bare, *columns)


def _kept_as(kind: Any) -> Any:
    return kind.impl if isinstance(kind, TypeDecorator) else kind


def counts(connection: Connection) -> dict[str, int]:
    """How many rows each of our tables has that there is."""
    there = set(inspect(connection).get_table_names())
    return {
        table.name: int(connection.execute(select(func.count()).select_from(table)).scalar_one())
        for table in metadata.sorted_tables
        if table.name in there
    }


def require_empty(connection: Connection, where: str, remedy: str) -> None:
    """Raise ConfigError when somebody has kept anything here yet; the key's mark is nothing."""
    full = [name for name, rows in counts(connection).items() if rows and name != meta.name]
    if full:
        raise ConfigError(f"{where}: there are books in it already ({', '.join(sorted(full)[:3])}): {remedy}")


def require_same_key(source: Connection, target: Connection, where: str) -> None:
    """Raise ConfigError when the two were made with different keys: half of the rows could not be read."""
    asked = select(meta.c.value).where(meta.c.name == KEY_CHECK)
    ours, theirs = (connection.execute(asked).scalar() for connection in (source, target))
    if ours is not None and theirs is not None and ours != theirs:
        raise ConfigError(
            f"{where}: it was made with another key than database.key_file names:"
            " put the key of those books there first"
        )


def copy(source: Connection, target: Connection, *, where: str, tell: Progress) -> dict[str, Copied]:
    """Copy everything inside two transactions; raises StoreBroken when what arrived is not what left.

    The target has this version's tables and no row in them; its mark of the key is replaced by the source's.
    """
    require_head(source, where)
    expected = counts(source)
    target.execute(meta.delete())
    left: dict[str, Copied] = {}
    for table in plain_tables():
        left[table.name] = _copy_table(source, target, table, expected[table.name], tell)
    for table in plain_tables():
        tell(f"{table.name}, checked", 0, left[table.name].rows)
        arrived = added_up(rows_of(target, table))
        if arrived != left[table.name]:
            raise StoreBroken(
                f"{table.name}: {arrived.rows} rows arrived of {left[table.name].rows}, or not as they were;"
                " nothing was written. Report this."
            )
    number_on(target)
    return left


def _copy_table(
    source: Connection, target: Connection, table: Table, expected: int, tell: Progress
) -> Copied:
    adding, rows, total, names = insert(table).inline(), 0, 0, [column.name for column in table.c]
    tell(table.name, 0, expected)
    for batch in rows_of(source, table):
        target.execute(adding, [dict(zip(names, row, strict=True)) for row in batch])
        part = added_up([batch])
        rows, total = rows + part.rows, (total + part.sum) % _FULL_SUM
        tell(table.name, rows, expected)
    return Copied(rows, total)


def rows_of(connection: Connection, table: Table) -> Iterator[Sequence[Any]]:
    """All rows in batches, never all at once in memory."""
    asked = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=BATCH)
    with connection.execute(asked) as found:
        yield from found.partitions()


def added_up(batches: "Iterator[Sequence[Any]] | list[Sequence[Any]]") -> Copied:
    """The number of rows, and the sum of their hashes: the same in whichever order a database gives them."""
    rows = total = 0
    for batch in batches:
        for row in batch:
            said = repr(tuple(row)).replace("\\x00", "\ufffd").encode("utf-8", "surrogatepass")
            total += int.from_bytes(hashlib.blake2b(said, digest_size=16).digest(), "big")
        rows += len(batch)
    return Copied(rows, total % _FULL_SUM)


def number_on(connection: Connection) -> None:
    """New rows get numbers after those that came along; SQLite sees to that by itself."""
    if connection.dialect.name == "sqlite":
        return
    for table in metadata.sorted_tables:
        if "seq" in table.c:
            connection.execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'seq'),"  # noqa: S608 - our own names
                    f" (SELECT coalesce(max(seq), 0) + 1 FROM {table.name}), false)"
                )
            )


def clear(connection: Connection) -> None:
    """Remove every row on a server, those too that are kept from being removed; undone with the transaction."""
    names = [name for name in inspect(connection).get_table_names() if name in metadata.tables]
    for name in names:
        connection.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER USER"))
    connection.execute(text(f"TRUNCATE {', '.join(names)}"))
    for name in names:
        connection.execute(text(f"ALTER TABLE {name} ENABLE TRIGGER USER"))


def as_rows(copied: Mapping[str, Copied]) -> dict[str, int]:
    """How many rows of each table, for whoever asks."""
    return {name: found.rows for name, found in sorted(copied.items()) if found.rows}
