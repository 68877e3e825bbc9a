"""Throws away what nobody needs, by a look at the raw bytes, before anything is built from them.

Nine in ten bytes of an unfiltered stream are VarSet and Newexten. The sieve may let through more than
`translate` wants, never less.
"""

from collections.abc import Callable

from ami_listener.beats import EVENT as USER_EVENT
from ami_listener.beats import NAME as BEAT
from ami_listener.reader import STOCK_EVENTS
from ami_listener.translate import TELLERS, VARIABLES, VOICEMAIL

EVENT = b"Event: "
_VARIABLES = frozenset(name.encode() for name in VARIABLES)


def event_name(block: bytes) -> bytes:
    """The name of the event in a raw message; empty when it is not an event."""
    if not block.startswith(EVENT):
        return b""
    end = block.find(b"\r\n")
    return block[len(EVENT) : end if end >= 0 else len(block)]


def is_wanted(block: bytes) -> bool:
    """True when a raw message is an event that `FactReader` should see."""
    check = _CHECKS.get(event_name(block))
    return check is not None and check(block)


def _value(block: bytes, header: bytes) -> bytes:
    """The first value of a header, which is not the message's first; empty when there is none."""
    start = block.find(b"\r\n" + header + b": ")
    if start < 0:
        return b""
    start += len(header) + 4
    end = block.find(b"\r\n", start)
    return block[start : end if end >= 0 else len(block)]


def _always(_block: bytes) -> bool:
    return True


def _is_up(block: bytes) -> bool:
    return _value(block, b"ChannelStateDesc") == b"Up"


def _is_voicemail(block: bytes) -> bool:
    return _value(block, b"Application").lower() == VOICEMAIL.lower().encode()


def _is_beat(block: bytes) -> bool:
    return _value(block, USER_EVENT.encode()) == BEAT.encode()


def _is_known_variable(block: bytes) -> bool:
    return _value(block, b"Variable").lstrip(b"_") in _VARIABLES


_CHECKS: dict[bytes, Callable[[bytes], bool]] = {
    **{name.encode(): _always for name in (*TELLERS, *STOCK_EVENTS)},
    b"Newstate": _is_up,
    b"Newexten": _is_voicemail,
    b"VarSet": _is_known_variable,
    USER_EVENT.encode(): _is_beat,
}
