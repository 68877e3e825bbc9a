"""Databases as earlier versions had them."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine, MetaData, insert, select

from secondring.store.databases import database


def alembic_config() -> Config:
    """Ours, with all migrations."""
    config = Config()
    config.set_main_option("script_location", "secondring.store:migrations")
    config.set_main_option("path_separator", "os")
    return config


def bring_to(url: str, revision: str) -> None:
    """Make or migrate a database as far as a revision, and no farther."""
    place = database(url)
    place.make()
    config = alembic_config()
    with opened(url) as engine, place.migrating(engine) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """An engine that writes."""
    engine = database(url).open_engine("write")
    yield engine
    engine.dispose()


def tables_of(url: str) -> MetaData:
    """The tables as the database itself describes them."""
    tables = MetaData()
    with opened(url) as engine:
        tables.reflect(engine)
    return tables


def as_it_was(source: str, target: str, revision: str) -> None:
    """Make a database of an older revision with the rows of one of today: whatever that revision had a place for."""
    bring_to(target, revision)
    known = tables_of(target)
    with opened(source) as ours, opened(target) as older, ours.connect() as read, older.begin() as write:
        write.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for table in known.sorted_tables:
            if table.name != "alembic_version":
                rows = [dict(row) for row in read.execute(select(table)).mappings()]
                for row in rows:
                    write.execute(insert(table).inline().values(row))
