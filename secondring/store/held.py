"""A lock in PostgreSQL for as long as a service runs, whatever becomes of the connection in between.

A session that is cut loses the lock at that moment. The keeper hears of it from the socket itself and takes the lock
again on another session; when somebody else has it by then, this process stops. Where only our end was cut and the
server still keeps the old session, that session is ended first: it would otherwise keep us out of our own database.
"""

import logging
import os
import select
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from secondring.domain.errors import ConfigError
from secondring.store.trouble import told_plainly

log = logging.getLogger("secondring.store")

LOOK_EVERY = 5.0
"""Seconds between two looks at a session that says nothing: a line that is cut far away is not told of."""
TRY_EVERY = 0.5
"""Seconds between two tries to take a lost lock again."""
_TAKE = {False: "SELECT pg_try_advisory_lock(%s)", True: "SELECT pg_try_advisory_lock_shared(%s)"}
_WHO_WE_ARE = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
_HOLDER = (
    "SELECT pid, backend_start, application_name, coalesce(host(client_addr), 'this machine')"
    " FROM pg_stat_activity JOIN pg_locks USING (pid) JOIN pg_database ON pg_database.oid = database"
    " WHERE locktype = 'advisory' AND classid = %s AND objid = %s AND objsubid = 1 AND granted"
    " AND pg_database.datname = current_database() ORDER BY mode"
)
MISSED_SOON = (
    "set_config('tcp_keepalives_idle', '5', false), set_config('tcp_keepalives_interval', '2', false),"
    " set_config('tcp_keepalives_count', '3', false)"
)
"""Selected by a new session: the server finds out within some ten seconds that we are gone, not after two hours."""
_END = "SELECT pg_terminate_backend(%s)"
_ALIVE = "SELECT 1"


@dataclass(frozen=True, slots=True)
class _Session:
    """One session of the server's, ever: process numbers come again."""

    pid: int
    since: datetime


class Held:
    """A session's advisory lock. The server gives it up when the session ends, however it ends."""

    def __init__(self, connect: Callable[[], Any], lock: int, where: str, *, shared: bool) -> None:
        self._connect = connect
        self._lock = lock
        self._where = where
        self._take = _TAKE[shared]
        self._connection: Any = None
        self._ours: _Session | None = None
        self._lost = False
        self._over = False
        self._bell, self._ear = socket.socketpair()
        self._keeper = threading.Thread(target=self._keep, name="service-lock", daemon=True)

    def take(self) -> None:
        """Take it; raises ConfigError when another session has it."""
        try:
            with told_plainly(self._where):
                self._open()
                taken = self._taken()
                _, who = (None, "") if taken else self._holder()
        except BaseException:
            self._close()
            raise
        if not taken:
            self._close()
            raise ConfigError(
                f"{self._where}: a service works with this database already ({who})."
                " Stop that one first, or give this one a database of its own."
            )
        self._keeper.start()

    def give_back(self) -> None:
        """End the session, and the lock with it."""
        self._bell.send(b"!")
        self._keeper.join()
        with suppress(Exception):  # a session that was cut holds nothing
            self._connection.execute("SELECT pg_advisory_unlock_all()")
        self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._bell.close()
        self._ear.close()

    def _open(self) -> None:
        self._connection = self._connect()
        self._connection.execute(f"SELECT {MISSED_SOON}")

    def _taken(self) -> bool:
        if not self._connection.execute(self._take, (self._lock,)).fetchone()[0]:
            return False
        self._ours = _Session(*self._connection.execute(_WHO_WE_ARE).fetchone())
        return True

    def _holder(self) -> tuple[_Session | None, str]:
        high, low = divmod(self._lock, 1 << 32)
        row = self._connection.execute(_HOLDER, (high, low)).fetchone()
        return (None, "just gone") if row is None else (_Session(*row[:2]), f"{row[2]}, {row[3]}")

    # -- in a thread of its own

    def _keep(self) -> None:
        while not self._over and not self._told_to_end():
            try:
                if not self._lost:
                    self._connection.execute(_ALIVE)
                    continue
            except Exception as error:  # noqa: BLE001 - whatever ended the session, it wants another one
                log.warning("%s: the service's lock was lost: %s", self._where, type(error).__name__)
                self._lost = True
            self._take_again()

    def _told_to_end(self) -> bool:
        """Wait for that, or for a word on a session that we asked nothing: mostly its end."""
        poll = select.poll()
        poll.register(self._ear, select.POLLIN)
        if not (self._lost or self._connection.closed):
            poll.register(self._connection.fileno(), select.POLLIN)
        seconds = TRY_EVERY if self._lost else LOOK_EVERY
        return any(one == self._ear.fileno() for one, _ in poll.poll(1000 * seconds))

    def _take_again(self) -> None:
        try:
            self._connection.close()
            self._open()
            if self._taken():
                self._lost = False
                log.warning("%s: the service's lock is taken again", self._where)
                return
            holder, who = self._holder()
            if holder is not None and holder == self._ours:
                self._connection.execute(_END, (holder.pid,))
            elif holder is not None:
                self._stand_down(who)
        except Exception as error:  # noqa: BLE001 - tried again in a moment; the store itself tells of it
            log.debug("%s: the service's lock waits: %s", self._where, type(error).__name__)

    def _stand_down(self, who: str) -> None:
        self._over = True
        log.critical(
            "%s: another service (%s) took this database while the connection was cut: this one stops",
            self._where,
            who,
        )
        os.kill(os.getpid(), signal.SIGTERM)
