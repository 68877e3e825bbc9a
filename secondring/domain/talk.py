"""Who can hear whom: the graph of bridges and Local pairs.

Two legs hear each other when they sit in the same talking bridge, or are the two halves of one
Local channel, or are joined by a chain of those. Holding bridges (music, parking) join nobody.
Member counts sent by the PBX include internal channels that nobody hears, so members are counted
from the enter and leave events alone.
"""

from secondring.domain.facts import BridgeEntered, BridgeLeft, LocalPaired
from secondring.domain.ids import Uniqueid

TALKING_BRIDGE_TYPES = frozenset({"basic", "stasis"})
"""Bridges in which parties of one call meet: Dial, Queue and pickup use `basic`, ARI `stasis`."""
HOLDING = "holding_bridge"


class TalkGraph:
    """Bridges and Local pairs of the legs that are alive now."""

    def __init__(self) -> None:
        self._members: dict[str, set[Uniqueid]] = {}
        self._bridge_of: dict[Uniqueid, str] = {}
        self._other_half: dict[Uniqueid, Uniqueid] = {}

    def enter(self, fact: BridgeEntered) -> None:
        """Put a leg into a bridge; a leg is in one bridge at a time, so it leaves its former one."""
        if fact.swapped_out is not None:
            self._leave_bridge(fact.swapped_out)
        self._leave_bridge(fact.leg.id)
        if fact.bridge_type in TALKING_BRIDGE_TYPES and fact.technology != HOLDING:
            self._members.setdefault(fact.bridge, set()).add(fact.leg.id)
            self._bridge_of[fact.leg.id] = fact.bridge

    def leave(self, fact: BridgeLeft) -> None:
        """Take a leg out of that bridge; nothing happens when it is already in another."""
        if self._bridge_of.get(fact.leg.id) == fact.bridge:
            self._leave_bridge(fact.leg.id)

    def pair(self, fact: LocalPaired) -> None:
        """Join the two halves of a Local channel."""
        self._other_half[fact.one] = fact.two
        self._other_half[fact.two] = fact.one

    def forget(self, leg: Uniqueid) -> None:
        """A leg ended."""
        self._leave_bridge(leg)
        other = self._other_half.pop(leg, None)
        if other is not None:
            self._other_half.pop(other, None)

    def heard_by(self, leg: Uniqueid) -> set[Uniqueid]:
        """Every leg that `leg` is connected to, itself included."""
        seen = {leg}
        waiting = [leg]
        while waiting:
            for neighbour in self._neighbours(waiting.pop()) - seen:
                seen.add(neighbour)
                waiting.append(neighbour)
        return seen

    def _neighbours(self, leg: Uniqueid) -> set[Uniqueid]:
        bridge = self._bridge_of.get(leg)
        near = set(self._members.get(bridge, ())) if bridge is not None else set()
        other = self._other_half.get(leg)
        if other is not None:
            near.add(other)
        return near

    def _leave_bridge(self, leg: Uniqueid) -> None:
        bridge = self._bridge_of.pop(leg, None)
        if bridge is None:
            return
        members = self._members[bridge]
        members.discard(leg)
        if not members:
            del self._members[bridge]

    @property
    def legs(self) -> set[Uniqueid]:
        """The legs it knows anything about."""
        return set(self._bridge_of) | set(self._other_half)

    def __len__(self) -> int:
        """How many these are; zero when nobody is on the phone."""
        return len(self.legs)
