"""What the driver says when the database fails, in our words and with a remedy."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from secondring.domain.errors import PeerError, StoreBroken, StoreBusy, StoreDamaged, StoreFull
from secondring.store.agreed import no_such_episode
from secondring.store.postgres_trouble import explain_postgres

PRIMARY_CODE = 0xFF
"""SQLite's extended result codes carry the primary one in their low byte (sqlite.org/rescode.html)."""


@contextmanager
def told_plainly(where: str) -> Iterator[None]:
    """Raise database failures inside as PeerErrors that name the database and what to do."""
    try:
        yield
    except DBAPIError as error:
        raise explain(where, error.orig) from error
    except PoolTimeout as error:
        raise busy(where) from error
    except sqlite3.Error as error:
        raise explain(where, error) from error
    except Exception as error:
        if not _is_postgres(error):
            raise
        raise explain(where, error) from error


def explain(where: str, error: BaseException | None) -> Exception:
    """The error of ours that a driver's error means."""
    if error is not None and _is_postgres(error):
        return explain_postgres(where, error)
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    name = getattr(error, "sqlite_errorname", type(error).__name__)
    if code == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
        return no_such_episode()
    if code & PRIMARY_CODE in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return busy(where)
    if code & PRIMARY_CODE == sqlite3.SQLITE_FULL:
        return StoreFull(f"{where}: the disk is full and nothing was written: free some space on it")
    return _broken(where, code & PRIMARY_CODE, name)


def _is_postgres(error: BaseException) -> bool:
    """Told without the driver, which is not loaded where the books are in a file."""
    return any(kind.__module__.partition(".")[0] == "psycopg" for kind in type(error).__mro__)


def busy(where: str) -> StoreBusy:
    """Somebody else is writing, and went on for longer than we wait."""
    return StoreBusy(
        f"{where}: another writer kept the database locked; nothing was written."
        " Try again; if it persists, look for a process that hangs: `fuser -v` on the file"
    )


_OWNER = "check owner and mode of the file and of its folder"
_RESTORE = "stop the service and restore it from a backup"
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_REMEDIES = {
    sqlite3.SQLITE_READONLY: f"it may not be written: {_OWNER}, and whether its disk has become read-only",
    sqlite3.SQLITE_PERM: f"the service's user may not open it: {_OWNER}",
    sqlite3.SQLITE_CANTOPEN: f"it cannot be opened: {_OWNER}",
    sqlite3.SQLITE_CORRUPT: f"it is damaged: {_RESTORE}",
    sqlite3.SQLITE_NOTADB: f"it is damaged, or no database: {_RESTORE}",
    sqlite3.SQLITE_IOERR: "the disk failed or is read-only, or a quota is used up: see the kernel's log, then the disk",
}


def _broken(where: str, code: int, name: str) -> PeerError:
    remedy = _REMEDIES.get(
        code, "this is a defect of Second Ring or a foreign hand in the database: report it"
    )
    kind = StoreDamaged if code in _DAMAGE else StoreBroken
    return kind(f"{where}: {remedy} ({name})")
