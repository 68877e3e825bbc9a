"""panoramisk's protocol and Manager, made fit to listen for years.

From panoramisk come the actions (ids, futures, the wire form) and the connecting Manager. Its reading side
is replaced: it decodes before it splits, lets one failing callback end the connection, swallows events that
carry an ActionID and drops a last header without a value. So is its lifecycle: it sends unanswered actions
again after a reconnect, reconnects at a fixed pace also after a refused login, and its timers outlive it.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager

from ami_listener.messages import MAX_MESSAGE, Message, Splitter, parse
from ami_listener.sieve import EVENT, is_wanted
from ami_listener.stats import LinkStats
from secondring.domain.errors import NotSent, PeerError

log = logging.getLogger(__name__)

GREETING = b"Asterisk Call Manager/"
MAX_GREETING = 256
"""Bytes within which the greeting must end; Asterisk's is 29 long."""
MAX_LINE = 1024
"""Bytes of one header line that Asterisk reads; what is beyond would be taken for a line of its own."""
MAX_HEADERS = 128
"""Headers that Asterisk reads in one action."""

Fields = Mapping[str, str | Sequence[str]]
"""The headers of an action; a sequence repeats the header."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the PBX said to an action: its response, and the events that were waited for."""

    response: Message
    events: tuple[Message, ...] = ()

    @property
    def ok(self) -> bool:
        """True when the response says Success."""
        return self.response.succeeded

    @property
    def why(self) -> str:
        """The PBX's own words, such as `Permission denied`."""
        return self.response.get("Message")


class Request(Action):  # type: ignore[misc]  # panoramisk has no types
    """An action that is over with its response, or with the event `until` that carries its ActionID."""

    def __init__(self, fields: Fields, until: str | None = None) -> None:
        check_fields(fields)
        super().__init__(dict(fields))
        self.until = until

    def add_message(self, message: Message) -> bool:
        """Take what belongs to this action; True when nothing more will come."""
        self.responses.append(message)
        done = message.name == self.until if message.name else not (self.until and message.succeeded)
        if done and not self.future.done():
            self.future.set_result(_reply(self.responses))
        return done


def check_fields(fields: Fields) -> None:
    """Refuse headers that would break out of their line: raises ValueError, which names only the header.

    Asterisk knows no escape for CR, LF and NUL in a value: what follows them would be a header of its own.
    """
    lines = [(name, value) for name, values in fields.items() for value in _as_list(values)]
    action = fields.get("Action", "")
    if len(lines) >= MAX_HEADERS:
        raise ValueError(f"AMI action {action!r} has {len(lines)} headers; Asterisk reads {MAX_HEADERS}")
    for name, value in lines:
        if not name.replace("-", "").isalnum():
            raise ValueError(f"AMI action {action!r}: {name!r} cannot be a header name")
        if any(char in value for char in "\r\n\0"):
            raise ValueError(f"AMI action {action!r}: the value of {name} holds a line break or NUL")
        if len(f"{name}: {value}\r\n".encode()) > MAX_LINE:
            raise ValueError(f"AMI action {action!r}: the value of {name} is longer than Asterisk reads")


def _as_list(values: str | Sequence[str]) -> Sequence[str]:
    return [values] if isinstance(values, str) else values


def _reply(messages: list[Message]) -> Reply:
    responses = [message for message in messages if not message.name]
    events = tuple(message for message in messages if message.name)
    return Reply(response=responses[0] if responses else Message({}), events=events)


