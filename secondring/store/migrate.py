"""Brings a database to this version's tables, from nothing or from any earlier version."""

from sqlalchemy import Connection, inspect, text

from secondring.domain.errors import ConfigError
from secondring.store.databases import database
from secondring.store.trouble import told_plainly

HEAD = "0014"
"""The newest revision in `migrations/versions`, kept here so that opening a store need not load Alembic."""


def upgrade(url: str, password: str | None = None) -> None:
    """Create or migrate the database, its folder too. Harmless to repeat, and for two processes to do at once.

    Raises ConfigError when it cannot be made, or when a newer version made it.
    """
    place = database(url, password)
    place.make()
    engine = place.open_engine("write")
    try:
        with told_plainly(place.where), place.begun(engine, "write") as connection:
            _run(connection, place.where)
    finally:
        engine.dispose()


def _run(connection: Connection, where: str) -> None:
    _refuse_newer(revision(connection), where)
    from alembic import command  # noqa: PLC0415 - 15 MB and 100 ms that only a migration needs
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "secondring.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def is_current(url: str, password: str | None = None) -> bool:
    """True for a database that there is, and that has this version's tables."""
    place = database(url, password)
    if not place.is_there():
        return False
    engine = place.open_engine("read")
    try:
        with told_plainly(place.where), place.begun(engine, "read") as connection:
            return revision(connection) == HEAD
    finally:
        engine.dispose()


def revision(connection: Connection) -> str | None:
    """The revision of a database; None when it was never migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def require_head(connection: Connection, where: str) -> None:
    """Raise ConfigError unless the database has exactly the tables that this version knows."""
    found = revision(connection)
    _refuse_newer(found, where)
    if found != HEAD:
        raise ConfigError(
            f"{where}: the database is at revision {found or 'none'}, this version needs {HEAD}:"
            " run `secondring migrate`"
        )


def _refuse_newer(found: str | None, where: str) -> None:
    """Revisions are numbered in order, so a larger one is a later version's: there is no way back from it here."""
    if found is not None and found > HEAD:
        raise ConfigError(
            f"{where}: the database was made by a newer version of Second Ring (revision {found}; this one knows"
            f" {HEAD}). Install that version again, or restore the copy made before the upgrade."
        )
