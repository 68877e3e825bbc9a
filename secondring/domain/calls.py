"""The verdict machine: facts in, calls out. This is the product's heart.

Theory of operation
-------------------
A *call* is an inbound channel (its *root* leg) and all that happens for it, named by that channel's
Uniqueid. It begins with the channel and is judged once, at the channel's hang-up. Linkedids only
help to find whose call a new leg belongs to: they change and merge, so they never name a call.

A call is *answered* the moment its root leg can hear a *person's leg*: a device (never a Local
channel, never an application) that answered a dial, or that an insider picked up to dial with, and
that is connected to the root through bridges and Local pairs (`talk.TalkGraph`). That is final.
A channel that is Up, a Local leg that answers, a voicemail that picks up prove nothing.

Facts may come twice, late or not at all. A call that was judged is never opened again; a call whose
beginning was not seen is judged from what was seen and marked `partial`; after a lost link, calls
that are no longer alive when stock is taken are judged as they stood.

No I/O, no clock: each fact carries its time, `tick` is told the time.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any

from secondring.domain import facts
from secondring.domain.facts import Fact, Leg
from secondring.domain.ids import CallId, Linkedid, Uniqueid
from secondring.domain.phone import is_withheld
from secondring.domain.talk import TalkGraph
from secondring.domain.verdict import ANSWER, Detail, Evidence, Ignored, Judgement, Reason, Verdict, judge

REMEMBERED_CALLS = 20_000
"""Judged calls kept in mind against late events; at 20 calls/s that is more than a quarter of an hour."""

NOT_DEVICES = frozenset(
    {"Local", "Message", "Surrogate", "Announcer", "Recorder", "CBAnn", "CBRec", "MulticastRTP"}
)
RINGING_IN = frozenset({"Ring", "Pre-ring"})
"""States in which a channel starts that somebody outside or inside dialled in on; Down means the PBX dials."""


class Direction(StrEnum):
    """Which way a call goes, seen from the clinic."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"
    ORIGINATED = "originated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListeningRules:
    """How this PBX names things."""

    pbx: str = "pbx"
    inbound: tuple[str, ...] = (
        r"from-(pstn|trunk|digital|analog|dahdi|zaptel|did|outside|external|provider)\b.*",
        r"(inbound|incoming|pstn|trunk|public)\b.*",
    )
    """Contexts (regular expressions, whole word) that calls from outside start in."""
    outside_prefix: str = ""
    """Digits that staff dial before an outside number."""
    forget_after: timedelta = timedelta(hours=12)
    """A call with no sign of life for so long is judged as it stands."""


@lru_cache(maxsize=8)
def _inbound_pattern(contexts: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{c})" for c in contexts) or r"(?!)")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBegan:
    """Somebody outside is calling the clinic."""

    call: CallId
    at: datetime
    caller: str = field(repr=False)
    did: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered:
    """Two people are talking. `far` is the number outside, as the PBX shows it."""

    call: CallId
    at: datetime
    direction: Direction
    far: str = field(repr=False)
    withheld: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded:
    """The verdict on one call."""

    call: CallId
    direction: Direction
    verdict: Verdict
    reason: str | None
    detail: Detail | None
    caller: str = field(repr=False)
    """As the PBX showed it; for an outbound call the number that was dialled."""
    withheld: bool
    did: str = field(repr=False)
    queue: str | None
    started_at: datetime
    ended_at: datetime
    answered_at: datetime | None
    partial: bool = False
    """Parts of the call were not seen."""

    @property
    def waited(self) -> timedelta:
        """How long the caller waited for a person, or until they gave up."""
        return max((self.answered_at or self.ended_at) - self.started_at, timedelta(0))

    @property
    def talked(self) -> timedelta:
        """How long two people talked; zero when they never did."""
        return max(self.ended_at - self.answered_at, timedelta(0)) if self.answered_at else timedelta(0)


CallEvent = CallBegan | CallAnswered | CallEnded


@dataclass(slots=True, kw_only=True)
class _Call:
    """A call that is not judged yet."""

    id: CallId
    root: Uniqueid
    direction: Direction
    caller: str = field(repr=False)
    did: str = field(repr=False)
    started_at: datetime
    last_seen: datetime
    evidence: Evidence = field(default_factory=Evidence)
    answered_at: datetime | None = None
    withheld: bool = False
    partial: bool = False
    doubtful: bool = False
    """The link was lost since; it may be over without our knowing."""


