"""How the books are opened in PostgreSQL, by psycopg: the one module that knows this driver.

All writers take turns, as they do in SQLite: the casework reads ("is there an episode?") and then writes, and must not
be overtaken in between. A turn is a lock of the database's own that ends with its transaction, whatever becomes of
its holder. Why that, and not SERIALIZABLE: docs/decisions.md.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import Any, Literal
from urllib.parse import SplitResult, unquote, urlsplit
from zlib import crc32

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from secondring.domain.errors import ConfigError, StoreBusy
from secondring.store.agreed import BUSY_WAIT
from secondring.store.columns import lend_vault
from secondring.store.held import MISSED_SOON, Held
from secondring.store.trouble import told_plainly
from secondring.store.vault import Vault

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict
    from psycopg.types.string import StrDumper
except ImportError as error:
    raise ConfigError(
        f"database.url: PostgreSQL needs a driver that is not here: {sys.prefix}/bin/pip install 'psycopg[binary]'"
    ) from error

Mode = Literal["write", "read"]
OLDEST = 13
"""`pg_current_snapshot` came with 13."""
READERS_KEPT, READERS_MOST = 2, 14
"""A server takes 100 connections unless told otherwise, and several of our processes share them."""
TURN = 0x5345434F_4E445257
"""What writers' turns are called among the database's advisory locks."""
MIGRATING = 0x5345434F_4E44524D
"""What bringing the tables up to date is called there."""
MIGRATION_WAIT = 60.0
SERVICE = 0x5345434F_4E445253
"""What the one service is called there."""
_OPENING = {"write": f"SELECT pg_advisory_xact_lock({TURN})", "read": "SELECT 1"}
_PATIENCE: dict[str, object] = {
    "connect_timeout": 5,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
    "application_name": "secondring",
}
"""A server that is gone is known to be gone after some ten seconds, not after the kernel's quarter of an hour."""
_HANGS = 30_000
"""Milliseconds: a process that is stopped in the middle of its turn loses it, and the others go on."""

_MANNERS = (
    "SELECT set_config('lock_timeout', %s, false),"
    " set_config('idle_in_transaction_session_timeout', %s, false),"
    " CASE current_setting('synchronous_commit') WHEN 'off'"
    " THEN set_config('synchronous_commit', 'on', false) END, " + MISSED_SOON
)
"""How long a session waits, that a commit counts only once on the server's disk, and when the server misses us."""


