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

No I/O, no clock: each fact carries its time, `tick` is told the time. What is collected while a call
lasts is in `verdict.Evidence`, and the order of the rules is in `verdict.judge`.
"""

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from secondring.domain import facts
from secondring.domain.call_events import (
    CallAnswered,
    CallBegan,
    CallEnded,
    CallEvent,
    Direction,
    ListeningRules,
)
from secondring.domain.facts import Fact, Leg
from secondring.domain.ids import Uniqueid
from secondring.domain.ledger import Ledger, OpenCall
from secondring.domain.leftovers import Leftovers
from secondring.domain.outside import Outside
from secondring.domain.talk import TalkGraph
from secondring.domain.verdict import ANSWER, UNKNOWN_MESSAGE, Detail

__all__ = [
    "CallAnswered",
    "CallBegan",
    "CallEnded",
    "CallEvent",
    "CallTracker",
    "Direction",
    "ListeningRules",
]

LOCAL = "Local"
NOT_DEVICES = frozenset(
    {LOCAL, "Message", "Surrogate", "Announcer", "Recorder", "CBAnn", "CBRec", "MulticastRTP"}
)
RINGING_IN = frozenset({"Ring", "Pre-ring"})
"""States in which a channel starts that somebody dialled in on; Down means that the PBX dials."""
HOLDING_APPS = frozenset({"Park", "ParkAndAnnounce", "ParkedCall", "Parked Call", "ConfBridge", "BridgeWait"})
"""Applications that put a lone caller into a bridge; taking stock shows no bridge types."""


class CallTracker:
    """Follows every call on one PBX. `feed` and `tick` return what became known, in order."""

    def __init__(self, rules: ListeningRules | None = None) -> None:
        self._rules = rules or ListeningRules()
        self._ledger = Ledger(self._rules.pbx)
        self._people: set[Uniqueid] = set()
        self._graph = TalkGraph()
        self._outside = Outside(self._rules.external_answer)
        self._leftovers = Leftovers(self._rules.forget_after)
        self._handlers: dict[type[Fact], Callable[[Any], list[CallEvent]]] = {
            facts.ChannelStarted: self._channel_started,
            facts.ChannelUp: self._channel_up,
            facts.HungUp: self._hung_up,
            facts.DialBegan: self._dial_began,
            facts.DialEnded: self._dial_ended,
            facts.BridgeEntered: self._bridge_entered,
            facts.BridgeLeft: self._bridge_left,
            facts.LocalPaired: self._local_paired,
            facts.QueueJoined: self._queue_joined,
            facts.QueueLeft: self._queue_left,
            facts.QueueAbandoned: self._queue_abandoned,
            facts.AppStarted: self._app_started,
            facts.VariableSet: self._variable_set,
            facts.Parked: self._parked,
            facts.Unparked: self._unparked,
            facts.ParkingLost: self._parking_lost,
            facts.LinkLost: self._link_lost,
            facts.PbxStopping: self._pbx_stopping,
            facts.PbxBooted: self._pbx_booted,
            facts.StockTaken: self._stock_taken,
        }

    def feed(self, fact: Fact) -> list[CallEvent]:
        """Take in one fact; return the events that follow from it."""
        handler = self._handlers.get(type(fact))
        return handler(fact) if handler else []

    def tick(self, now: datetime) -> list[CallEvent]:
        """Judge calls that have shown no sign of life for too long, and forget legs that nobody will end."""
        held = self._people | self._graph.legs | self._outside.legs
        for leg in self._leftovers.overdue(self._ledger.ownerless(held), now):
            self._forget(leg)
        limit = now - self._rules.forget_after
        return self._lose(
            [call for call in self._ledger.all() if call.last_seen < limit], now, Detail.LOST_TRACK
        )

    def adopt(self, began: CallBegan, answered_at: datetime | None) -> None:
        """Take back a call that was open when the service last ran; the next stock-taking decides on it."""
        root = began.call.uniqueid
        if self._ledger.knows(root):
            return
        call = self._ledger.open(root, Direction.INBOUND, began.caller, began.did, began.at, partial=True)
        call.doubtful = True
        call.answered_at = answered_at

    @property
    def roots(self) -> set[Uniqueid]:
        """The channels of calls that are not judged yet."""
        return {call.root for call in self._ledger.all()}

    @property
    def open_calls(self) -> int:
        """How many calls are not judged yet."""
        return len(self._ledger)

    @property
    def legs_known(self) -> int:
        """How many legs it holds anything about; zero when the PBX is quiet."""
        return self._ledger.legs_known + len(self._people) + len(self._graph) + len(self._outside)

    # channels

    def _channel_started(self, fact: facts.ChannelStarted) -> list[CallEvent]:
        leg = fact.leg
        if not leg.is_root:
            self._note_outside(self._ledger.belongs(leg, fact.at), leg)
            return []
        if leg.tech in NOT_DEVICES or self._ledger.knows(leg.id):
            return []
        direction = self._direction(leg)
        if direction is Direction.INBOUND:
            return self._begin(leg, fact.at)
        if direction is Direction.INTERNAL:
            self._people.add(leg.id)
        self._ledger.open(leg.id, direction, leg.exten, leg.exten, fact.at)
        return []

    def _begin(
        self, leg: Leg, at: datetime, *, did: str | None = None, partial: bool = False
    ) -> list[CallEvent]:
        did = leg.exten if did is None else did
        call = self._ledger.open(leg.id, Direction.INBOUND, leg.caller, did, at, partial=partial)
        return [CallBegan(call=call.id, at=at, caller=leg.caller, did=did)]

    def _direction(self, leg: Leg) -> Direction:
        if leg.state not in RINGING_IN:
            return Direction.ORIGINATED
        return Direction.INBOUND if self._from_outside(leg.context) else Direction.INTERNAL

    def _from_outside(self, context: str) -> bool:
        return _inbound_pattern(self._rules.inbound).fullmatch(context) is not None

    def _note_outside(self, call: OpenCall | None, leg: Leg) -> None:
        """A dialled leg that carries the trunk's own context is a call to the outside world."""
        insiders = (Direction.INTERNAL, Direction.ORIGINATED)
        if not self._from_outside(leg.context):
            return
        self._outside.dialled(leg.id)
        if call and call.direction in insiders:
            call.direction = Direction.OUTBOUND
            call.caller = call.caller.removeprefix(self._rules.outside_prefix)

    def _channel_up(self, fact: facts.ChannelUp) -> list[CallEvent]:
        call = self._ledger.with_root(fact.leg.id)
        if call:
            call.evidence.was_up = True
        return []

    def _hung_up(self, fact: facts.HungUp) -> list[CallEvent]:
        leg = fact.leg
        owner = self._ledger.of(leg.id)
        if owner:
            owner.evidence.leg_causes[leg.id] = fact.cause
        self._forget(leg.id)
        call = self._ledger.with_root(leg.id)
        if call:
            call.evidence.cause = fact.cause
            call.evidence.was_up = call.evidence.was_up or leg.state == "Up"
            return [self._close(call, fact.at)]
        parted = self._parted_from_outside(fact.at)
        if parted or not leg.is_root or leg.tech in NOT_DEVICES or self._ledger.knows(leg.id):
            return parted
        unseen = self._ledger.open(leg.id, Direction.UNKNOWN, leg.caller, leg.exten, fact.at, partial=True)
        return [self._close(unseen, fact.at)]

    # dialling and bridges

    def _dial_began(self, fact: facts.DialBegan) -> list[CallEvent]:
        call = self._dialled_for(fact.caller, fact.dialled, fact.at)
        if call:
            call.evidence.dialled.add(fact.dialled.id)
            self._note_outside(call, fact.dialled)
            if call.direction is Direction.OUTBOUND and not call.caller.strip("+").isdigit():
                call.caller = _number_in(fact.dial_string)
        return []

    def _dial_ended(self, fact: facts.DialEnded) -> list[CallEvent]:
        call = self._dialled_for(fact.caller, fact.dialled, fact.at)
        if call and not fact.forward:
            call.evidence.dial_ended(fact.dialled.id, fact.status)
        if fact.status == ANSWER and fact.dialled.tech not in NOT_DEVICES:
            self._people.add(fact.dialled.id)
        return self._newly_answered(fact.dialled.id, fact.at)

    def _dialled_for(self, caller: Leg | None, dialled: Leg, at: datetime) -> OpenCall | None:
        """Whose call a dialled leg belongs to: the dialling leg knows best, Linkedids may have merged."""
        owner = self._ledger.belongs(caller, at) if caller is not None else None
        if owner is None:
            return self._ledger.belongs(dialled, at)
        self._ledger.attach(dialled.id, owner, at)
        if caller is not None and caller.tech == LOCAL:
            owner.evidence.behind_local.add(dialled.id)
        return owner

    def _bridge_entered(self, fact: facts.BridgeEntered) -> list[CallEvent]:
        self._ledger.belongs(fact.leg, fact.at)
        self._graph.enter(fact)
        return self._newly_answered(fact.leg.id, fact.at)

    def _bridge_left(self, fact: facts.BridgeLeft) -> list[CallEvent]:
        self._graph.leave(fact)
        return self._parted_from_outside(fact.at)

    def _local_paired(self, fact: facts.LocalPaired) -> list[CallEvent]:
        self._graph.pair(fact)
        return self._newly_answered(fact.one, fact.at)

    def _newly_answered(self, leg: Uniqueid, at: datetime) -> list[CallEvent]:
        """Look again at the calls that can hear `leg`: has one of them a person now?"""
        hearing = self._graph.heard_by(leg)
        people = hearing & self._people
        events: list[CallEvent] = []
        outside = self._outside.among(people)
        for call in self._ledger.roots_among(sorted(hearing)):
            if call.answered_at is not None or not people - {call.root}:
                continue
            if call.direction is Direction.INBOUND and not people - outside - {call.root}:
                self._outside.heard(call.root, at)
            else:
                call.answered_at = at
                if call.direction in (Direction.INBOUND, Direction.OUTBOUND):
                    events.append(call.answered(at))
        return events

    def _parted_from_outside(self, at: datetime) -> list[CallEvent]:
        """Callers who hear no outside leg any more: was it long enough to have been a person?"""
        events: list[CallEvent] = []
        for root in self._outside.listening:
            call = self._ledger.with_root(root)
            if call and not self._outside.among(self._graph.heard_by(root)):
                events += self._take_for_a_person(call, at)
        return events

    def _take_for_a_person(self, call: OpenCall, at: datetime) -> list[CallEvent]:
        since = self._outside.parted(call.root, at)
        if since is None or call.answered_at is not None:
            return []
        call.answered_at = since
        return [call.answered(since)]

    # queues, parking, applications, variables

    def _queue_joined(self, fact: facts.QueueJoined) -> list[CallEvent]:
        leg = fact.leg
        events: list[CallEvent] = []
        if leg.is_root and leg.tech not in NOT_DEVICES and not self._ledger.knows(leg.id):
            events = self._begin(leg, fact.at, did="", partial=True)
        call = self._ledger.belongs(leg, fact.at)
        if call:
            call.evidence.joined_queue(fact.queue)
        return events

    def _queue_left(self, fact: facts.QueueLeft) -> list[CallEvent]:
        call = self._ledger.of(fact.leg.id)
        if call:
            call.evidence.left_queue()
        return []

    def _queue_abandoned(self, fact: facts.QueueAbandoned) -> list[CallEvent]:
        call = self._ledger.of(fact.leg.id)
        if call:
            call.evidence.abandoned = True
        return []

    def _app_started(self, fact: facts.AppStarted) -> list[CallEvent]:
        call = self._ledger.belongs(fact.leg, fact.at)
        if call and fact.app.lower() == "voicemail":
            call.evidence.voicemail = True
        return []

    def _variable_set(self, fact: facts.VariableSet) -> list[CallEvent]:
        owner = self._ledger.belongs(fact.leg, fact.at)
        if owner and fact.name == "VMSTATUS":
            owner.evidence.message_left |= fact.value == "SUCCESS"
            owner.evidence.message_unknown |= fact.value == UNKNOWN_MESSAGE
        call = self._ledger.with_root(fact.leg.id)
        if call:
            _note_variable(call, fact.name, fact.value)
        return []

    def _parked(self, fact: facts.Parked) -> list[CallEvent]:
        """Lost until somebody comes: that the caller gave up may be told after their hang-up."""
        call = self._ledger.of(fact.leg.id)
        if call:
            call.evidence.parking_lost = call.evidence.fetched_by_nobody = True
        return []

    def _unparked(self, fact: facts.Unparked) -> list[CallEvent]:
        call = self._ledger.of(fact.leg.id)
        if call:
            call.evidence.parking_lost = call.evidence.fetched_by_nobody = False
        return []

    def _parking_lost(self, fact: facts.ParkingLost) -> list[CallEvent]:
        call = self._ledger.of(fact.leg.id)
        if call:
            call.evidence.parking_lost = True
            call.evidence.fetched_by_nobody = not fact.timed_out
        return []

    # the link to the PBX

    def _link_lost(self, _fact: facts.LinkLost) -> list[CallEvent]:
        """Whatever goes on may be over by the time we hear again, and may have been answered meanwhile."""
        for call in self._ledger.all():
            call.doubtful = call.partial = True
        return []

    def _pbx_stopping(self, fact: facts.PbxStopping) -> list[CallEvent]:
        return self._lose(self._ledger.all(), fact.at, Detail.PBX_STOPPED)

    def _pbx_booted(self, fact: facts.PbxBooted) -> list[CallEvent]:
        """A PBX that has been up for less long than a call lasted cannot still hold that call."""
        if fact.uptime is None:
            return []
        booted = fact.at - fact.uptime
        over = [call for call in self._ledger.all() if call.doubtful and call.last_seen < booted]
        return self._lose(over, fact.at, Detail.PBX_STOPPED)

    def _stock_taken(self, fact: facts.StockTaken) -> list[CallEvent]:
        alive = {live.leg.id for live in fact.legs}
        gone = [call for call in self._ledger.all() if call.doubtful and call.root not in alive]
        events = self._lose(gone, fact.at, Detail.LOST_TRACK)
        for live in fact.legs:
            events += self._found_alive(live, fact.at, queue=fact.waiting.get(live.leg.id))
        for one, two in _local_halves(fact.legs):
            self._graph.pair(facts.LocalPaired(at=fact.at, one=one, two=two))
        for call in self._ledger.roots_among(sorted(alive)):
            events += self._newly_answered(call.root, fact.at)
        return events

    def _found_alive(self, live: facts.LiveLeg, at: datetime, *, queue: str | None) -> list[CallEvent]:
        leg = live.leg
        events = self._found_root(live, at, waits=queue is not None or live.app == "Queue")
        call = self._ledger.with_root(leg.id)
        if call and queue is not None:
            call.evidence.joined_queue(queue)
        owner = self._ledger.belongs(leg, at)
        is_caller = owner is not None and owner.root == leg.id
        if leg.state == "Up" and leg.tech not in NOT_DEVICES and not is_caller:
            self._people.add(leg.id)
            if not leg.is_root:
                self._note_outside(None, leg)
        if live.bridge and live.app not in HOLDING_APPS:
            entered = facts.BridgeEntered(
                at=at, leg=leg, bridge=live.bridge, bridge_type="basic", technology=""
            )
            self._graph.enter(entered)
        return events

    def _found_root(self, live: facts.LiveLeg, at: datetime, *, waits: bool) -> list[CallEvent]:
        leg = live.leg
        if not leg.is_root or leg.tech in NOT_DEVICES or self._ledger.knows(leg.id):
            return []
        if self._from_outside(leg.context) or waits:
            events = self._begin(leg, at - live.age, partial=True)
        else:
            self._ledger.open(leg.id, Direction.UNKNOWN, leg.caller, leg.exten, at - live.age, partial=True)
            events = []
        call = self._ledger.with_root(leg.id)
        if call:
            call.evidence.was_up = leg.state == "Up"
        return events

    # endings

    def _forget(self, leg: Uniqueid) -> None:
        self._people.discard(leg)
        self._graph.forget(leg)
        self._outside.ended(leg)
        self._ledger.forget_leg(leg)

    def _close(self, call: OpenCall, at: datetime, lost: Detail | None = None) -> CallEnded:
        self._take_for_a_person(call, at)
        call.evidence.external = self._outside.forget(call.root)
        self._ledger.close(call)
        return call.ended(at, lost)

    def _lose(self, calls: Iterable[OpenCall], at: datetime, why: Detail) -> list[CallEvent]:
        """Judge calls whose hang-up was not seen; none of their legs will be heard of again."""
        events: list[CallEvent] = []
        for call in calls:
            for leg in call.legs:
                self._people.discard(leg)
                self._graph.forget(leg)
                self._outside.ended(leg)
            events.append(self._close(call, at, why))
        return events


