"""Where messages between site boxes and their centre go on the broker, and how they are packed; see docs/sites.md.

secondring/<box>/up/urgent|live|late   a dispatch
secondring/<box>/up/beat               how the box is doing
secondring/<box>/up/status             online or offline, kept; the box's last will
secondring/<box>/down/taken            a dispatch is in the centre's books
secondring/<box>/down/beat             a sign of life of the box's was opened
secondring/<box>/down/refused          what the box says cannot be opened; not sealed, for there is no key in common
secondring/<box>/down/urgent           an urgent caller for the box to ring for
secondring/<box>/down/reached          somebody has spoken with an urgent caller
"""

import json
from dataclasses import dataclass, field
from typing import Any

from secondring.bus.seal import Forged, Seal

VERSION = 1
LANES = ("urgent", "live", "late")
"""By what a wait would cost, the dearest first."""
BEAT, STATUS = "beat", "status"
TAKEN, HAND_OVER, REACHED, REFUSED = "taken", "urgent", "reached", "refused"
UP, DOWN = "up", "down"
MOST_NAME = 64


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message that was opened."""

    box: str
    way: str
    """`up` or `down`."""
    what: str
    name: str
    words: str = field(repr=False)


def up(box: str, what: str) -> str:
    """A topic of the box's own."""
    return f"secondring/{box}/{UP}/{what}"


def down(box: str, what: str) -> str:
    """A topic of the centre's to the box."""
    return f"secondring/{box}/{DOWN}/{what}"


def place_of(topic: str) -> tuple[str, str, str] | None:
    """Box, way and what; None for a topic that is none of these."""
    parts = topic.split("/")
    if len(parts) != 4 or parts[0] != "secondring" or parts[2] not in (UP, DOWN):
        return None
    return parts[1], parts[2], parts[3]


def _kind(way: str, what: str) -> str:
    """A dispatch may change its lane while it waits, and stays what it is."""
    return f"{way}/dispatch" if way == UP and what in LANES else f"{way}/{what}"


def packed(seal: Seal, way: str, what: str, name: str, words: str) -> str:
    """The payload."""
    sealed = seal.close(_kind(way, what), name, words)
    return json.dumps({"v": VERSION, "id": name, "sealed": sealed})


def unpacked(seal: Seal, topic: str, payload: dict[str, Any]) -> Parcel:
    """What a payload says. Raises Forged when it was not packed for that topic with that key."""
    place = place_of(topic)
    name, sealed = payload.get("id"), payload.get("sealed")
    if place is None or not isinstance(name, str) or not isinstance(sealed, str) or len(name) > MOST_NAME:
        raise Forged("a message that is none of ours")
    box, way, what = place
    return Parcel(box, way, what, name, seal.open(_kind(way, what), name, sealed))


def status(*, online: bool) -> str:
    """The payload of the box's status: the broker itself may have to say it, so it is not sealed."""
    return json.dumps({"v": VERSION, "state": "online" if online else "offline"})


def refused(because: str) -> str:
    """The payload that tells a box that its words are not taken."""
    return json.dumps({"v": VERSION, "because": because})
