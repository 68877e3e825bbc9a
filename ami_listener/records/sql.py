"""A record kept in a database: FreePBX's asteriskcdrdb, cdr_sqlite3_custom, cdr_pgsql and their kin.

The only module of the listening side that knows SQLAlchemy. It only ever reads.
"""

import json
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import (
    URL,
    ColumnClause,
    ColumnElement,
    Engine,
    Select,
    bindparam,
    column,
    create_engine,
    make_url,
    select,
    table,
    text,
)
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlalchemy.types import NullType

from ami_listener.records.port import Batch
from ami_listener.records.rows import Row
from secondring.domain.errors import ConfigError, PeerError

LONGEST_CALL = timedelta(hours=6)
"""A table without numbered rows is read this far back each time: a row shows when its call began."""
CONNECT_SECONDS = 5
_ARGUMENTS: dict[str, dict[str, Any]] = {
    "sqlite": {"timeout": CONNECT_SECONDS},
    "mysql": {"connect_timeout": CONNECT_SECONDS},
    "postgresql": {"connect_timeout": CONNECT_SECONDS},
}


class SqlRecord:
    """A table of call records."""

    def __init__(
        self,
        url: str,
        *,
        password: str | None = None,
        name: str,
        time_column: str,
        id_column: str | None,
        zone: tzinfo | None,
    ) -> None:
        """Raises ConfigError when there is no such kind of database, or its driver is not installed."""
        address = _address(url, password)
        self.place = f"{address.render_as_string(hide_password=True)} table {name}"
        self._engine = _engine(address)
        self._table = table(name)
        self._time: ColumnClause[Any] = column(time_column)
        self._id: ColumnClause[Any] | None = column(id_column) if id_column else None
        self._zone = zone
        self._given: dict[tuple[str, ...], str] = {}

    def read(self, bookmark: str | None, *, since: datetime, limit: int) -> Batch:
        """Read on: by the rows' numbers where they have them, else by time, each row once."""
        place = _parsed(bookmark)
        try:
            if self._id is not None:
                return self._by_number(place, since, limit)
            return self._by_time(place, since, limit)
        except SQLAlchemyError as error:
            why = type(getattr(error, "orig", None) or error).__name__
            raise PeerError(
                f"the call records at {self.place} cannot be read ({why}): see that the database is up and that"
                " the account in records may SELECT from that table"
            ) from error

    def _by_number(self, place: dict[str, Any], since: datetime, limit: int) -> Batch:
        if self._id is None:
            raise ValueError("no column numbers the rows")
        query = self._query().order_by(self._id).limit(limit + 1)
        last = place.get("id")
        query = query.where(self._since(self._local(since)))
        if last is not None:
            query = query.where(self._id > last)
        found = self._rows(query)
        rows = [Row(json.dumps({"id": int(row[self._id.name.lower()]) - 1}), row) for row in found[:limit]]
        newest = int(found[:limit][-1][self._id.name.lower()]) if rows else last
        after = bookmark_of(newest) if newest is not None else json.dumps({"time": self._local(since)})
        return Batch(rows=rows, bookmark=after, more=len(found) > limit)

    def _by_time(self, place: dict[str, Any], since: datetime, limit: int) -> Batch:
        """What was given before is known by its content; what is older than any call may last is forgotten."""
        newest = str(place.get("time") or self._local(since))
        begin = max(self._earlier(newest), self._local(since)) if place else newest
        query = self._query().where(self._since(begin)).order_by(self._time)
        rows: list[Row] = []
        for found in self._rows(query):
            at = found.get(self._time.name.lower(), "")
            key = tuple(found.values())
            if key in self._given:
                continue
            if len(rows) >= limit:
                return Batch(rows=rows, bookmark=json.dumps({"time": newest}), more=True)
            self._given[key] = at
            newest = max(newest, at)
            rows.append(Row(json.dumps({"time": at}), found))
        self._given = {key: at for key, at in self._given.items() if at >= begin}
        return Batch(rows=rows, bookmark=json.dumps({"time": newest}))

    def _since(self, local: str) -> ColumnElement[bool]:
        """Compared without saying of which type the text is: SQLite's column is text, a server's is a time."""
        return self._time >= bindparam(None, local, NullType())

    def _query(self) -> Select[Any]:
        return select(text("*")).select_from(self._table)

    def _rows(self, query: Select[Any]) -> list[dict[str, str]]:
        with self._engine.connect() as connection:
            return [_fields(row._mapping) for row in connection.execute(query)]  # noqa: SLF001 - SQLAlchemy's own way to it

    def _local(self, at: datetime) -> str:
        """A time as the table holds it."""
        return at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S")

    @staticmethod
    def _earlier(local: str) -> str:
        return (datetime.fromisoformat(local) - LONGEST_CALL).strftime("%Y-%m-%d %H:%M:%S")


def bookmark_of(number: int) -> str:
    """The place behind the row of that number."""
    return json.dumps({"id": number})


def _parsed(bookmark: str | None) -> dict[str, Any]:
    try:
        found = json.loads(bookmark or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _fields(mapping: Any) -> dict[str, str]:
    return {str(name).lower(): _text(value) for name, value in mapping.items()}


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _address(url: str, password: str | None) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        raise ConfigError(
            "records: the address of the database cannot be read: write DRIVER://USER@HOST/NAME"
        ) from None
    return address.set(password=password) if password else address


def _engine(address: URL) -> Engine:
    arguments = _ARGUMENTS.get(address.get_backend_name(), {})
    try:
        return create_engine(address, poolclass=NullPool, connect_args=arguments)
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"records: the database driver {error.name!r} is not installed here: pip install it beside secondring"
            " (for FreePBX: PyMySQL, and mysql+pymysql:// in the address)"
        ) from error
    except ArgumentError:  # an unknown dialect is one
        raise ConfigError(
            f"records: {address.render_as_string(hide_password=True)} is no address of a database that is known here:"
            " write DRIVER://USER@HOST/NAME, with a driver that SQLAlchemy has"
        ) from None
