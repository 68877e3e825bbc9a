"""Bytes to messages: split first, decode afterwards.

Splitting happens on bytes, so a character that arrives in two pieces stays whole, a name that is not
UTF-8 costs one replacement character, and a monstrous header costs its own message and no memory.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from secondring.domain.errors import PeerError

END = b"\r\n\r\n"
OUTPUT = "Output"
"""The header of what a command printed. Asterisk before 14, and gateways built on it, print it without one."""
MAX_MESSAGE = 64 * 1024
"""Bytes. Events are 0.4 to 0.8 KB; the longest seen, a VarSet of a whole list, stay below 8 KB."""

BANNER = re.compile(
    rb"(?:\A|\r\n)Asterisk Call Manager/\d[\d.]*(?:\r\n|\Z)|Asterisk Call Manager/\d[\d.]*\r\n(?=Response: )"
)
"""The greeting of a new connection. In the middle of a line (the connection before was cut there) it counts
only when a Response follows, so that nobody forges one with a caller name."""


class UnreadableMessage(PeerError):
    """A message does not say what its kind must say. Names event and header, never the value."""

    def __init__(self, event: str, header: str, problem: str) -> None:
        super().__init__(f"{event} without a usable {header}: {problem}")
        self.where = f"{event}.{header}"


class MissingHeader(UnreadableMessage):
    """A header that every message of this kind carries is not there, or is empty."""

    def __init__(self, event: str, header: str) -> None:
        super().__init__(event, header, "the header is missing or empty")


class Message:
    """The headers of one AMI message, spelled as on the wire. A repeated header holds a list."""

    __slots__ = ("headers",)

    def __init__(self, headers: Mapping[str, str | list[str]]) -> None:
        self.headers = headers

    def get(self, header: str, default: str = "") -> str:
        """The value of a header (the first, when it is repeated)."""
        value = self.headers.get(header, default)
        return value if isinstance(value, str) else value[0]

    def all(self, header: str) -> list[str]:
        """Every value of a header, in order."""
        value = self.headers.get(header, [])
        return [value] if isinstance(value, str) else value

    def need(self, header: str) -> str:
        """The value of a header; raises MissingHeader when there is none."""
        value = self.get(header)
        if not value:
            raise MissingHeader(self.name, header)
        return value

    def has(self, header: str) -> bool:
        """True when the header is there, be it empty."""
        return header in self.headers

    @property
    def name(self) -> str:
        """The event's name; empty for a response."""
        return self.get("Event")

    @property
    def succeeded(self) -> bool:
        """True for a response that says so (`Goodbye` answers a Logoff)."""
        return self.get("Response") in ("Success", "Goodbye")

    @property
    def timestamp(self) -> datetime | None:
        """When Asterisk sent it (`timestampevents = yes`); None when it does not say."""
        stamp = self.get("Timestamp")
        if not stamp:
            return None
        try:
            return datetime.fromtimestamp(float(stamp), UTC)
        except (ValueError, OverflowError, OSError):
            return None

    def __repr__(self) -> str:
        return f"Message({self.name or self.get('Response')}, {len(self.headers)} headers)"


def parse(block: bytes) -> Message | None:
    """Read one message without its blank line; None when it is neither an event nor a response."""
    headers: dict[str, str | list[str]] = {}
    for line in block.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon and line.strip() and headers.get("Response") == "Follows":
            name, colon, value = OUTPUT, ":", line
        if colon:
            value = value.removeprefix(" ")
            before = headers.get(name)
            if before is None:
                headers[name] = value
            elif isinstance(before, list):
                before.append(value)
            else:
                headers[name] = [before, value]
    return Message(headers) if "Event" in headers or "Response" in headers else None


class Splitter:
    """Cuts a byte stream into messages, however it arrives. Holds at most one message and one chunk."""

    def __init__(self, max_message: int = MAX_MESSAGE) -> None:
        self._oversized = 0
        self._max = max_message
        self._tail = b""
        self._skipping = False

    def feed(self, chunk: bytes) -> list[bytes]:
        """Give the messages that are complete now, without their blank lines."""
        data = self._tail + chunk
        if self._skipping:
            data = self._skip(data)
        *blocks, self._tail = data.split(END)
        # Up to three bytes of a blank line may be in the tail already: they do not count as message.
        if len(self._tail) > self._max + len(END) - 1:
            self._oversized += 1
            self._skipping = True
            self._tail = self._tail[1 - len(END) :]
        return [block.lstrip(b"\r\n") for block in self._fitting(blocks) if block.strip()]

    def take_oversized(self) -> int:
        """How many messages were dropped as too long since this was asked last."""
        count, self._oversized = self._oversized, 0
        return count

    @property
    def rest(self) -> bytes:
        """What came after the last blank line: the beginning of a message, or nothing."""
        return self._tail

    def _skip(self, data: bytes) -> bytes:
        """Drop the rest of a message that is too long."""
        _, end, after = data.partition(END)
        if end:
            self._skipping = False
            return after
        return data[1 - len(END) :]

    def _fitting(self, blocks: list[bytes]) -> list[bytes]:
        fitting = [block for block in blocks if len(block) <= self._max]
        self._oversized += len(blocks) - len(fitting)
        return fitting
