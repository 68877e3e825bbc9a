"""A plain socket on the manager interface: what Asterisk really sends, byte for byte.

Kept free of our own listener on purpose, so that a recording never depends on the code it will test.
"""

import socket
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self

from lab.errors import LabError

if TYPE_CHECKING:
    from lab.pbx import Pbx

BLANK_LINE = b"\r\n\r\n"
CONNECT_SECONDS = 5
QUIET_SECONDS = 0.15


class Tap:
    """A logged-in manager connection that keeps every byte received, banner included."""

    def __init__(self, pbx: "Pbx", account: str = "recorder") -> None:
        self._received = bytearray()
        self._changed = threading.Condition()
        self._closed = False
        self._last_byte = time.monotonic()
        self._socket = socket.create_connection((pbx.ami_host, pbx.ami_port), CONNECT_SECONDS)
        self._socket.settimeout(None)
        self._thread = threading.Thread(target=self._read, name=f"lab-tap-{account}", daemon=True)
        self._thread.start()
        self.send({"Action": "Login", "Username": account, "Secret": pbx.secrets[account]})
        self.wait_for(lambda: b"FullyBooted" in self._received, f"login as {account}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def received(self) -> bytes:
        """Everything that came so far."""
        return bytes(self._received)

    @property
    def closed(self) -> bool:
        """Whether Asterisk has ended the connection."""
        return self._closed

    def events(self) -> list[dict[str, str]]:
        """Every event that came so far, as plain dictionaries."""
        messages = (parse(part) for part in self.received.split(BLANK_LINE)[:-1])
        return [message for message in messages if "Event" in message]

    def send(self, action: Mapping[str, str]) -> None:
        """Send one action."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in action.items())
        self._socket.sendall(f"{lines}\r\n".encode())

    def wait_for(self, happened: Callable[[], bool], what: str, timeout: float = 5) -> None:
        """Wait until something can be seen in what came."""
        with self._changed:
            if not self._changed.wait_for(lambda: happened() or self._closed, timeout) or not happened():
                raise LabError(f"the manager interface did not show {what} within {timeout} s")

    def wait_for_event(self, name: str, **headers: str) -> dict[str, str]:
        """Wait for an event with these headers and give the first one."""
        return self.wait_for_events(name, 1, **headers)[0]

    def wait_for_events(self, name: str, count: int, **headers: str) -> list[dict[str, str]]:
        """Wait until so many events with these headers have come, and give them."""

        def found() -> list[dict[str, str]]:
            wanted = {"Event": name, **headers}
            return [event for event in self.events() if wanted.items() <= event.items()]

        self.wait_for(lambda: len(found()) >= count, f"{count} {name} {headers}")
        return found()

    def wait_until_calls_are_over(self, timeout: float = 10) -> None:
        """Wait until every channel seen has hung up, and what follows a hang-up has come as well."""
        self.wait_for(self._all_hung_up, "every hang-up", timeout)
        while not self._closed and time.monotonic() - self._last_byte < QUIET_SECONDS:
            with self._changed:
                self._changed.wait(QUIET_SECONDS)

    def close(self) -> None:
        """End the connection."""
        self._socket.close() if self._closed else self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(CONNECT_SECONDS)
        self._socket.close()

    def _all_hung_up(self) -> bool:
        started = self._received.count(b"Event: Newchannel\r\n")
        return self._closed or started == self._received.count(b"Event: Hangup\r\n")

    def _read(self) -> None:
        while chunk := self._chunk():
            with self._changed:
                self._received += chunk
                self._last_byte = time.monotonic()
                self._changed.notify_all()
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _chunk(self) -> bytes:
        try:
            return self._socket.recv(65536)
        except OSError:
            return b""


def parse(message: bytes) -> dict[str, str]:
    """Split one message into its headers; the first of a repeated header wins."""
    headers: dict[str, str] = {}
    for line in message.decode(errors="replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if colon:
            headers.setdefault(name.strip(), value.strip())
    return headers
