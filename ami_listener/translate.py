"""AMI events into facts: the one place that knows what Asterisk calls things. Pure and strict.

A header that an event cannot do without is asked for by name, so an Asterisk that stops sending it is
noticed (`MissingHeader`) instead of read as empty. Numbers that Asterisk shows as `<unknown>` are empty.

An event without a Linkedid counts as its own root (Linkedid = Uniqueid). Every Asterisk since 13 sends
the header, so this only matters for damaged messages, and there it is the safe side: dropping a
Newchannel would lose a caller, while an outbound leg taken for a root is still told apart by its state.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from ami_listener.beats import EVENT, beat_in
from ami_listener.messages import Message
from secondring.domain import facts
from secondring.domain.facts import Fact, Leg
from secondring.domain.ids import Linkedid, Uniqueid

VARIABLES = frozenset({"QUEUESTATUS", "VMSTATUS", "DIALSTATUS", "FROM_DID", "CALLINGNUMPRES_SV"})
"""Channel variables that say something about a call's fate or its caller."""
VOICEMAIL = "VoiceMail"
"""The only dialplan application that matters: it answers, and nobody is there."""
NO_CHANNEL = "none"
"""What VarSet shows as Uniqueid of a global variable."""


def translate(message: Message, at: datetime) -> Fact | None:
    """Say an event in our words; None for events that mean nothing to a call.

    Raises MissingHeader when a header is absent that this event must have.
    """
    teller = TELLERS.get(message.name)
    return teller(message, at) if teller else None


def leg_of(message: Message, prefix: str = "") -> Leg:
    """Read a channel snapshot block; `prefix` is `Dest`, `Parkee` and the like."""
    uniqueid = message.need(f"{prefix}Uniqueid")
    return Leg(
        id=Uniqueid(uniqueid),
        linkedid=Linkedid(message.get(f"{prefix}Linkedid") or uniqueid),
        channel=message.need(f"{prefix}Channel"),
        state=message.get(f"{prefix}ChannelStateDesc"),
        caller=known(message.get(f"{prefix}CallerIDNum")),
        connected=known(message.get(f"{prefix}ConnectedLineNum")),
        context=message.get(f"{prefix}Context"),
        exten=message.get(f"{prefix}Exten"),
    )


def live_leg(message: Message) -> facts.LiveLeg:
    """Read one row of CoreShowChannels."""
    return facts.LiveLeg(
        leg=leg_of(message),
        bridge=message.get("BridgeId"),
        age=duration(message.get("Duration")),
        app=message.get("Application"),
    )


def known(number: str) -> str:
    """A number, or nothing where Asterisk says that it has none."""
    return "" if number == "<unknown>" else number


def duration(clock: str) -> timedelta:
    """Read HH:MM:SS (hours may pass 99). Zero when unreadable: the leg matters more than its age."""
    parts = clock.split(":")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 7 for part in parts):
        return timedelta(0)
    hours, minutes, seconds = map(int, parts)
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _newchannel(message: Message, at: datetime) -> Fact:
    return facts.ChannelStarted(at=at, leg=leg_of(message))


def _newstate(message: Message, at: datetime) -> Fact | None:
    if message.get("ChannelStateDesc") != "Up":
        return None
    return facts.ChannelUp(at=at, leg=leg_of(message))


def _dialler(message: Message) -> Leg | None:
    """Who dials; nobody's leg when the PBX does so itself (Originate)."""
    return leg_of(message) if message.has("Uniqueid") else None


def _dial_begin(message: Message, at: datetime) -> Fact:
    return facts.DialBegan(
        at=at,
        caller=_dialler(message),
        dialled=leg_of(message, "Dest"),
        dial_string=message.get("DialString"),
    )


def _dial_end(message: Message, at: datetime) -> Fact:
    return facts.DialEnded(
        at=at,
        caller=_dialler(message),
        dialled=leg_of(message, "Dest"),
        status=message.need("DialStatus"),
        forward=message.get("Forward"),
    )


