"""Tells systemd how the service is doing: the `sd_notify` protocol, by one datagram each.

Without NOTIFY_SOCKET (a terminal, a test, another service manager) everything here does nothing.
"""

import contextlib
import os
import socket
from collections.abc import Mapping
from datetime import timedelta


class Notifier:
    """Sends state to the service manager. Never raises: a deaf manager must not stop the service."""

    def __init__(self, address: str | None) -> None:
        """`address` as in NOTIFY_SOCKET: a path, or `@name` for an abstract socket; None sends nothing."""
        self._address = _socket_address(address)

    @staticmethod
    def from_environ(environ: Mapping[str, str]) -> "Notifier":
        """The notifier that the service manager asked for."""
        return Notifier(environ.get("NOTIFY_SOCKET"))

    @property
    def is_heard(self) -> bool:
        """False when there is nobody to tell."""
        return self._address is not None

    def ready(self, status: str = "") -> None:
        """The service does its work from now on."""
        self._send("READY=1", status)

    def alive(self) -> None:
        """Put off the watchdog; due at least every `watchdog_interval`."""
        self._send("WATCHDOG=1")

    def stopping(self, status: str = "") -> None:
        """The service was asked to stop and is at it."""
        self._send("STOPPING=1", status)

    def status(self, text: str) -> None:
        """One line for `systemctl status`; never a number or a text of a patient."""
        self._send(status=text)

    def _send(self, state: str = "", status: str = "") -> None:
        if self._address is None:
            return
        # A line break would let one message pass for two.
        lines = [state, f"STATUS={' '.join(status.split())}" if status else ""]
        message = "\n".join(line for line in lines if line).encode("utf-8", "replace")
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            link.settimeout(0)
            link.sendto(message, self._address)


def _socket_address(address: str | None) -> str | None:
    """Abstract sockets are written with `@` and begin with a zero byte; anything else is not ours to use."""
    if not address or address[0] not in "/@":
        return None
    return "\0" + address[1:] if address[0] == "@" else address


def watchdog_interval(environ: Mapping[str, str], pid: int | None = None) -> timedelta | None:
    """How often to say that we are alive: half of what the manager allows. None when it does not ask.

    WATCHDOG_PID names the process that is meant; a child of the service is not.
    """
    meant = environ.get("WATCHDOG_PID", "")
    allowed = environ.get("WATCHDOG_USEC", "")
    if not allowed.isascii() or not allowed.isdigit() or int(allowed) == 0:
        return None
    if meant and meant != str(os.getpid() if pid is None else pid):
        return None
    return timedelta(microseconds=int(allowed)) / 2