class CallTracker:
    """Follows every call on one PBX. `feed` and `tick` return what became known, in order."""

    def __init__(self, rules: ListeningRules | None = None) -> None:
        self._rules = rules or ListeningRules()
        self._calls: dict[Uniqueid, _Call] = {}
        self._call_of_leg: dict[Uniqueid, Uniqueid] = {}
        self._people: set[Uniqueid] = set()
        self._graph = TalkGraph()
        self._judged: OrderedDict[Uniqueid, None] = OrderedDict()

    # ------------------------------------------------------------------ what the world asks of it

    def feed(self, fact: Fact) -> list[CallEvent]:
        """Take in one fact; return the events that follow from it."""
        handler = _HANDLERS.get(type(fact))
        return handler(self, fact) if handler else []

    def tick(self, now: datetime) -> list[CallEvent]:
        """Judge calls that have shown no sign of life for too long."""
        limit = now - self._rules.forget_after
        stale = [call for call in self._calls.values() if call.last_seen < limit]
        return [self._close(call, now, lost=Detail.LOST_TRACK) for call in stale]

    def adopt(self, began: CallBegan, answered_at: datetime | None) -> None:
        """Take back a call that was open when the service last ran; the next stock-taking decides on it."""
        root = began.call.uniqueid
        if root in self._calls or root in self._judged:
            return
        call = self._open(root, Direction.INBOUND, began.caller, began.did, began.at, partial=True)
        call.doubtful = True
        call.answered_at = answered_at

    @property
    def open_calls(self) -> int:
        """How many calls are not judged yet."""
        return len(self._calls)

    @property
    def legs_known(self) -> int:
        """How many channels it holds anything about; zero when the PBX is quiet."""
        return len(self._call_of_leg) + len(self._people) + len(self._graph)

    # ------------------------------------------------------------------ channels

    def _channel_started(self, fact: facts.ChannelStarted) -> list[CallEvent]:
        leg = fact.leg
        if not leg.is_root:
            self._belongs(leg, fact.at)
            self._note_outbound(leg)
            return []
        if leg.id in self._calls or leg.id in self._judged or leg.tech in NOT_DEVICES:
            return []
        direction = self._direction(leg)
        if direction is Direction.INTERNAL:
            self._people.add(leg.id)
        caller = leg.caller if direction is Direction.INBOUND else leg.exten
        call = self._open(leg.id, direction, caller, leg.exten, fact.at)
        if direction is not Direction.INBOUND:
            return []
        return [CallBegan(call=call.id, at=fact.at, caller=leg.caller, did=leg.exten)]

    def _direction(self, leg: Leg) -> Direction:
        if leg.state not in RINGING_IN:
            return Direction.ORIGINATED
        return Direction.INBOUND if self._from_outside(leg.context) else Direction.INTERNAL

    def _from_outside(self, context: str) -> bool:
        return _inbound_pattern(self._rules.inbound).fullmatch(context) is not None

    def _note_outbound(self, leg: Leg) -> None:
        """A dialled leg that carries the trunk's own context is a call to the outside world."""
        call = self._call(leg.id)
        if (
            call
            and call.direction in (Direction.INTERNAL, Direction.ORIGINATED)
            and self._from_outside(leg.context)
        ):
            call.direction = Direction.OUTBOUND

    def _channel_up(self, fact: facts.ChannelUp) -> list[CallEvent]:
        call = self._calls.get(fact.leg.id)
        if call:
            call.evidence.was_up = True
        return []

    def _hung_up(self, fact: facts.HungUp) -> list[CallEvent]:
        leg = fact.leg
        owner = self._call(leg.id)
        if owner and owner.root != leg.id:
            owner.evidence.leg_causes[leg.id] = fact.cause
        self._forget_leg(leg.id)
        call = self._calls.get(leg.id)
        if call:
            call.evidence.cause = fact.cause
            call.evidence.was_up = call.evidence.was_up or leg.state == "Up"
            return [self._close(call, fact.at)]
        return self._never_seen(leg, fact.at)

    def _never_seen(self, leg: Leg, at: datetime) -> list[CallEvent]:
        if not leg.is_root or leg.tech in NOT_DEVICES or leg.id in self._judged:
            return []
        call = self._open(leg.id, Direction.UNKNOWN, leg.caller, leg.exten, at, partial=True)
        return [self._close(call, at)]

    # ------------------------------------------------------------------ dialling and bridges

    def _dial_began(self, fact: facts.DialBegan) -> list[CallEvent]:
        call = self._dialled_for(fact.caller, fact.dialled, fact.at)
        if call:
            call.evidence.dialled.add(fact.dialled.id)
            self._note_outbound(fact.dialled)
            if call.direction is Direction.OUTBOUND and not call.caller.strip("+").isdigit():
                call.caller = fact.dial_string.rpartition("/")[2].partition("@")[0]
        return []

    def _dial_ended(self, fact: facts.DialEnded) -> list[CallEvent]:
        call = self._dialled_for(fact.caller, fact.dialled, fact.at)
        if call and not fact.forward:
            call.evidence.dial_ended(fact.dialled.id, fact.status)
        if fact.status == ANSWER and fact.dialled.tech not in NOT_DEVICES:
            self._people.add(fact.dialled.id)
        return self._newly_answered(fact.dialled.id, fact.at)

    def _dialled_for(self, caller: Leg | None, dialled: Leg, at: datetime) -> _Call | None:
        """Whose call a dialled leg belongs to: the dialling leg knows best, Linkedids may have merged."""
        if caller is not None:
            owner = self._call(caller.id) or self._belongs(caller, at)
            if owner:
                self._call_of_leg[dialled.id] = owner.root
                owner.last_seen, owner.doubtful = at, False
                return owner
        return self._belongs(dialled, at)

    def _bridge_entered(self, fact: facts.BridgeEntered) -> list[CallEvent]:
        self._belongs(fact.leg, fact.at)
        self._graph.enter(fact)
        return self._newly_answered(fact.leg.id, fact.at)

    def _bridge_left(self, fact: facts.BridgeLeft) -> list[CallEvent]:
        self._graph.leave(fact)
        return []

    def _local_paired(self, fact: facts.LocalPaired) -> list[CallEvent]:
        self._graph.pair(fact)
        return self._newly_answered(fact.one, fact.at)

    def _newly_answered(self, leg: Uniqueid, at: datetime) -> list[CallEvent]:
        """Look again at the calls that can hear `leg`: has one of them a person now?"""
        hearing = self._graph.heard_by(leg)
        people = hearing & self._people
        found = []
        for root in hearing & self._calls.keys():
            call = self._calls[root]
            if call.answered_at is None and people - {root}:
                call.answered_at = at
                found.append(call)
        told = (Direction.INBOUND, Direction.OUTBOUND)
        return [self._answered(call, at) for call in found if call.direction in told]

    @staticmethod
    def _answered(call: _Call, at: datetime) -> CallAnswered:
        return CallAnswered(
            call=call.id, at=at, direction=call.direction, far=call.caller, withheld=call.withheld
        )

    # ------------------------------------------------------------------ queues, parking, applications, variables

    def _queue_joined(self, fact: facts.QueueJoined) -> list[CallEvent]:
        events: list[CallEvent] = []
        leg = fact.leg
        if (
            leg.is_root
            and leg.id not in self._calls
            and leg.id not in self._judged
            and leg.tech not in NOT_DEVICES
        ):
            call = self._open(leg.id, Direction.INBOUND, leg.caller, "", fact.at, partial=True)
            events.append(CallBegan(call=call.id, at=fact.at, caller=leg.caller, did=""))
        found = self._call(leg.id)
        if found:
            seen = found.evidence
            seen.queue, seen.queue_status, seen.left_by_key = fact.queue, "", False
        return events

    def _queue_left(self, fact: facts.QueueLeft) -> list[CallEvent]:
        call = self._call(fact.leg.id)
        if call and call.evidence.queue_status != "ABANDON":
            call.evidence.left_by_key = True
        return []

    def _queue_abandoned(self, fact: facts.QueueAbandoned) -> list[CallEvent]:
        call = self._call(fact.leg.id)
        if call:
            call.evidence.queue_status = "ABANDON"
        return []

    def _app_started(self, fact: facts.AppStarted) -> list[CallEvent]:
        call = self._belongs(fact.leg, fact.at)
        if call and fact.app.lower() == "voicemail":
            call.evidence.voicemail = True
        return []

    def _variable_set(self, fact: facts.VariableSet) -> list[CallEvent]:
        owner = self._belongs(fact.leg, fact.at)
        if owner and fact.name == "VMSTATUS" and fact.value == "SUCCESS":
            owner.evidence.message_left = True
        call = self._calls.get(fact.leg.id)
        if call:
            _note_variable(call, fact.name, fact.value)
        return []

    def _unparked(self, fact: facts.Unparked) -> list[CallEvent]:
        call = self._call(fact.leg.id)
        if call:
            call.evidence.parking_lost = call.evidence.answered_then_lost = False
        return []

    def _parking_lost(self, fact: facts.ParkingLost) -> list[CallEvent]:
        call = self._call(fact.leg.id)
        if call:
            call.evidence.parking_lost = True
            call.evidence.answered_then_lost = not fact.timed_out
        return []

    # ------------------------------------------------------------------ the link to the PBX

    def _link_lost(self, _fact: facts.LinkLost) -> list[CallEvent]:
        for call in self._calls.values():
            call.doubtful = True
        return []

    def _pbx_stopping(self, fact: facts.PbxStopping) -> list[CallEvent]:
        return [self._close(call, fact.at, lost=Detail.PBX_STOPPED) for call in list(self._calls.values())]

    def _pbx_booted(self, fact: facts.PbxBooted) -> list[CallEvent]:
        """A PBX that has been up for less long than a call lasted cannot still hold that call."""
        if fact.uptime is None:
            return []
        booted = fact.at - fact.uptime
        over = [call for call in self._calls.values() if call.doubtful and call.last_seen < booted]
        return [self._close(call, fact.at, lost=Detail.PBX_STOPPED) for call in over]

    def _stock_taken(self, fact: facts.StockTaken) -> list[CallEvent]:
        alive = {live.leg.id for live in fact.legs}
        gone = [call for call in self._calls.values() if call.doubtful and call.root not in alive]
        events: list[CallEvent] = [self._close(call, fact.at, lost=Detail.LOST_TRACK) for call in gone]
        for live in fact.legs:
            events += self._found_alive(live, fact.at)
        for one, two in _local_halves(fact.legs):
            self._graph.pair(facts.LocalPaired(at=fact.at, one=one, two=two))
        for root in list(self._calls.keys() & alive):
            events += self._newly_answered(root, fact.at)
        return events

    def _found_alive(self, live: facts.LiveLeg, at: datetime) -> list[CallEvent]:
        leg = live.leg
        events: list[CallEvent] = []
        known = leg.id in self._calls or leg.id in self._judged or leg.tech in NOT_DEVICES
        if leg.is_root and not known:
            inbound = self._from_outside(leg.context) or live.app == "Queue"
            direction = Direction.INBOUND if inbound else Direction.UNKNOWN
            call = self._open(leg.id, direction, leg.caller, leg.exten, at - live.age, partial=True)
            call.evidence.was_up = leg.state == "Up"
            if inbound:
                events.append(CallBegan(call=call.id, at=call.started_at, caller=leg.caller, did=leg.exten))
        owner = self._belongs(leg, at)
        if leg.state == "Up" and leg.tech not in NOT_DEVICES and not (owner and owner.root == leg.id):
            self._people.add(leg.id)
        if live.bridge and live.app not in _HOLDING_APPS:
            self._graph.enter(
                facts.BridgeEntered(at=at, leg=leg, bridge=live.bridge, bridge_type="basic", technology="")
            )
        return events

    # ------------------------------------------------------------------ keeping the books

    def _open(
        self,
        root: Uniqueid,
        direction: Direction,
        caller: str,
        did: str,
        at: datetime,
        *,
        partial: bool = False,
    ) -> _Call:
        call = _Call(
            id=CallId(self._rules.pbx, root),
            root=root,
            direction=direction,
            caller=caller,
            did=did,
            started_at=at,
            last_seen=at,
            partial=partial,
            withheld=is_withheld(caller),
        )
        self._calls[root] = call
        self._call_of_leg[root] = root
        return call

    def _call(self, leg: Uniqueid) -> _Call | None:
        root = self._call_of_leg.get(leg)
        return self._calls.get(root) if root is not None else None

    def _belongs(self, leg: Leg, at: datetime) -> _Call | None:
        """Find the call of a leg, learning it from the Linkedid when the leg is new."""
        call = self._call(leg.id) or self._calls.get(_root_named(leg.linkedid))
        if call:
            self._call_of_leg.setdefault(leg.id, call.root)
            call.last_seen, call.doubtful = at, False
        return call

    def _forget_leg(self, leg: Uniqueid) -> None:
        self._call_of_leg.pop(leg, None)
        self._people.discard(leg)
        self._graph.forget(leg)

    def _close(self, call: _Call, at: datetime, *, lost: Detail | None = None) -> CallEnded:
        del self._calls[call.root]
        for leg in [leg for leg, root in self._call_of_leg.items() if root == call.root]:
            del self._call_of_leg[leg]
            if lost:
                self._forget_leg(leg)
        self._judged[call.root] = None
        if len(self._judged) > REMEMBERED_CALLS:
            self._judged.popitem(last=False)
        verdict, reason, detail = _judgement(call, lost)
        return CallEnded(
            call=call.id,
            direction=call.direction,
            verdict=verdict,
            reason=reason,
            detail=detail,
            caller="" if call.withheld else call.caller,
            withheld=call.withheld,
            did=call.did,
            queue=call.evidence.queue,
            started_at=call.started_at,
            ended_at=at,
            answered_at=call.answered_at,
            partial=call.partial or lost is not None,
        )


