"""Brings a database to this version's tables, from nothing or from any earlier version."""

from sqlalchemy import Connection, inspect, select, text

from secondring.domain.errors import ConfigError
from secondring.store.databases import database
from secondring.store.schema import meta
from secondring.store.sql.page import of_dialect, put
from secondring.store.trouble import told_plainly

HEAD = "0015"
"""The newest revision in `migrations/versions`, kept here so that opening a store need not load Alembic."""
WORKS_WITH = "0012"
"""The oldest revision whose code works with the tables of HEAD: a version that still runs, or starts again, while the
next one has migrated already, goes on. Raised when a migration takes something away that no code has used since."""
_OLDEST = "oldest code"
_SAY_OLDEST = put(meta, "name")


def upgrade(url: str, password: str | None = None) -> str | None:
    """Create or migrate the database, its folder too. Harmless to repeat, and for two processes to do at once.

    Gives the revision that it was at; None where it is new.

    Raises ConfigError when it cannot be made, or when a newer version made it; StoreBusy when somebody kept a table.
    """
    place = database(url, password)
    place.make()
    engine = place.open_engine("write")
    try:
        with told_plainly(place.where), place.migrating(engine) as connection:
            return _run(connection, place.where)
    finally:
        engine.dispose()


def _run(connection: Connection, where: str) -> str | None:
    """A later version's tables that this one can work with are left as they are."""
    found = revision(connection)
    if found is not None and found > HEAD:
        _refuse_unless_it_fits(connection, found, where)
        return found
    connection.commit() if connection.dialect.name != "sqlite" else None
    from alembic import command  # noqa: PLC0415 - 15 MB and 100 ms that only a migration needs
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "secondring.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
    connection.execute(of_dialect(_SAY_OLDEST, connection), {"name": _OLDEST, "value": WORKS_WITH.encode()})
    return found


def is_current(url: str, password: str | None = None) -> bool:
    """True for a database that there is, and that has this version's tables or later ones that this one can use."""
    place = database(url, password)
    if not place.is_there():
        return False
    engine = place.open_engine("read")
    try:
        with told_plainly(place.where), place.begun(engine, "read") as connection:
            found = revision(connection)
            return found == HEAD or (found is not None and found > HEAD and _oldest(connection) <= HEAD)
    finally:
        engine.dispose()


def revision(connection: Connection) -> str | None:
    """The revision of a database; None when it was never migrated."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def require_head(connection: Connection, where: str) -> None:
    """Raise ConfigError unless the database has the tables that this version knows, or later ones that it can use."""
    found = revision(connection)
    if found is not None and found > HEAD:
        _refuse_unless_it_fits(connection, found, where)
    elif found != HEAD:
        raise ConfigError(
            f"{where}: the database is at revision {found or 'none'}, this version needs {HEAD}:"
            " run `secondring migrate`"
        )


def _oldest(connection: Connection) -> str:
    """The revision of the oldest code that can work with the tables; a version that says nothing suits only itself."""
    said = connection.execute(select(meta.c.value).where(meta.c.name == _OLDEST)).scalar()
    return "~" if said is None else said.decode()


def _refuse_unless_it_fits(connection: Connection, found: str, where: str) -> None:
    """Revisions are numbered in order, so a larger one is a later version's; there is no way back from it here."""
    if _oldest(connection) > HEAD:
        raise ConfigError(
            f"{where}: the database was made by a newer version of Second Ring (revision {found}; this one knows"
            f" {HEAD}). Install that version again, or restore the copy made before the upgrade."
        )
