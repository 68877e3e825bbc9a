"""`backup`, `restore` and `migrate --from`: the books as a whole, from one place to another."""

import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from secondring import wiring
from secondring.cli.chosen import config_directory
from secondring.cli.common import Json, count, print_json
from secondring.cli.configured import settings
from secondring.domain.errors import ConfigError
from secondring.domain.pulse import Service
from secondring.store import backup as copies
from secondring.store.alone import alone
from secondring.store.backup import Backup
from secondring.store.databases import database
from secondring.store.engine import SqliteFile

EVERY = 1.0
"""Seconds between two words about how far it is."""
ADVICE = (
    "The key (database.key_file) is not in it and belongs into another place:"
    " without it nobody can read a number or a text."
)

Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup: one file.")]


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(backup)
    app.command()(restore)


def backup(file: File, force: Force = False, json: Json = False) -> None:
    """Write everything that is kept into one file, while the services go on. The key is not in it."""
    chosen, began = settings(), time.monotonic()
    wiring.open_store(chosen).close()
    place = database(chosen.database_url, wiring.database_password(chosen))
    found = copies.take(place, file.absolute(), force=force, tell=_Teller(quiet=json))
    _say(found, "Written", time.monotonic() - began, json=json)


def restore(file: File, force: Force = False, json: Json = False) -> None:
    """Put a backup back into the configured database, SQLite or PostgreSQL. The services must be stopped."""
    chosen, began = wiring.load_files(config_directory()), time.monotonic()
    url, password = chosen.database_url, wiring.database_password(chosen)
    place = database(url, password)
    place.make()
    with wiring.closed(chosen, "restore"):
        tell = _Teller(quiet=json)
        found = copies.put_back(file.absolute(), place, url, password, force=force, tell=tell)
        wiring.open_store(chosen).close()
    _say(found, "Put back", time.monotonic() - began, json=json)


def books_to_move(source: str) -> SqliteFile:
    """The file that `migrate --from` names, by its path or its URL."""
    url = f"sqlite:///{source}" if source.startswith("/") else source
    try:
        old = SqliteFile(url)
    except ConfigError:
        raise ConfigError("--from: names no SQLite file: write sqlite:////whole/path.db") from None
    if not old.is_there():
        raise ConfigError(f"--from: there is no {old.file}: name the file that holds the books now")
    if url == settings().database_url:
        raise ConfigError(
            "--from names the database that is configured: point database.url at the new one first"
        )
    return old


def move_here(old: SqliteFile) -> None:
    """What `migrate --from` does."""
    chosen, source = settings(), f"sqlite:///{old.file}"
    with ExitStack() as both:
        both.enter_context(wiring.closed(chosen, "migrate"))
        for service in Service:
            both.enter_context(alone(source, service, "migrate"))
        new = database(chosen.database_url, wiring.database_password(chosen))
        rows = copies.move(old, new, force=False, tell=_Teller(quiet=False))
        wiring.open_store(chosen).close()
    sys.stdout.write(
        f"{count(sum(rows.values()), 'row')} moved from {old.where} to {new.where}, and read again: all are there.\n"
        f"The old file was not touched; remove it once you are content, with its copies: it holds patients' data.\n"
    )


def _say(found: Backup, done: str, seconds: float, *, json: bool) -> None:
    if json:
        print_json(
            [
                {
                    "file": str(found.file),
                    "bytes": found.bytes,
                    "sha256": found.sha256,
                    "revision": found.revision,
                    "rows": dict(found.rows),
                    "replaced": found.replaced and str(found.replaced),
                    "seconds": round(seconds, 3),
                }
            ]
        )
        return
    sys.stdout.write(
        f"{done}: {found.file}, {found.bytes / 1e6:,.1f} MB, {count(_total(found.rows), 'row')}, checked;"
        f" {seconds:,.1f} s.\n"
        f"SHA-256 {found.sha256}\n{ADVICE}\n"
    )
    if found.replaced is not None:
        sys.stdout.write(f"What was there before lies at {found.replaced}; remove it once you are content.\n")


def _total(rows: Mapping[str, int]) -> int:
    return sum(rows.values())


class _Teller:
    """How far it is, on the terminal, once a second."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._said = time.monotonic()

    def __call__(self, what: str, done: int, total: int) -> None:
        if self._quiet or time.monotonic() - self._said < EVERY:
            return
        self._said = time.monotonic()
        sys.stderr.write(f"  {what}: {done:,} of {total:,}\n")
