"""What all parts of the SQL books share: one connection inside one transaction, and how rows are written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Column, Connection, CursorResult, Executable, Row, Select, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from secondring.domain.phone import PhoneNumber
from secondring.store.agreed import refuse_writing


@dataclass(frozen=True, slots=True)
class ByDialect:
    """A statement for which SQLAlchemy has a construct of each dialect's own."""

    sqlite: Executable
    postgresql: Executable


Statement = Executable | ByDialect


def of_dialect(statement: Statement, connection: Connection) -> Executable:
    """The statement as a connection's database takes it."""
    if not isinstance(statement, ByDialect):
        return statement
    return statement.sqlite if connection.dialect.name == "sqlite" else statement.postgresql


class Page:
    """A connection in a transaction. Statements are built once, at import; only values change."""

    def __init__(self, connection: Connection, *, writable: bool) -> None:
        self._connection = connection
        self._writable = writable

    def _write(self, statement: Statement, values: Mapping[str, object]) -> CursorResult[Any]:
        if not self._writable:
            refuse_writing()
        return self._connection.execute(of_dialect(statement, self._connection), values)

    def _first(self, statement: Executable, **values: object) -> Row[Any] | None:
        return self._connection.execute(statement, values).first()

    def _all(self, statement: Executable, **values: object) -> Sequence[Row[Any]]:
        return self._connection.execute(statement, values).all()

    def _value(self, statement: Executable, **values: object) -> Any:
        return self._connection.execute(statement, values).scalar()


def put(table: Table, *key: str) -> ByDialect:
    """Insert a row, or replace the one of that key. With `keep`, this is where SQL dialects part ways."""
    given = [column.name for column in table.c if column.name not in {"seq", *key}]
    ours, theirs = sqlite.insert(table), postgresql.insert(table).inline()
    return ByDialect(
        sqlite=ours.on_conflict_do_update(
            index_elements=list(key), set_={name: ours.excluded[name] for name in given}
        ),
        postgresql=theirs.on_conflict_do_update(
            index_elements=list(key), set_={name: theirs.excluded[name] for name in given}
        ),
    )


def keep(table: Table, *key: str) -> ByDialect:
    """Insert a row, unless there is one of that key."""
    theirs = postgresql.insert(table).inline().on_conflict_do_nothing(index_elements=list(key))
    return ByDialect(
        sqlite=sqlite.insert(table).on_conflict_do_nothing(index_elements=list(key)),
        postgresql=theirs.execution_options(preserve_rowcount=True),
    )


def pick(table: Table, *too: Column[Any]) -> Select[Any]:
    """All of a row that is ever read back: not `seq`, and not the hashes, unless asked for."""
    usual = (column for column in table.c if column.name != "seq" and not column.name.endswith("_hash"))
    return select(*usual, *too)


def whole(number: PhoneNumber | None) -> str | None:
    """A number as its columns take it."""
    return None if number is None else number.e164


def number(e164: str | None) -> PhoneNumber | None:
    """A number as its column gives it."""
    return None if e164 is None else PhoneNumber(e164)


def word(value: StrEnum | None) -> str | None:
    """A word of ours as its column takes it."""
    return None if value is None else value.value
