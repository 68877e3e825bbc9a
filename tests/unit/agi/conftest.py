"""A channel whose other end plays Asterisk."""

import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from agi.channel import Channel
from agi.request import Request
from agi.wire import socket_wire

Ask = Callable[..., list[str]]


class OtherEnd:
    """What Asterisk says, line by line, and what it was asked."""

    def __init__(self) -> None:
        ours, self._theirs = socket.socketpair()
        self._ours = ours
        self.channel = Channel(Request({"agi_channel": "PJSIP/x-1"}), socket_wire(ours, b"", 2))

    def says(self, *lines: bytes) -> Channel:
        self._theirs.sendall(b"".join(line + b"\n" for line in lines))
        return self.channel

    def goes(self) -> Channel:
        self._theirs.close()
        return self.channel

    def says_later(self, line: bytes) -> threading.Thread:
        thread = threading.Thread(target=self.says, args=(line,))
        thread.start()
        return thread

    @property
    def heard(self) -> str:
        """All that was sent since the last look."""
        return self._theirs.recv(65536).decode()

    def close(self) -> None:
        self._ours.close()
        self._theirs.close()


@pytest.fixture
def asterisk() -> Iterator[OtherEnd]:
    end = OtherEnd()
    yield end
    end.close()
