"""Backups: a SQLite file with everything in it, whichever database it was taken from and whichever it goes back to.

One format for both kinds, made of the rows themselves: a backup of a server can be looked at, tried and restored
on a laptop without that server, and no second program (pg_dump, of the right version) has to be there.
Numbers and texts stay sealed in it; the key is no part of it.
"""

import hashlib
import itertools
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from sqlalchemy import Connection

from secondring.domain.errors import ConfigError, PeerError
from secondring.store.databases import Database
from secondring.store.engine import SqliteFile
from secondring.store.migrate import HEAD, upgrade
from secondring.store.moving import Progress, as_rows, clear, copy, counts, require_empty, require_same_key
from secondring.store.schema import meta, metadata
from secondring.store.trouble import told_plainly

PAGES = 2000
"""Of 4 kB, between two words about how far it is."""
_CHUNK = 1 << 20
_SAY_FORCE = "say --force to replace them, or choose another database"
_EMPTY_ONE = "choose an empty database (`createdb`): a move never replaces books"


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that was taken or put back."""

    file: Path
    bytes: int
    sha256: str
    revision: str
    rows: Mapping[str, int]
    replaced: Path | None = None
    """Where the books lie that were there before."""


def take(source: Database, file: Path, *, force: bool, tell: Progress) -> Backup:
    """Write a backup while everything goes on; raises ConfigError for a file that there is already.

    It gets its name when it is whole, checked and on the disk: there is no half a backup.
    """
    if file.exists() and not force:
        raise ConfigError(f"{file}: there is such a file already: choose another name, or say --force")
    half = _new(file.with_name(f".{file.name}.partial"))
    try:
        if isinstance(source, SqliteFile):
            _copy_file(source.file, half, tell)
        else:
            _copy_rows(source, half, tell)
        found = look(half)
        _on_the_disk(half)
        half.replace(file)
        _on_the_disk(file.parent)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
    return Backup(file, found.bytes, found.sha256, found.revision, found.rows)


def look(file: Path) -> Backup:
    """Examine a backup; raises ConfigError when it is none, is damaged, or a newer version's."""
    if not file.is_file():
        raise ConfigError(f"{file}: there is no such backup")
    try:
        with closing(_open(file, "ro")) as books:
            damage = [row[0] for row in books.execute("PRAGMA integrity_check(1)")]
            orphans = books.execute("PRAGMA foreign_key_check").fetchone()
            (found,) = books.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise ConfigError(
            f"{file}: it is no backup of ours, or damaged ({error}): take another one"
        ) from error
    if damage != ["ok"] or orphans:
        raise ConfigError(f"{file}: it is damaged: take another one")
    if found > HEAD:
        raise ConfigError(
            f"{file}: a newer version of Second Ring took it (revision {found}; this one knows {HEAD}):"
            " install that version again"
        )
    rows = _counted(file) if found == HEAD else {}
    return Backup(file, file.stat().st_size, _sha256(file), found, rows)


def put_back(
    file: Path, target: Database, url: str, password: str | None, *, force: bool, tell: Progress
) -> Backup:
    """Restore a backup into the database of a URL; raises ConfigError when books are there and `force` is not said.

    Nobody else may use the database meanwhile: the caller sees to that. An older version's backup is brought to this
    version first, in a copy of its own.
    """
    found = look(file)
    with TemporaryDirectory(prefix=".restore-", dir=_room_for(target, file)) as folder:
        whole = Path(folder) / "books.db"
        _copy_file(file, _new(whole), tell)
        upgrade(f"sqlite:///{whole}")
        replaced = None
        if isinstance(target, SqliteFile):
            replaced = _put_in_place(whole, target, force=force)
        else:
            upgrade(url, password)
            move(SqliteFile(f"sqlite:///{whole}"), target, force=force, tell=tell, remedy=_SAY_FORCE)
    return Backup(file, found.bytes, found.sha256, found.revision, _rows_of(target), replaced)


def move(
    source: Database, target: Database, *, force: bool, tell: Progress, remedy: str = _EMPTY_ONE
) -> dict[str, int]:
    """All books of one database into another one; raises ConfigError unless that is empty, or `force` is said."""
    from_engine, to_engine = source.open_engine("read"), target.open_engine("write")
    try:
        with (
            told_plainly(target.where),
            source.begun(from_engine, "read") as reading,
            target.begun(to_engine, "write") as writing,
        ):
            require_same_key(reading, writing, source.where)
            if force and writing.dialect.name != "sqlite":
                clear(writing)
            else:
                require_empty(writing, target.where, remedy)
            return as_rows(copy(reading, writing, where=source.where, tell=tell))
    finally:
        from_engine.dispose()
        to_engine.dispose()


