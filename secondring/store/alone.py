"""One service to a database: two that listen would do everything twice."""

from contextlib import AbstractContextManager

from secondring.store.databases import database


def alone(url: str, password: str | None = None) -> AbstractContextManager[None]:
    """Be the only one to serve a database; raises ConfigError naming the process that already does."""
    return database(url, password).alone()