class Protocol(AMIProtocol):  # type: ignore[misc]  # panoramisk has no types
    """One connection's bytes: checks the greeting, splits, hands on wanted events, settles actions.

    `sink` gets the wanted events of one read, in order, and must not block.
    `tee` gets every byte received, before anything else sees it. `wanted` looks at an event as it came.
    """

    def __init__(
        self,
        *,
        sink: Callable[[list[Message]], None],
        stats: LinkStats,
        tee: Callable[[bytes], None] | None = None,
        wanted: Callable[[bytes], bool] = is_wanted,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.greeted: asyncio.Future[str] = loop.create_future()
        """The AMI's version, once it has greeted; a PeerError when something else did."""
        self.ended: asyncio.Future[str] = loop.create_future()
        """Why the connection is over, once it is."""
        self.last_read = time.monotonic()
        self.paused = False
        self.last_pause: float | None = None
        """When reading was paused last, or resumed from that pause (monotonic seconds)."""
        self._sink = sink
        self._stats = stats
        self._tee = tee
        self._is_wanted = wanted
        self._splitter = Splitter()
        self._greeting = b""

    # -- what asyncio calls ------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Take bytes as they come. Nothing that is in them may end the connection, save a wrong greeting."""
        self.last_read = time.monotonic()
        self._stats.bytes_in += len(data)
        if self._tee:
            self._tee(data)
        if not self.greeted.done():
            data = self._greet(data)
        blocks = self._splitter.feed(data)
        self._stats.messages += len(blocks)
        self._count_oversized(self._splitter.take_oversized())
        wanted = [message for block in blocks if (message := self._look_at(block))]
        if wanted:
            self._sink(wanted)

    def connection_lost(self, exc: Exception | None) -> None:
        """Settle everything that still waits: nobody is left hanging, nothing is sent again."""
        self.closed = True
        why = f"{type(exc).__name__}: {exc}" if exc else "the PBX closed the connection"
        if not self.ended.done():
            self.ended.set_result(why)
        if not self.greeted.done():
            self.greeted.set_exception(PeerError(why))
            self.greeted.exception()  # whoever waited has it; if nobody did, that is no news
        for request in self._pending():
            if not request.future.done():
                request.future.set_exception(PeerError(f"no answer to {request['Action']}: {why}"))
        self.responses.clear()

    def _count_oversized(self, dropped: int) -> None:
        if dropped and not self._stats.oversized:
            log.warning(
                "an event of more than %d bytes was dropped, no Asterisk sends such; they are counted",
                MAX_MESSAGE,
            )
        self._stats.oversized += dropped

    # -- what a session calls ----------------------------------------------------------------------

    def send(self, data: Request, as_list: bool | None = None) -> "asyncio.Future[Reply]":  # noqa: ARG002, FBT001 - panoramisk's signature
        """Send an action. Its future gives the reply, or a PeerError when the connection ends first."""
        if self.closed or self.transport.is_closing():
            raise NotSent(f"the link to the PBX is down: {data['Action']} was not sent")
        self.responses[data.id] = data
        self.transport.write(f"{data}".encode())
        future: asyncio.Future[Reply] = data.future
        return future

    def forget(self, request: Request) -> None:
        """Wait no longer for an action: a late answer to it is dropped."""
        self.responses.pop(request.id, None)

    def pause(self) -> None:
        """Stop reading from the socket: the kernel and the PBX hold what comes."""
        if not self.paused and not self.transport.is_closing():
            self.paused = True
            self.last_pause = time.monotonic()
            self.transport.pause_reading()

    def resume(self) -> None:
        """Read again."""
        if self.paused:
            self.paused = False
            self.last_pause = self.last_read = time.monotonic()
            if not self.transport.is_closing():
                self.transport.resume_reading()

    def close(self) -> None:
        """Close politely: what was written is still sent."""
        self.transport.close()

    def abort(self) -> None:
        """Close at once, whatever the other side does."""
        self.transport.abort()

    # -- inside --------------------------------------------------------------------------------------

    def _greet(self, data: bytes) -> bytes:
        """Read the greeting line; give what follows it."""
        self._greeting += data
        line, end, rest = self._greeting.partition(b"\r\n")
        begins_well = line.startswith(GREETING) or (not end and GREETING.startswith(line))
        if not begins_well or (not end and len(line) > MAX_GREETING):
            self.greeted.set_exception(PeerError("what answers there does not greet as an Asterisk Manager"))
            self.transport.abort()
            return b""
        if not end:
            return b""
        self.greeted.set_result(line[len(GREETING) :].decode("ascii", "replace"))
        return rest

    def _look_at(self, block: bytes) -> Message | None:
        """Give a wanted event; settle what answers an action; drop the rest."""
        try:
            if self._is_wanted(block):
                message = parse(block)
                self._answer(message)
                return message
            if block.startswith(EVENT):
                if self.responses and b"\r\nActionID: " in block:
                    self._answer(parse(block))
                return None
            message = parse(block)
            self._stats.garbage += message is None
            self._answer(message)
        except Exception as error:  # noqa: BLE001 - one bad message costs itself, never the connection
            self._stats.broken += 1
            log.error("could not handle a message of %d bytes: %s", len(block), type(error).__name__)  # noqa: TRY400 - may hold patients' data
        return None

    def _answer(self, message: Message | None) -> None:
        if message is None:
            return
        request = self.responses.get(message.get("ActionID"))
        if request is not None and request.add_message(message):
            self.forget(request)

    def _pending(self) -> list[Request]:
        return list(self.responses.values())


class OneConnection(Manager):  # type: ignore[misc]  # panoramisk has no types
    """panoramisk's Manager for one connection: it connects and sends, and sets no timer of any kind."""

    def connection_made(self, attempt: "asyncio.Future[tuple[asyncio.Transport, Protocol]]") -> None:
        """Keep the protocol. Whoever awaits `connect()` sees to failures."""
        if not attempt.cancelled() and attempt.exception() is None:
            _, self.protocol = attempt.result()