def _copy_rows(source: Database, file: Path, tell: Progress) -> None:
    upgrade(f"sqlite:///{file}")
    move(source, SqliteFile(f"sqlite:///{file}"), force=False, tell=tell)
    _close_log(file)


def _copy_file(source: Path, target: Path, tell: Progress) -> None:
    """One moment of the file, while others write: a reader's view is held for as long as it takes."""

    def step(_status: int, left: int, total: int) -> None:
        tell(source.name, total - left, total)

    with closing(_open(source, "ro")) as books, closing(_open(target, "rw")) as copied:
        books.execute("BEGIN")
        books.execute("SELECT count(*) FROM sqlite_master").fetchone()
        books.backup(copied, pages=PAGES, progress=step, sleep=0)
        books.execute("ROLLBACK")
    _close_log(target)


def _close_log(file: Path) -> None:
    """A backup is one file: no log beside it."""
    with closing(_open(file, "rw")) as books:
        books.execute("PRAGMA journal_mode = DELETE")


def _put_in_place(whole: Path, target: SqliteFile, *, force: bool) -> Path | None:
    """The old file, if there is one with books, stays beside the new one; gives where."""
    replaced = None
    if target.is_there():
        if not force and _rows_of(target):
            raise ConfigError(f"{target.where}: there are books in it already: {_SAY_FORCE}")
        _require_key_of(whole, target)
        _fold(target.file)
        if target.file.stat().st_size:
            replaced = target.file.replace(_free_name(target.file))
    _close_log(whole)
    _on_the_disk(whole)
    if os.geteuid() == 0:  # who restores is root, who works with it is whoever has the folder
        folder = target.file.parent.stat()
        os.chown(whole, folder.st_uid, folder.st_gid)
    whole.replace(target.file)
    _on_the_disk(target.file.parent)
    return replaced


def _free_name(file: Path) -> Path:
    """What was replaced before is not replaced by this."""
    names = (file.with_name(f"{file.name}.replaced{f'-{n}' if n > 1 else ''}") for n in itertools.count(1))
    return next(name for name in names if not name.exists())


def _require_key_of(whole: Path, target: Database) -> None:
    try:
        with _looking(SqliteFile(f"sqlite:///{whole}")) as new, _looking(target) as old:
            require_same_key(new, old, "the backup")
    except PeerError:
        return  # what is to be replaced cannot be read: that is why it is replaced


def _fold(file: Path) -> None:
    """Nothing of the old file may stay in a log: it would be taken for the new one's."""
    with closing(_open(file, "rw")) as books:
        try:
            books.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            books.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error:
            pass  # damaged: kept as it is
    for log in ("-wal", "-shm"):
        file.with_name(f"{file.name}{log}").unlink(missing_ok=True)


@contextmanager
def _looking(place: Database) -> Iterator[Connection]:
    engine = place.open_engine("read")
    try:
        with told_plainly(place.where), place.begun(engine, "read") as connection:
            yield connection
    finally:
        engine.dispose()


def _rows_of(place: Database) -> dict[str, int]:
    """How many rows each table has that has any; nothing where there are no tables, or none that can be read."""
    with _looking(place) as connection:
        return {name: rows for name, rows in counts(connection).items() if rows and name != meta.name}


def _counted(file: Path) -> dict[str, int]:
    """The same of a file that is not to be touched: our own way of opening one gives it a log."""
    with closing(_open(file, "ro")) as books:
        found = {
            name: int(books.execute(f"SELECT count(*) FROM {name}").fetchone()[0])  # noqa: S608 - our own names
            for name in metadata.tables
        }
    return {name: rows for name, rows in found.items() if rows and name != meta.name}


def _room_for(target: Database, file: Path) -> Path:
    """Where a copy of the size of the books has room: beside them, or beside the backup."""
    if not isinstance(target, SqliteFile):
        return file.parent
    target.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return target.file.parent


def _new(file: Path) -> Path:
    """An empty file that only we can read."""
    try:
        file.unlink(missing_ok=True)
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except OSError as error:
        raise ConfigError(f"{file.parent}: {error.strerror}: choose a folder that can be written") from error
    return file


def _open(file: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(file.absolute()))}?mode={mode}", uri=True, timeout=5, isolation_level=None
    )


def _on_the_disk(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _sha256(file: Path) -> str:
    made = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(_CHUNK):
            made.update(chunk)
    return made.hexdigest()
