"""The books in a database. `migrate.upgrade` makes the tables first."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Literal

from sqlalchemy import Connection, select

from secondring.domain.errors import ConfigError
from secondring.domain.ports import Books, Watch
from secondring.store.agreed import BUSY_WAIT
from secondring.store.databases import database
from secondring.store.keys import Key
from secondring.store.migrate import require_head
from secondring.store.schema import KEY_CHECK, meta
from secondring.store.sql.books import SqlBooks
from secondring.store.sql.brakes import Counts
from secondring.store.sql.page import keep, of_dialect
from secondring.store.trouble import told_plainly
from secondring.store.vault import Vault
from secondring.store.watching import SqlWatch

_CHECK = select(meta.c.value).where(meta.c.name == KEY_CHECK)
_SET_CHECK = keep(meta, "name")


class SqlStore:
    """`Store` in a database, for any number of threads and processes at once.

    Writers of all processes take turns; each waits up to `wait` for its own, then StoreBusy is raised.
    Readers see the books as they were at their first look, and wait for nobody.
    A transaction inside a transaction of the same thread would wait for itself: it ends in StoreBusy.
    """

    def __init__(
        self, url: str, key: Key, *, password: str | None = None, wait: timedelta = BUSY_WAIT
    ) -> None:
        """Open a migrated database; raises ConfigError when missing, of another version or another key."""
        self._database = database(url, password)
        self._where = self._database.where
        self._database.require()
        self._counts: Counts = {}
        vault = Vault(key)
        self._writing = self._database.open_engine("write", vault, wait=wait)
        self._reading = self._database.open_engine("read", vault, wait=wait)
        try:
            self._check_in(vault)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[Books]:
        """Read and write; on the disk when the block ends, undone when it raises.

        Raises StoreBusy, StoreFull or StoreBroken when the database fails, and UnknownThing when something
        saved names an episode that does not exist.
        """
        with told_plainly(self._where), self._begun("write") as connection:
            books = SqlBooks(connection, writable=True)
            books.counts = self._counts
            yield books
        self._counts = books.counts

    @contextmanager
    def reading(self) -> Iterator[Books]:
        """Read only, one moment of the books throughout; never waits for a writer."""
        with told_plainly(self._where), self._begun("read") as connection:
            yield SqlBooks(connection, writable=False)

    def watch(self) -> Watch:
        """A connection of its own that looks for what others commit."""
        return SqlWatch(self._database, self._reading)

    def tidy(self) -> None:
        """Fold the log into the database and cut it to nothing, so that it holds nothing of what was removed.

        Raises StoreBusy when a reader or a writer was in the way all the time.
        """
        with told_plainly(self._where):
            self._database.tidy(self._writing)

    def compact(self) -> None:
        """Write the database anew, without the room that removed things took. Nobody else can write meanwhile, and the
        disk needs room for a second copy. Raises StoreBusy when somebody writes or reads.
        """
        with told_plainly(self._where):
            self._database.compact(self._writing)

    @property
    def where(self) -> str:
        """How the database is named in messages: no password in it."""
        return self._where

    def size(self) -> int:
        """The bytes that the database takes on its disk."""
        with told_plainly(self._where), self._begun("read") as connection:
            return self._database.size(connection)

    def close(self) -> None:
        """Give back all connections. The last process to leave folds the log into the database."""
        self._reading.dispose()
        self._writing.dispose()

    def _begun(self, mode: Literal["write", "read"]) -> AbstractContextManager[Connection]:
        return self._database.begun(self._writing if mode == "write" else self._reading, mode)

    def _check_in(self, vault: Vault) -> None:
        with told_plainly(self._where), self._begun("read") as connection:
            require_head(connection, self._where)
            known = connection.execute(_CHECK).scalar()
        if known is None:
            with told_plainly(self._where), self._begun("write") as connection:
                known = _first_check(connection, vault.check)
        if known != vault.check:
            raise ConfigError(
                f"{self._where}: this is not the key that the database was made with:"
                " point database.key_file at the right one, or restore it from its backup"
            )


def _first_check(connection: Connection, check: bytes) -> bytes:
    """Tie a new database to its key, unless another process was faster; returns what it is tied to."""
    connection.execute(of_dialect(_SET_CHECK, connection), {"name": KEY_CHECK, "value": check})
    return bytes(connection.execute(_CHECK).scalar_one())
