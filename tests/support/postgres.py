"""A PostgreSQL of the tests' own: no port, a socket in a folder that only lasts as long as the session."""

import itertools
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import pytest

from secondring.store.migrate import upgrade
from secondring.store.schema import metadata
from secondring.store.sqlstore import SqlStore
from tests.support.books import KEY
from tests.support.until import until

USER, SUPER = "secondring", "postgres"
FAST = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
"""For tests that break nothing: what is kept need not survive the machine."""
PLAIN = {
    "listen_addresses": "",
    "max_connections": "60",
    "shared_buffers": "16MB",
    "autovacuum": "off",
    "max_wal_senders": "0",
    "wal_level": "minimal",
}


CUT = (
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


def name_of(url: str) -> str:
    """The database that a URL of ours names."""
    return url.rpartition("@")[2].strip("/").partition("?")[0]


def programs() -> Path:
    """The folder of the newest server that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda file: int(file.parts[4]))
    if not found:
        pytest.fail("no PostgreSQL here: `apt-get install postgresql` (scripts/test does it)")
    return found[-1].parent


class Cluster:
    """A server with databases that are made from a template in some 30 ms."""

    def __init__(self, settings: Mapping[str, str] = FAST) -> None:
        self.folder = Path(
            tempfile.mkdtemp(prefix="pg-", dir="/tmp")
        )  # a socket's path may have 107 characters
        self._settings = PLAIN | dict(settings)
        self._numbers = itertools.count(1)
        self._swept: list[str] = []
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:
            shutil.chown(self.folder, SUPER, SUPER)
            self.folder.chmod(0o755)
        self._run(
            "initdb", "-D", self.data, "-U", SUPER, "-A", "trust", "--locale=C", "-E", "UTF8", "--no-sync"
        )

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.remove()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def pid(self) -> int:
        """Its first process, the parent of all others."""
        assert self._process is not None, "it does not run"
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        options = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        command = ["postgres", "-D", self.data, "-k", self.folder, *options]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                self._as_owner(command, "--pdeathsig", "QUIT"), stdout=log, stderr=log, cwd="/"
            )
        until(self._answers, "the server's first answer", timeout=60)
        self.sql(f"DO $$ BEGIN CREATE ROLE {USER} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """SIGINT: at once, in order; SIGQUIT: as a crash would."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def remove(self) -> None:
        """Stop it, and leave nothing."""
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder)

    def url(self, name: str, user: str = USER) -> str:
        port = f"&port={self._settings['port']}" if "port" in self._settings else ""
        return f"postgresql://{user}@/{name}?host={self.folder}{port}"

    def sql(self, *statements: str, name: str = "postgres", user: str = SUPER) -> list[tuple[object, ...]]:
        """Run statements; the rows of the last one, if it has any."""
        with psycopg.connect(self.url(name, user), autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def cut(self, url: str) -> None:
        """End every session with a database, as a server that is stopped does."""
        self.sql(CUT, name=name_of(url))

    def at_lock(self, url: str, lock: int, *, waiting: bool = False) -> set[object]:
        """The sessions that have an advisory lock of a database, or that wait for it."""
        found = self.sql(
            "SELECT pid, granted FROM pg_locks JOIN pg_database ON pg_database.oid = database"  # noqa: S608 - numbers
            " WHERE datname = current_database() AND locktype = 'advisory'"
            f" AND classid = {lock >> 32} AND objid = {lock & 0xFFFFFFFF}",
            name=name_of(url),
        )
        return {pid for pid, granted in found if granted != waiting}

    @contextmanager
    def new_database(self, template: str = "template0") -> Iterator[str]:
        """The URL of a database that nobody uses afterwards: to be broken, or migrated."""
        name = f"books_{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name} OWNER {USER} TEMPLATE {template}")
        yield self.url(name)
        self.sql(f"DROP DATABASE {name} WITH (FORCE)")

    @contextmanager
    def new_books(self) -> Iterator[str]:
        """The same, migrated and tied to KEY."""
        with self.new_database(self._books) as url:
            yield url

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a migrated database without a row, tied to KEY; swept and used again, which takes 20 ms."""
        if not self._swept:
            name = f"books_{next(self._numbers)}"
            self.sql(f"CREATE DATABASE {name} OWNER {USER} TEMPLATE {self._books}")
            self._swept.append(name)
        name = self._swept.pop()
        yield self.url(name)
        self._sweep(name)
        self._swept.append(name)

    def _sweep(self, name: str) -> None:
        """Out with whoever is still there, and with every row; triggers that keep rows are asleep meanwhile."""
        deleting = [f"DELETE FROM {table}" for table in metadata.tables if table != "meta"]  # noqa: S608 - our own
        self.sql(
            CUT,
            "; ".join(["SET session_replication_role = replica", *deleting]),
            "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S'",
            name=name,
        )

    @cached_property
    def _books(self) -> str:
        self.sql(f"CREATE DATABASE empty_books OWNER {USER} TEMPLATE template0")
        upgrade(self.url("empty_books"))
        SqlStore(self.url("empty_books"), KEY).close()
        return "empty_books"

    def _answers(self) -> bool:
        try:
            self.sql("SELECT 1")
        except psycopg.OperationalError:
            assert self._process is not None
            assert self._process.poll() is None, (self.folder / "log").read_text()
            return False
        return True

    def _run(self, *command: object) -> None:
        subprocess.run(self._as_owner(command), check=True, capture_output=True, cwd="/")

    def _as_owner(self, command: "tuple[object, ...] | list[object]", *more: str) -> list[str]:
        """A server refuses to be root's."""
        program, *arguments = map(str, command)
        owner = [f"--reuid={SUPER}", f"--regid={SUPER}", "--clear-groups"] if os.geteuid() == 0 else []
        return ["setpriv", *owner, *more, str(programs() / program), *arguments]
