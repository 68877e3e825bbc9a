"""The manager interface of a PBX that exists only as a stream: logs in whoever comes and tells recorded calls."""

import contextlib
import re
import socket
import threading
from collections.abc import Mapping
from types import TracebackType
from typing import Self

END = b"\r\n\r\n"
BANNER = b"Asterisk Call Manager/11.0.0\r\n"
BOOTED = b"Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 3600\r\nStatus: Fully Booted" + END
NO_CHANNELS = b"Event: CoreShowChannelsComplete\r\nEventList: Complete\r\nListItems: 0\r\nActionID: %b" + END


class FakePbx:
    """One listener at a time; everything it was sent is answered, from a thread of its own."""

    ami_host = "127.0.0.1"

    def __init__(self, port: int = 0) -> None:
        self.secrets: Mapping[str, str] = {"secondring": "of-the-benchmarks-only"}
        self._listening = socket.create_server((self.ami_host, port))
        self.ami_port: int = self._listening.getsockname()[1]
        self._turn = threading.Lock()
        self._link: socket.socket | None = None
        self._thread = threading.Thread(target=self._serve, name="fake PBX")
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for end in (self._listening, self._link):
            if end is not None:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listening.close()

    def tell(self, messages: bytes) -> None:
        """Send whole messages; waits while the listener does not read."""
        assert self._link, "nobody listens"
        with self._turn:
            self._link.sendall(messages)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):  # shut down by whoever uses us
            while True:
                self._link, _ = self._listening.accept()
                with self._link:
                    self.tell(BANNER)
                    self._converse(self._link)

    def _converse(self, link: socket.socket) -> None:
        heard = b""
        while chunk := link.recv(65536):
            *actions, heard = (heard + chunk).split(END)
            for action in actions:
                self.tell(_answer(action))


def _answer(action: bytes) -> bytes:
    tag = re.search(rb"ActionID: (\S+)", action)
    id_ = tag[1] if tag else b""
    said = b"Response: Success\r\nActionID: %b" % id_ + END
    if b"Action: Login" in action:
        return said + BOOTED
    if b"Action: CoreShowChannels" in action:
        return said + NO_CHANNELS % id_
    return said
