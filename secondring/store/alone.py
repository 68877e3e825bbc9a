"""One service of a kind to a database: two that listen would do everything twice."""

from contextlib import AbstractContextManager

from secondring.store.databases import database


def alone(
    url: str, service: str, command: str, password: str | None = None, *, shared: bool = False
) -> AbstractContextManager[None]:
    """Be the only one to be that service of a database; raises ConfigError naming the process that already is.

    `command` is what others are told we are. Whoever dies gives it up, however they die. `shared`: see `Database`.
    """
    return database(url, password).alone(service, command, shared=shared)