def _root_named(linkedid: Linkedid) -> Uniqueid:
    """The Uniqueid of the channel that a Linkedid was first given to: the one place that says so."""
    return Uniqueid(linkedid)


def _note_variable(call: _Call, name: str, value: str) -> None:
    """Variables that only mean something on the inbound channel itself."""
    if name == "QUEUESTATUS":
        call.evidence.queue_status, call.evidence.left_by_key = value, False
    elif name == "DIALSTATUS":
        call.evidence.dial_status = value
    elif name == "FROM_DID" and value:
        call.did = value
    elif name == "CALLINGNUMPRES_SV" and value.startswith("prohib"):
        call.withheld = True


_UNANSWERED_KINDS = {
    Direction.INTERNAL: Ignored.INTERNAL,
    Direction.OUTBOUND: Ignored.OUTBOUND,
    Direction.ORIGINATED: Ignored.ORIGINATED,
    Direction.UNKNOWN: Ignored.UNSEEN,
}


def _judgement(call: _Call, lost: Detail | None) -> Judgement:
    if call.direction is not Direction.INBOUND:
        return Verdict.IGNORED, _UNANSWERED_KINDS[call.direction], None
    if call.answered_at is not None:
        lost_in_parking = call.evidence.answered_then_lost
        return Verdict.ANSWERED, None, Detail.PARKED_LOST if lost_in_parking else None
    verdict, reason, detail = judge(call.evidence)
    if lost is not None:
        reason = Reason.NO_ANSWER if verdict is Verdict.IGNORED else reason
        return Verdict.MISSED, reason, lost
    return verdict, reason, detail


