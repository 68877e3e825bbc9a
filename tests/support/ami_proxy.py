"""Stands between the service and a real PBX's manager interface: cuts the link, changes or adds messages.

with AmiProxy(pbx) as proxy:
    Service(pbx, config={"ami": {"port": proxy.port}})
    proxy.change = lambda message: message.replace(b"Linkedid", b"Lost")
"""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

from lab.pbx import Pbx

END = b"\r\n\r\n"
CHUNK = 65536

Change = Callable[[bytes], bytes | None]


class AmiProxy:
    """One door to one PBX."""

    def __init__(self, pbx: Pbx) -> None:
        self.change: Change | None = None
        """What a message of the PBX becomes on its way, without its blank line; None swallows it."""
        self.connections = 0
        self._pbx = pbx.ami_host, pbx.ami_port
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._clients: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener: socket.socket | None = None
        self.port = 0
        self.open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def open(self) -> None:
        """Listen; on the same port as before when it had one."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._start(self._accept, self._listener)

    def close(self) -> None:
        """Cut every link, and refuse new ones until `open`."""
        with self._lock:
            listener, self._listener = self._listener, None
        if listener:
            _hang_up(listener)
        for link in list(self._sockets):
            _hang_up(link)
        for thread in self._threads:
            thread.join()
        self._threads.clear()
        if listener:
            listener.close()

    def say(self, message: bytes) -> None:
        """Send a message of our own to everybody."""
        with self._lock:
            for client in self._clients:
                client.sendall(message + END)

    # -- inside ----------------------------------------------------------------------------------------

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args, name="ami proxy")
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                self.connections += 1
                self._start(self._serve, client)

    def _serve(self, client: socket.socket) -> None:
        with (
            self._kept(client),
            contextlib.suppress(OSError),
            socket.create_connection(self._pbx) as link,
            self._kept(link),
        ):
            up = threading.Thread(target=self._copy, args=(client, link), name="ami proxy up")
            up.start()
            try:
                self._relay(link, client)
            finally:
                _hang_up(client)
                up.join()

    @contextlib.contextmanager
    def _kept(self, link: socket.socket) -> Iterator[None]:
        self._sockets.add(link)
        try:
            yield
        finally:
            self._sockets.discard(link)
            link.close()

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                target.sendall(data)
        _hang_up(target)

    def _relay(self, link: socket.socket, client: socket.socket) -> None:
        client.sendall(link.recv(CHUNK))  # the greeting, which no blank line ends
        with self._lock:
            self._clients.add(client)
        try:
            self._relay_messages(link, client)
        finally:
            with self._lock:
                self._clients.discard(client)

    def _relay_messages(self, link: socket.socket, client: socket.socket) -> None:
        rest = b""
        while data := link.recv(CHUNK):
            *messages, rest = (rest + data).split(END)
            for message in messages:
                changed = self.change(message) if self.change else message
                if changed is not None:
                    with self._lock:
                        client.sendall(changed + END)


def _hang_up(link: socket.socket) -> None:
    with contextlib.suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)