@lru_cache(maxsize=8)
def _inbound_pattern(contexts: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{c})" for c in contexts) or r"(?!)")


def _number_in(dial_string: str) -> str:
    """The number in `PJSIP/<number>@trunk`, `trunk/sip:<number>@host` and their kin; else empty."""
    found = re.search(r"\+?\d{7,15}", dial_string)
    return found.group() if found else ""


def _note_variable(call: OpenCall, name: str, value: str) -> None:
    """Variables that only mean something on the inbound channel itself."""
    if name == "QUEUESTATUS":
        call.evidence.queue_status = value
    elif name == "DIALSTATUS":
        call.evidence.dial_status = value
    elif name == "FROM_DID" and value:
        call.did = value
    elif name == "CALLINGNUMPRES_SV" and value.startswith("prohib"):
        call.withheld = True


def _local_halves(legs: Iterable[facts.LiveLeg]) -> list[tuple[Uniqueid, Uniqueid]]:
    """Pair `Local/x;1` with `Local/x;2` by name: a snapshot has no LocalBridge events."""
    first = {live.leg.channel[:-2]: live.leg.id for live in legs if live.leg.channel.endswith(";1")}
    second = {live.leg.channel[:-2]: live.leg.id for live in legs if live.leg.channel.endswith(";2")}
    return [(first[name], second[name]) for name in sorted(first.keys() & second.keys())]
