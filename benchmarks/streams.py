"""Streams of any length from the lab's recordings: same calls, other names, other times, other callers."""

import functools
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from dialplan.render import EVENTS, NARROWED
from lab.load import callers

RECORDINGS = Path(__file__).parents[1] / "tests/recordings"
END = b"\r\n\r\n"
MISSED = ("caller_gives_up_ringing", "busy", "rang_out", "queue_abandoned")
"""What a clinic misses most; one caller each."""
WHOLE = ("answered_directly", "rang_out", "queue_abandoned", "voicemail_with_message", "screen_accepted")
"""Kept with all of the dialplan's chatter, as a PBX without an event filter sends it."""
MOST_CALLERS = 35_300
"""At three sites each, more episodes than the longest benchmark opens: a caller who calls again gets no new text."""
NAMES_EACH = 1000
"""Channel numbers set apart for each copy of a recording; the lab's all lie below."""

_MARK = re.compile(
    rb"(?<=\nTimestamp: )(\d+)(?=\.)|(?<=lab-)(\d+\.\d+)|\+(?=13125550123)(\d+)|(?<!\+1)(20255501\d\d)"
)
"""In this order: a time, a channel's name (a second and a number), the caller, the number they dialled."""


class Template:
    """One recorded call, ready to be told again about another caller at another time."""

    def __init__(self, messages: Sequence[bytes]) -> None:
        data = b"".join(message + END for message in messages)
        self.events = len(messages)
        self._pieces = _MARK.split(data)[:: _MARK.groups + 1]
        self._marks = [found.groups() for found in _MARK.finditer(data)]
        self.ends = max(int(stamp) for stamp, *_ in self._marks if stamp)

    def told(self, copy: int, *, ends_at: int, caller: str, did: str | None = None) -> bytes:
        """The call as copy number so and so: ends in that second, comes from that caller."""
        shift = ends_at - self.ends
        parts = []
        for piece, (stamp, channel, number, dialled) in zip(self._pieces, self._marks, strict=False):
            parts.append(piece)
            if stamp:
                parts.append(b"%d" % (int(stamp) + shift))
            elif channel:
                parts.append(_renamed(channel, shift, copy * NAMES_EACH))
            else:
                parts.append(caller.encode() if number else did.encode() if did else dialled)
        return b"".join([*parts, self._pieces[-1]])


def _renamed(channel: bytes, seconds: int, numbers: int) -> bytes:
    second, _, number = channel.partition(b".")
    return b"%d.%d" % (int(second) + seconds, int(number) + numbers)


@functools.cache
def strangers() -> list[str]:
    """Callers of any area but the clinic's own, whose numbers it would take for its own."""
    return [number for number in callers(MOST_CALLERS) if not number.startswith("+1202")]


@functools.cache
def template(name: str, *, filtered: bool) -> Template:
    """A recording of one call; `filtered` leaves only what the clinic's AMI account would have been sent."""
    messages = [m for m in _messages(name) if m.startswith(b"Event: ") and b"FullyBooted" not in m]
    return Template([m for m in messages if as_filtered(m)] if filtered else messages)


def as_filtered(message: bytes) -> bool:
    """True when an account with the event filter of `secondring render manager` gets this message."""
    headers = dict(line.split(": ", 1) for line in message.decode().split("\r\n") if ": " in line)
    name = headers["Event"]
    if name in EVENTS:
        return True
    return any(name == event and headers.get(header) in values for event, header, values in NARROWED)


def day_of_calls(copies: int, *, filtered: bool) -> Iterator[bytes]:
    """A long recording: five kinds of call, told over and over, a minute apart."""
    yield b"Asterisk Call Manager/11.0.0\r\n"
    numbers = strangers()
    for copy in range(copies):
        for name in WHOLE:
            call = template(name, filtered=filtered)
            yield call.told(copy, ends_at=call.ends + 60 * copy, caller=numbers[copy % len(numbers)])


def _messages(name: str) -> list[bytes]:
    return (RECORDINGS / f"{name}.ami").read_bytes().split(END)[:-1]