def _bridge_enter(message: Message, at: datetime) -> Fact:
    swapped_out = message.get("SwapUniqueid")
    return facts.BridgeEntered(
        at=at,
        leg=leg_of(message),
        bridge=message.need("BridgeUniqueid"),
        bridge_type=message.get("BridgeType"),
        technology=message.get("BridgeTechnology"),
        swapped_out=Uniqueid(swapped_out) if swapped_out else None,
    )


def _bridge_leave(message: Message, at: datetime) -> Fact:
    return facts.BridgeLeft(at=at, leg=leg_of(message), bridge=message.need("BridgeUniqueid"))


def _local_bridge(message: Message, at: datetime) -> Fact:
    return facts.LocalPaired(
        at=at,
        one=Uniqueid(message.need("LocalOneUniqueid")),
        two=Uniqueid(message.need("LocalTwoUniqueid")),
    )


def _queue_join(message: Message, at: datetime) -> Fact:
    return facts.QueueJoined(at=at, leg=leg_of(message), queue=message.need("Queue"))


def _queue_leave(message: Message, at: datetime) -> Fact:
    return facts.QueueLeft(at=at, leg=leg_of(message), queue=message.need("Queue"))


def _queue_abandon(message: Message, at: datetime) -> Fact:
    return facts.QueueAbandoned(at=at, leg=leg_of(message), queue=message.need("Queue"))


def _newexten(message: Message, at: datetime) -> Fact | None:
    if message.get("Application").lower() != VOICEMAIL.lower():
        return None
    return facts.AppStarted(at=at, leg=leg_of(message), app=VOICEMAIL)


def _var_set(message: Message, at: datetime) -> Fact | None:
    name = message.need("Variable").lstrip("_")
    if name not in VARIABLES or message.get("Uniqueid") == NO_CHANNEL:
        return None
    return facts.VariableSet(at=at, leg=leg_of(message), name=name, value=message.get("Value"))


def _parked(message: Message, at: datetime) -> Fact:
    return facts.Parked(at=at, leg=leg_of(message, "Parkee"))


def _unparked(message: Message, at: datetime) -> Fact:
    return facts.Unparked(at=at, leg=leg_of(message, "Parkee"))


def _parking_lost(message: Message, at: datetime) -> Fact:
    timed_out = message.name == "ParkedCallTimeOut"
    return facts.ParkingLost(at=at, leg=leg_of(message, "Parkee"), timed_out=timed_out)


def _hangup(message: Message, at: datetime) -> Fact:
    """The end of a leg is worth more than its cause: without a readable cause it is 0."""
    return facts.HungUp(at=at, leg=leg_of(message), cause=_whole(message.get("Cause")) or 0)


def _fully_booted(message: Message, at: datetime) -> Fact:
    seconds = _whole(message.get("Uptime"))
    return facts.PbxBooted(at=at, uptime=None if seconds is None else timedelta(seconds=seconds))


def _shutdown(_message: Message, at: datetime) -> Fact:
    return facts.PbxStopping(at=at)


def _user_event(message: Message, at: datetime) -> Fact | None:
    beat = beat_in(message)
    return facts.BeatHeard(at=at, beat=beat) if beat else None


def _whole(digits: str) -> int | None:
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 12 else None


TELLERS: dict[str, Callable[[Message, datetime], Fact | None]] = {
    "Newchannel": _newchannel,
    "Newstate": _newstate,
    "DialBegin": _dial_begin,
    "DialEnd": _dial_end,
    "BridgeEnter": _bridge_enter,
    "BridgeLeave": _bridge_leave,
    "LocalBridge": _local_bridge,
    "QueueCallerJoin": _queue_join,
    "QueueCallerLeave": _queue_leave,
    "QueueCallerAbandon": _queue_abandon,
    "Newexten": _newexten,
    "VarSet": _var_set,
    "ParkedCall": _parked,
    "UnParkedCall": _unparked,
    "ParkedCallGiveUp": _parking_lost,
    "ParkedCallTimeOut": _parking_lost,
    "Hangup": _hangup,
    "FullyBooted": _fully_booted,
    "Shutdown": _shutdown,
    EVENT: _user_event,
}
"""Every event that is listened to, by its name on the wire (spelling as Asterisk sends it)."""
