"""What the PBX told us, in our own words: one frozen class per kind of fact.

`ami_listener.translate` makes them from AMI messages; `calls.CallTracker` is fed with them.
Every fact carries the time it happened (UTC, aware). A leg is one channel, named by its Uniqueid.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from secondring.domain.beats import Beat
from secondring.domain.ids import Linkedid, Uniqueid


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that happened on the PBX at `at`."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A channel as a snapshot block of an event shows it; absent headers are empty strings."""

    id: Uniqueid
    linkedid: Linkedid
    channel: str
    """Channel name, for example `PJSIP/trunk-00000001`."""
    state: str = ""
    """ChannelStateDesc: `Down`, `Ring`, `Ringing`, `Up`, ..."""
    caller: str = ""
    """CallerIDNum; empty when the PBX shows `<unknown>`."""
    connected: str = ""
    """ConnectedLineNum; empty when the PBX shows `<unknown>`."""
    context: str = ""
    exten: str = ""

    @property
    def tech(self) -> str:
        """Channel technology: `PJSIP`, `DAHDI`, `Local`, ..."""
        return self.channel.partition("/")[0]

    @property
    def is_root(self) -> bool:
        """True for a channel that nobody on this PBX dialled (it still owns its Linkedid)."""
        return str(self.id) == str(self.linkedid)

    def __repr__(self) -> str:
        return f"Leg({self.channel.partition('/')[0]} {self.id})"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelStarted(Fact):
    """Newchannel."""

    leg: Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelUp(Fact):
    """Newstate to Up: something picked up, a machine as likely as a person."""

    leg: Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class DialBegan(Fact):
    """DialBegin. `caller` is None when the PBX itself dials (Originate)."""

    caller: Leg | None
    dialled: Leg
    dial_string: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DialEnded(Fact):
    """DialEnd with its DialStatus as sent: ANSWER, BUSY, NOANSWER, CANCEL, CONTINUE, ..."""

    caller: Leg | None
    dialled: Leg
    status: str
    forward: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeEntered(Fact):
    """A leg came into a bridge. `swapped_out` leaves it in the same moment."""

    leg: Leg
    bridge: str
    bridge_type: str
    technology: str
    swapped_out: Uniqueid | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BridgeLeft(Fact):
    """A leg left a bridge."""

    leg: Leg
    bridge: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalPaired(Fact):
    """The two halves of a Local channel: what is heard on one is heard on the other."""

    one: Uniqueid
    two: Uniqueid


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueJoined(Fact):
    """A caller began to wait in a queue."""

    leg: Leg
    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLeft(Fact):
    """A caller is no longer waiting in a queue, for whatever reason."""

    leg: Leg
    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueAbandoned(Fact):
    """QueueCallerAbandon. Also sent on time-out and leave-when-empty: never proof of a hang-up."""

    leg: Leg
    queue: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AppStarted(Fact):
    """A dialplan application began on a leg; only those the tracker asks for are translated."""

    leg: Leg
    app: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VariableSet(Fact):
    """A channel variable was set; leading underscores are already stripped from `name`."""

    leg: Leg
    name: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked(Fact):
    """A leg was parked."""

    leg: Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class Unparked(Fact):
    """A parked leg was fetched by somebody."""

    leg: Leg


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkingLost(Fact):
    """A parked leg gave up or timed out."""

    leg: Leg
    timed_out: bool


UNTOLD = 16
"""The Q.850 cause of a hang-up of whose cause a record says nothing: an ordinary end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HungUp(Fact):
    """The end of a channel. `cause` is the Q.850 number."""

    leg: Leg
    cause: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxBooted(Fact):
    """FullyBooted, sent after each log-in; `uptime` tells a restart from a broken link."""

    uptime: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PbxStopping(Fact):
    """Shutdown: no channel outlives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLost(Fact):
    """The manager connection broke; what happens next on the PBX is not seen until it is back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLeg:
    """One row of CoreShowChannels."""

    leg: Leg
    bridge: str
    """BridgeId; empty when the leg is in no bridge."""
    age: timedelta
    """How long the channel has existed."""
    app: str = ""
    """The dialplan application it is in, such as `Queue`, `Parked Call`, `VoiceMail`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockTaken(Fact):
    """All channels that were alive at `at`, asked for after each log-in."""

    legs: tuple[LiveLeg, ...]
    waiting: Mapping[Uniqueid, str] = field(default_factory=dict)
    """Callers who wait in a queue, and in which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BeatHeard(Fact):
    """A service that listens to this PBX, ours among them, gave a sign of life."""

    beat: Beat