_HOLDING_APPS = frozenset(
    {"Park", "ParkAndAnnounce", "ParkedCall", "Parked Call", "ConfBridge", "BridgeWait"}
)


def _local_halves(legs: Iterable[facts.LiveLeg]) -> list[tuple[Uniqueid, Uniqueid]]:
    """Pair `Local/x;1` with `Local/x;2` by name: a snapshot has no LocalBridge events."""
    first = {live.leg.channel[:-2]: live.leg.id for live in legs if live.leg.channel.endswith(";1")}
    second = {live.leg.channel[:-2]: live.leg.id for live in legs if live.leg.channel.endswith(";2")}
    return [(first[name], second[name]) for name in first.keys() & second.keys()]


_HANDLERS: dict[type[Fact], Callable[[CallTracker, Any], list[CallEvent]]] = {
    facts.ChannelStarted: CallTracker._channel_started,
    facts.ChannelUp: CallTracker._channel_up,
    facts.HungUp: CallTracker._hung_up,
    facts.DialBegan: CallTracker._dial_began,
    facts.DialEnded: CallTracker._dial_ended,
    facts.BridgeEntered: CallTracker._bridge_entered,
    facts.BridgeLeft: CallTracker._bridge_left,
    facts.LocalPaired: CallTracker._local_paired,
    facts.QueueJoined: CallTracker._queue_joined,
    facts.QueueLeft: CallTracker._queue_left,
    facts.QueueAbandoned: CallTracker._queue_abandoned,
    facts.AppStarted: CallTracker._app_started,
    facts.VariableSet: CallTracker._variable_set,
    facts.Unparked: CallTracker._unparked,
    facts.ParkingLost: CallTracker._parking_lost,
    facts.LinkLost: CallTracker._link_lost,
    facts.PbxStopping: CallTracker._pbx_stopping,
    facts.PbxBooted: CallTracker._pbx_booted,
    facts.StockTaken: CallTracker._stock_taken,
}
