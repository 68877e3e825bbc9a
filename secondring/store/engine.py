"""How the database is opened: SQLite with a write-ahead log, every commit on the disk before it counts."""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.pool import QueuePool

from secondring.domain.errors import ConfigError, StoreBusy
from secondring.store.agreed import BUSY_WAIT
from secondring.store.columns import lend_vault
from secondring.store.file_lock import locked
from secondring.store.vault import Vault

FOLD_PAUSE = 0.1
TIDY_TRIES = 50
READERS_KEPT = 4
READERS_MOST = 60
"""asyncio's threads are at most 32 (os.cpu_count() + 4), so a reader never queues for a connection."""

Mode = Literal["write", "read"]
_BEGIN = {"write": "BEGIN IMMEDIATE", "read": "BEGIN DEFERRED"}
"""Immediate: a write lock taken at the start cannot fail half-way because somebody else wrote since."""

_PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "temp_store = MEMORY",
    "secure_delete = ON",  # what is removed or written over is overwritten with zeros, in every page it was in
)
_EXAMPLE = "sqlite:////var/lib/secondring/secondring.db"


def sqlite_file(url: str) -> Path:
    """The file of a `sqlite:///` URL, taken as it is written; raises ConfigError for anything else."""
    scheme, _, rest = url.partition("://")
    if scheme != "sqlite" or not rest.startswith("/") or rest in {"/", "/:memory:"}:
        raise ConfigError(
            f"database.url: {scheme.split(':')[0][:20]}: no database that this version can use: write {_EXAMPLE}"
            " or postgresql://USER@HOST/NAME"
        )
    return Path(rest[1:])


class SqliteFile:
    """`Database` in a file of this machine."""

    def __init__(self, url: str) -> None:
        self.file = sqlite_file(url)

    @property
    def where(self) -> str:
        return str(self.file)

    def make(self) -> None:
        create_file(self.file)

    def require(self) -> None:
        if not self.file.exists():
            raise ConfigError(f"database.url: there is no {self.file}: run `secondring migrate` to make it")

    def is_there(self) -> bool:
        try:
            return self.file.exists()
        except OSError as error:
            raise ConfigError(
                f"database.url: {self.file}: {error.strerror}: run this as root or as the service's user"
            ) from error

    def open_engine(self, mode: Mode, vault: Vault | None = None, *, wait: timedelta = BUSY_WAIT) -> Engine:
        """An engine on a file that exists.

        The writing engine has one connection: writers of this process queue for it, in the order they came,
        rather than poll SQLite's lock.
        """
        writing, seconds = mode == "write", wait.total_seconds()
        engine = create_engine(
            "sqlite://",
            creator=lambda: _connect(self.file, seconds),
            hide_parameters=True,
            poolclass=QueuePool,
            pool_size=1 if writing else READERS_KEPT,
            max_overflow=0 if writing else READERS_MOST,
            pool_timeout=seconds,
        )
        if vault is not None:
            lend_vault(engine.dialect, vault)
        return engine

    @contextmanager
    def begun(self, engine: Engine, mode: Mode) -> Iterator[Connection]:
        """Said here and not in an event listener, because listeners slow every statement down."""
        with engine.begin() as connection:
            connection.exec_driver_sql(_BEGIN[mode])
            yield connection

    @contextmanager
    def migrating(self, engine: Engine) -> Iterator[Connection]:
        """All migrations in one transaction: a file that cannot be brought to this version stays as it was."""
        with self.begun(engine, "write") as connection:
            yield connection

    def mark(self, connection: Connection) -> object:
        """SQLite's `data_version` (sqlite.org/pragma.html)."""
        return connection.exec_driver_sql("PRAGMA data_version").scalar_one()

    @contextmanager
    def alone(self, service: str, command: str, *, shared: bool = False) -> Iterator[None]:  # noqa: ARG002 - one machine
        with locked(self.file, service, command):
            yield

    def size(self, connection: Connection) -> int:  # noqa: ARG002 - a server has to be asked
        return self.file.stat().st_size

    def tidy(self, engine: Engine) -> None:
        fold(engine, tries=TIDY_TRIES)

    def compact(self, engine: Engine) -> None:
        with engine.connect() as connection:
            connection.exec_driver_sql("VACUUM")
        self.tidy(engine)


def create_file(file: Path) -> None:
    """Make an empty database that only we can read, unless there is one; its log gets the same mode.

    A folder that is missing is made; it is nobody else's to look into.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise ConfigError(
            f"database.url: {file}: {error.strerror}: its folder must exist and belong to the service's user"
        ) from error


def fold(engine: Engine, *, tries: int) -> None:
    """Bring the write-ahead log into the database and cut it to nothing.

    While it waits for readers nobody may write: so it never waits, but tries again a little later.
    """
    for _ in range(tries):
        with engine.connect() as connection:
            wait = connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one()
            connection.exec_driver_sql("PRAGMA busy_timeout = 0")
            try:
                busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar_one()
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {wait}")
        if not busy:
            return
        time.sleep(FOLD_PAUSE)
    raise StoreBusy(
        "the write-ahead log could not be cut: somebody reads all the time; it is tried again next time"
    )


def _connect(file: Path, seconds: float) -> sqlite3.Connection:
    """Open the file, and never create it: an empty database in the wrong place is worse than none."""
    connection = sqlite3.connect(
        f"file:{quote(str(file.absolute()))}?mode=rw",
        uri=True,
        timeout=seconds,
        isolation_level=None,  # the driver is not to begin transactions on its own
        check_same_thread=False,  # a pooled connection serves one thread after another, never two at once
    )
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection
