"""Lines to and from Asterisk, each within a time: over a socket (FastAGI) or over two pipes (plain AGI)."""

import os
import select
import socket
import time
from collections.abc import Callable

LINE_BYTES = 65536
"""Asterisk's own command buffer is 8 KB; a longer answer than this is no answer of Asterisk's."""
CHUNK = 4096


class WireBroken(Exception):
    """The other side is gone, is too slow, or sends what cannot be a line."""


class Wire:
    """Reads and writes with a time limit. Not to be shared between threads."""

    def __init__(
        self, descriptor: int, read: Callable[[int], bytes], write: Callable[[bytes], int], first: bytes = b""
    ) -> None:
        self._ready = select.poll()
        self._ready.register(descriptor, select.POLLIN)
        self._read = read
        self._write = write
        self._buffer = bytearray(first)

    def line(self, within: float) -> str:
        """The next line without its end; what is not UTF-8 in it is replaced.

        Raises WireBroken at the end of the stream, after `within` seconds, or when no line ends in 64 KB.
        """
        until = time.monotonic() + within
        while (end := self._buffer.find(b"\n")) < 0:
            self._fill(until - time.monotonic())
        raw = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return raw.decode("utf-8", "replace").rstrip("\r")

    def send(self, line: bytes) -> None:
        """Send a whole line. Raises WireBroken when the other side is gone."""
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[self._write(bytes(rest)) :]
        except OSError as error:
            raise WireBroken("the other side is gone") from error

    def _fill(self, seconds: float) -> None:
        if len(self._buffer) > LINE_BYTES:
            raise WireBroken("a line without an end")
        try:
            if not self._ready.poll(max(seconds, 0) * 1000):
                raise WireBroken("no answer in time")
            chunk = self._read(CHUNK)
        except OSError as error:
            raise WireBroken("the other side is gone") from error
        if not chunk:
            raise WireBroken("the other side is gone")
        self._buffer += chunk


def socket_wire(connection: socket.socket, first: bytes, send_within: float) -> Wire:
    """A wire over a socket; `first` was read from it already."""
    connection.settimeout(send_within)
    return Wire(connection.fileno(), connection.recv, connection.send, first)


def pipe_wire(incoming: int, outgoing: int) -> Wire:
    """A wire over two file descriptors."""
    return Wire(incoming, lambda size: os.read(incoming, size), lambda data: os.write(outgoing, data))
