"""The FastAGI server: one thread waits for whole requests, a bounded pool of others runs their scripts.

A connection costs no thread until its request is complete, so port scans, half-open sockets and slow senders
hold up nobody: when too many of them wait, the one that has waited longest goes.
"""

import contextlib
import logging
import queue
import selectors
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from agi.request import BadRequest, Request, read_request
from agi.wire import Wire, socket_wire

log = logging.getLogger("agi")

Handler = Callable[[Request, Wire], object]
HEAD_END = (b"\n\n", b"\n\r\n")
SWEEP_SECONDS = 0.25
"""How often connections that are too slow are looked for."""

GATHER_SECONDS = 0.001
"""Asterisk sends a request line by line: looking again at once for each would cost more than all the rest."""
RESPITE_SECONDS = 0.02
"""Out of descriptors, asking again at once would only burn the processor."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the server puts up with."""

    waiting: int = 1000
    """Connections whose request is not complete; one more, and the oldest of them goes."""
    head_bytes: int = 16_384
    """A request that is longer is none: Asterisk's have about one kilobyte."""
    head_seconds: float = 2.0
    """How long a request may take to arrive."""
    threads: int = 64
    """Scripts that run at one time."""
    queued: int = 400
    """Complete requests that wait for a thread; one more is turned away, and its call goes on without us."""
    send_seconds: float = 2.0
    """How long Asterisk may take to read what we send."""


@dataclass(slots=True)
class _Visitor:
    """A connection whose request is not complete."""

    connection: socket.socket
    until: float
    head: bytearray


Ready = tuple[socket.socket, Request, bytes]


class Server:
    """Listens from construction on, serves from `start` to `close`. Raises OSError when the port is taken."""

    def __init__(self, handler: Handler, host: str, port: int, limits: Limits | None = None) -> None:
        self._handler = handler
        self._limits = limits or Limits()
        self._listener = socket.create_server((host, port), backlog=1024)
        self._listener.setblocking(False)  # noqa: FBT003 - the socket's own signature
        self._selector = selectors.DefaultSelector()
        self._visitors: dict[socket.socket, _Visitor] = {}  # oldest first
        self._ready: queue.SimpleQueue[Ready | None] = queue.SimpleQueue()
        self._wake, self._woken = socket.socketpair()
        self._closing = False
        self._busy: set[socket.socket] = set()
        self._front = threading.Thread(target=self._watch, name="agi-front", daemon=True)
        self._threads = [
            threading.Thread(target=self._work, name=f"agi-{number}", daemon=True)
            for number in range(self._limits.threads)
        ]

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    @property
    def waiting(self) -> int:
        """How many connections have not sent a whole request."""
        return len(self._visitors)

    def start(self) -> None:
        """Begin to serve."""
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._woken, selectors.EVENT_READ)
        for thread in (self._front, *self._threads):
            thread.start()

    def close(self) -> None:
        """Stop: calls that are being served are let go at once, and Asterisk goes on without us."""
        self._closing = True
        self._wake.send(b"x")
        if self._front.ident:
            self._front.join()
        for connection in list(self._busy):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._drain()
        for thread in self._threads:
            if thread.ident:
                self._ready.put(None)
        for thread in self._threads:
            if thread.ident:
                thread.join()
        for end in (self._listener, self._wake, self._woken):
            end.close()
        self._selector.close()

    def _drain(self) -> None:
        with contextlib.suppress(queue.Empty):
            while ready := self._ready.get_nowait():
                ready[0].close()

    # -- the thread at the door ---------------------------------------------------------------------

    def _watch(self) -> None:
        while not self._closing:
            for key, _ in self._selector.select(SWEEP_SECONDS):
                if key.fileobj is self._listener:
                    self._welcome()
                elif key.fileobj is not self._woken:
                    self._hear(key.data)
            self._let_slow_ones_go()
            if self._visitors:
                time.sleep(GATHER_SECONDS)
        for visitor in list(self._visitors.values()):
            self._let_go(visitor)

    def _welcome(self) -> None:
        """Take in whoever waits; out of descriptors, the oldest visitor makes room."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as error:
                log.warning("a connection could not be taken: %s", error.strerror)
                self._let_oldest_go()
                time.sleep(RESPITE_SECONDS)
                return
            self._take_in(connection)

    def _take_in(self, connection: socket.socket) -> None:
        if len(self._visitors) >= self._limits.waiting:
            self._let_oldest_go()
        connection.setblocking(False)  # noqa: FBT003 - the socket's own signature
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        visitor = _Visitor(connection, time.monotonic() + self._limits.head_seconds, bytearray())
        self._visitors[connection] = visitor
        self._selector.register(connection, selectors.EVENT_READ, visitor)
        self._hear(visitor)  # Asterisk sends at once: mostly it is all there

    def _hear(self, visitor: _Visitor) -> None:
        if visitor.connection not in self._visitors:  # it went while others of the same round were heard
            return
        _acknowledge_at_once(visitor.connection)
        try:
            chunk = visitor.connection.recv(self._limits.head_bytes)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        visitor.head += chunk
        end = _end_of_head(visitor.head)
        if end:
            self._hand_over(visitor, end)
        elif not chunk or len(visitor.head) > self._limits.head_bytes:
            self._let_go(visitor)

    def _hand_over(self, visitor: _Visitor, end: int) -> None:
        try:
            request = read_request(bytes(visitor.head[:end]))
        except BadRequest:
            self._let_go(visitor)
            return
        self._forget(visitor)
        if self._ready.qsize() >= self._limits.queued:  # only this thread puts anything in
            log.warning("a call was turned away: %d wait already", self._limits.queued)
            visitor.connection.close()
            return
        self._ready.put((visitor.connection, request, bytes(visitor.head[end:])))

    def _let_slow_ones_go(self) -> None:
        now = time.monotonic()
        for visitor in list(self._visitors.values()):
            if visitor.until > now:
                return
            self._let_go(visitor)

    def _let_oldest_go(self) -> None:
        if self._visitors:
            self._let_go(next(iter(self._visitors.values())))

    def _let_go(self, visitor: _Visitor) -> None:
        self._forget(visitor)
        visitor.connection.close()

    def _forget(self, visitor: _Visitor) -> None:
        del self._visitors[visitor.connection]
        self._selector.unregister(visitor.connection)

    # -- the threads that serve -----------------------------------------------------------------------

    def _work(self) -> None:
        while ready := self._ready.get():
            connection, request, rest = ready
            self._busy.add(connection)
            try:
                if not self._closing:
                    self._handler(request, socket_wire(connection, rest, self._limits.send_seconds))
            except Exception as error:  # noqa: BLE001 - one call's misfortune must not cost the next its thread
                log.error("serving a call failed: %s", type(error).__name__)  # noqa: TRY400
            finally:
                self._busy.discard(connection)
                connection.close()


def _acknowledge_at_once(connection: socket.socket) -> None:
    """Asterisk sends a request in several small writes, each of which waits until the one before was acknowledged;
    Linux puts that off for 40 ms unless it is told otherwise, anew before each reading.
    """
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)


def _end_of_head(head: bytearray) -> int:
    """Where the head of a request ends; 0 while it does not."""
    ends = (head.find(mark) + len(mark) for mark in HEAD_END if mark in head)
    return min(ends, default=0)
