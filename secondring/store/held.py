"""A lock in PostgreSQL for as long as a service runs, whatever becomes of the connection in between."""

import logging
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from secondring.domain.errors import ConfigError
from secondring.store.trouble import told_plainly

log = logging.getLogger("secondring.store")

LOOK_EVERY = 5.0
"""Seconds between two looks whether the lock is still ours."""
_TAKE = {False: "SELECT pg_try_advisory_lock(%s)", True: "SELECT pg_try_advisory_lock_shared(%s)"}
_HOLDER = (
    "SELECT application_name, coalesce(host(client_addr), 'this machine')"
    " FROM pg_stat_activity JOIN pg_locks USING (pid)"
    " WHERE locktype = 'advisory' AND classid = %s AND objid = %s AND objsubid = 1 AND granted"
)
_ALIVE = "SELECT 1"


class Held:
    """A session's advisory lock. The server gives it up when the session ends, however it ends."""

    def __init__(self, connect: Callable[[], Any], lock: int, where: str, *, shared: bool) -> None:
        self._connect = connect
        self._lock = lock
        self._where = where
        self._take = _TAKE[shared]
        self._connection: Any = None
        self._done = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="service-lock", daemon=True)

    def take(self) -> None:
        """Take it; raises ConfigError when another session has it."""
        with told_plainly(self._where):
            self._connection = self._connect()
            if not self._taken():
                who = self._holder()
                self._connection.close()
                raise ConfigError(
                    f"{self._where}: a service works with this database already ({who})."
                    " Stop that one first, or give this one a database of its own."
                )
        self._keeper.start()

    def give_back(self) -> None:
        """End the session, and the lock with it."""
        self._done.set()
        self._keeper.join()
        with suppress(Exception):  # a session that was cut holds nothing
            self._connection.execute("SELECT pg_advisory_unlock_all()")
        self._connection.close()

    def _taken(self) -> bool:
        return bool(self._connection.execute(self._take, (self._lock,)).fetchone()[0])

    def _holder(self) -> str:
        high, low = divmod(self._lock, 1 << 32)
        row = self._connection.execute(_HOLDER, (high, low)).fetchone()
        return "just gone" if row is None else f"{row[0]}, {row[1]}"

    def _keep(self) -> None:
        while not self._done.wait(LOOK_EVERY):
            try:
                self._connection.execute(_ALIVE)
            except Exception:  # noqa: BLE001 - whatever ended the session, it wants another one
                self._take_again()

    def _take_again(self) -> None:
        self._connection.close()
        try:
            self._connection = self._connect()
            if not self._taken():
                log.critical(
                    "%s: another service (%s) took this database while the connection was cut: this one stops",
                    self._where,
                    self._holder(),
                )
                os.kill(os.getpid(), 15)
        except Exception as error:  # noqa: BLE001 - tried again in a moment; the store itself tells of it
            log.debug("%s: the service's lock waits: %s", self._where, type(error).__name__)
