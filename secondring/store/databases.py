"""The kinds of database that books are kept in, behind one face.

SQLite is a file and needs nothing; PostgreSQL is a server that several machines can share. All that tells them
apart stands in `engine` and `postgres`; how SQL itself differs, in `sql.page`.
"""

from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Literal, Protocol

from sqlalchemy import Connection, Engine

from secondring.store.agreed import BUSY_WAIT
from secondring.store.engine import SqliteFile
from secondring.store.vault import Vault

POSTGRESQL = "postgresql"


class Database(Protocol):
    """One database of some kind."""

    @property
    def where(self) -> str:
        """How it is named in messages: no password in it."""
        ...

    def make(self) -> None:
        """See to it that there is one to make tables in; raises ConfigError with what to do."""
        ...

    def require(self) -> None:
        """Raise ConfigError when there is none."""
        ...

    def is_there(self) -> bool:
        """Whether there is one; raises ConfigError when that cannot be told."""
        ...

    def open_engine(
        self, mode: Literal["write", "read"], vault: Vault | None = None, *, wait: timedelta = BUSY_WAIT
    ) -> Engine:
        """An engine whose connections write, each in its turn, or read one moment."""
        ...

    def begun(self, engine: Engine, mode: Literal["write", "read"]) -> AbstractContextManager[Connection]:
        """A connection in a transaction: committed when the block ends, rolled back when it raises."""
        ...

    def migrating(self, engine: Engine) -> AbstractContextManager[Connection]:
        """A connection for migrations, for one process at a time."""
        ...

    def mark(self, connection: Connection) -> object:
        """Another one as soon as somebody else has committed something; to ask costs microseconds."""
        ...

    def alone(self, service: str, command: str, *, shared: bool = False) -> AbstractContextManager[None]:
        """Be the only one to be that service; raises ConfigError naming the one that already is.

        `shared`: others may be it too where the database is made for several machines, but nobody alone meanwhile.
        """
        ...

    def size(self, connection: Connection) -> int:
        """The bytes that it takes on its disk."""
        ...

    def tidy(self, engine: Engine) -> None:
        """Let nothing of what was removed stand in a log; raises StoreBusy when others are in the way."""
        ...

    def compact(self, engine: Engine) -> None:
        """Give back the room that removed things took. Nobody else can write meanwhile."""
        ...


def database(url: str, password: str | None = None) -> Database:
    """The database of a URL; raises ConfigError for a kind that is not known."""
    if url.partition(":")[0] == POSTGRESQL:
        from secondring.store.postgres import Postgres  # noqa: PLC0415 - its driver costs memory that SQLite's users keep

        return Postgres(url, password)
    return SqliteFile(url)