class Postgres:
    """`Database` on a server."""

    def __init__(self, url: str, password: str | None = None) -> None:
        parts = _split(url)
        self._asked: dict[str, Any] = _PATIENCE | conninfo_to_dict(url)
        self._password = password
        self.where = f"postgresql://{unquote(parts.netloc)}{parts.path}"

    def make(self) -> None:
        """There is nothing to make: a server's databases are made by whoever runs the server."""
        self.require()

    def require(self) -> None:
        """Raise ConfigError unless there is a database that can keep our books."""
        with told_plainly(self.where), self.connected() as connection:
            version = connection.info.server_version // 10_000
            encoding = connection.info.parameter_status("server_encoding")
        if version < OLDEST:
            raise ConfigError(
                f"{self.where}: this server is PostgreSQL {version}; {OLDEST} is the oldest that will do"
            )
        if encoding != "UTF8":
            raise ConfigError(
                f"{self.where}: the database keeps text as {encoding}, and names need UTF8:"
                " make it anew with `createdb --encoding UTF8 --template template0`"
            )

    def is_there(self) -> bool:
        """Whoever names a server is told when it cannot be reached: a database is not taken for missing."""
        return True

    def open_engine(self, mode: Mode, vault: Vault | None = None, *, wait: timedelta = BUSY_WAIT) -> Engine:
        """The writing engine has one connection: this process's writers queue here, not at the server."""
        writing = mode == "write"
        engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: self.connect(mode, wait),
            hide_parameters=True,
            poolclass=QueuePool,
            pool_size=1 if writing else READERS_KEPT,
            max_overflow=0 if writing else READERS_MOST,
            pool_timeout=wait.total_seconds(),
        )
        if vault is not None:
            lend_vault(engine.dialect, vault)
        return engine

    @contextmanager
    def begun(self, engine: Engine, mode: Mode) -> Iterator[Connection]:
        """The first statement finds out whether a kept connection still lives, before anything was done on it."""
        with engine.connect() as connection:
            _open(connection, _OPENING[mode])
            with connection.get_transaction() or connection.begin():
                yield connection

    @contextmanager
    def migrating(self, engine: Engine) -> Iterator[Connection]:
        """Outside any transaction: each migration is one, and services go on beside them.

        Who waits for the other to have migrated asks again and again: a statement that waits would itself be waited for
        by an index that is being made beside the writers.
        """
        with engine.connect() as connection:
            deadline = time.monotonic() + MIGRATION_WAIT
            while not connection.exec_driver_sql(f"SELECT pg_try_advisory_lock({MIGRATING})").scalar():
                connection.commit()
                if time.monotonic() > deadline:
                    raise StoreBusy(f"{self.where}: somebody else migrates it: try again when they are done")
                time.sleep(0.1)
            connection.commit()
            try:
                yield connection
                connection.commit()
            finally:
                connection.rollback()
                connection.exec_driver_sql(f"SELECT pg_advisory_unlock({MIGRATING})")
                connection.commit()

    def mark(self, connection: Connection) -> object:
        """Two snapshots of one name see the same transactions; reading alone makes no new one."""
        return connection.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar_one()

    @contextmanager
    def alone(self, service: str, command: str, *, shared: bool = False) -> Iterator[None]:
        """A lock of the session, which is named after the command; taken again when the session was cut."""
        name = {"application_name": f"secondring {command}"[:60]}
        lock = SERVICE ^ crc32(service.encode())
        held = Held(lambda: self.connect_plainly(**name), lock, f"{self.where}: `{service}`", shared=shared)
        held.take()
        try:
            yield
        finally:
            held.give_back()

    def size(self, connection: Connection) -> int:
        return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())

    def tidy(self, engine: Engine) -> None:
        """The server's log is the server's own: it is written over by and by."""

    def compact(self, engine: Engine) -> None:  # noqa: ARG002
        """VACUUM FULL, which is no part of a transaction."""
        with self.connected() as connection:
            connection.execute("VACUUM FULL")

    @contextmanager
    def connected(self) -> Iterator["psycopg.Connection[Any]"]:
        """A connection outside any pool, each statement its own transaction."""
        connection = self.connect_plainly()
        try:
            yield connection
        finally:
            connection.close()

    def connect_plainly(self, **more: str) -> "psycopg.Connection[Any]":
        """A connection of its own, each statement its own transaction."""
        return psycopg.connect(**self._with_password | more, autocommit=True)

    def connect(self, mode: Mode, wait: timedelta) -> "psycopg.Connection[Any]":
        """A connection for a pool."""
        connection = self.connect_plainly()
        connection.adapters.register_dumper(str, _Words)
        waits, hangs = wait // timedelta(milliseconds=1), _HANGS if mode == "write" else 0
        connection.execute(_MANNERS, (str(waits), str(hangs)))
        connection.autocommit = False
        if mode == "read":
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
        return connection

    @cached_property
    def _with_password(self) -> dict[str, Any]:
        return self._asked if self._password is None else self._asked | {"password": self._password}


class _Words(StrDumper):
    """PostgreSQL keeps no NUL in text, and what a stranger sends may hold one."""

    def dump(self, obj: str) -> Any:
        return super().dump(obj.replace("\x00", "\ufffd") if "\x00" in obj else obj)


def _open(connection: Connection, statement: str) -> None:
    """The first statement of a transaction, once more on another connection when the kept one was cut."""
    try:
        connection.exec_driver_sql(statement)
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        connection.rollback()
        connection.exec_driver_sql(statement)


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ConfigError("database.url: is no address: write postgresql://USER@HOST/NAME") from None
    if parts.password is not None:
        raise ConfigError(
            "database.url: holds a password: take it out, and name the file that it is in as database.password_file"
        )
    return parts
