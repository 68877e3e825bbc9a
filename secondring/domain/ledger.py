"""The calls that are not judged yet, and whose call each leg belongs to."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from secondring.domain.call_events import CallAnswered, CallEnded, Direction
from secondring.domain.facts import Leg
from secondring.domain.ids import CallId, Linkedid, Uniqueid
from secondring.domain.phone import is_withheld
from secondring.domain.verdict import Detail, Evidence, Ignored, Judgement, Reason, Verdict, judge

REMEMBERED_CALLS = 20_000
"""Judged calls kept in mind against late events; at 20 calls/s that is more than a quarter of an hour."""


@dataclass(slots=True, kw_only=True)
class OpenCall:
    """A call that is not judged yet."""

    id: CallId
    root: Uniqueid
    direction: Direction
    caller: str = field(repr=False)
    did: str = field(repr=False)
    started_at: datetime
    last_seen: datetime
    legs: set[Uniqueid] = field(default_factory=set)
    evidence: Evidence = field(default_factory=Evidence)
    answered_at: datetime | None = None
    withheld: bool = False
    partial: bool = False
    doubtful: bool = False
    """The link was lost since; it may be over without our knowing."""

    def answered(self, at: datetime) -> CallAnswered:
        """The event that says so."""
        return CallAnswered(
            call=self.id, at=at, direction=self.direction, far=self.caller, withheld=self.withheld
        )

    def ended(self, at: datetime, lost: Detail | None) -> CallEnded:
        """The verdict; `lost` names why the hang-up itself was not seen."""
        verdict, reason, detail = _judgement(self, lost)
        return CallEnded(
            call=self.id,
            direction=self.direction,
            verdict=verdict,
            reason=reason,
            detail=detail,
            caller="" if self.withheld else self.caller,
            withheld=self.withheld,
            masked=self.withheld and not is_withheld(self.caller),
            did=self.did,
            queue=self.evidence.queue,
            started_at=self.started_at,
            ended_at=at,
            answered_at=self.answered_at,
            partial=self.partial or lost is not None,
        )


class Ledger:
    """Open calls by root leg; a judged call is remembered so that nothing opens it again."""

    def __init__(self, pbx: str) -> None:
        self._pbx = pbx
        self._calls: dict[Uniqueid, OpenCall] = {}
        self._root_of: dict[Uniqueid, Uniqueid] = {}
        self._judged: OrderedDict[Uniqueid, None] = OrderedDict()

    def __len__(self) -> int:
        return len(self._calls)

    @property
    def legs_known(self) -> int:
        return len(self._root_of)

    def ownerless(self, legs: Iterable[Uniqueid]) -> set[Uniqueid]:
        """Those that belong to no open call."""
        return {leg for leg in legs if leg not in self._root_of}

    def knows(self, root: Uniqueid) -> bool:
        """True when a call of that name is open or was judged."""
        return root in self._calls or root in self._judged

    def with_root(self, root: Uniqueid) -> OpenCall | None:
        return self._calls.get(root)

    def all(self) -> list[OpenCall]:
        return list(self._calls.values())

    def roots_among(self, legs: Iterable[Uniqueid]) -> list[OpenCall]:
        """The open calls whose root is one of these legs."""
        return [self._calls[leg] for leg in legs if leg in self._calls]

    def open(
        self,
        root: Uniqueid,
        direction: Direction,
        caller: str,
        did: str,
        at: datetime,
        *,
        partial: bool = False,
    ) -> OpenCall:
        """Begin to follow a call; its root must not be known yet."""
        call = OpenCall(
            id=CallId(self._pbx, root),
            root=root,
            direction=direction,
            caller=caller,
            did=did,
            started_at=at,
            last_seen=at,
            partial=partial,
            withheld=direction is Direction.INBOUND and is_withheld(caller),
        )
        self._calls[root] = call
        self.attach(root, call, at)
        return call

    def of(self, leg: Uniqueid) -> OpenCall | None:
        """The open call a leg is known to belong to."""
        root = self._root_of.get(leg)
        return self._calls.get(root) if root is not None else None

    def belongs(self, leg: Leg, at: datetime) -> OpenCall | None:
        """The open call of a leg, learnt from its Linkedid when the leg is new."""
        call = self.of(leg.id) or self._calls.get(_root_named(leg.linkedid))
        if call:
            self.attach(leg.id, call, at)
        return call

    def attach(self, leg: Uniqueid, call: OpenCall, at: datetime) -> None:
        """Note that a leg is part of a call, and that the call shows signs of life."""
        self._root_of[leg] = call.root
        call.legs.add(leg)
        call.last_seen, call.doubtful = at, False

    def forget_leg(self, leg: Uniqueid) -> None:
        self._root_of.pop(leg, None)

    def close(self, call: OpenCall) -> None:
        """A call is judged: remember its name, forget the rest."""
        del self._calls[call.root]
        for leg in call.legs:
            self._root_of.pop(leg, None)
        self._judged[call.root] = None
        if len(self._judged) > REMEMBERED_CALLS:
            self._judged.popitem(last=False)


def _root_named(linkedid: Linkedid) -> Uniqueid:
    """The Uniqueid of the channel that a Linkedid was first given to: the one place that says so."""
    return Uniqueid(linkedid)


_UNANSWERED_KINDS = {
    Direction.INTERNAL: Ignored.INTERNAL,
    Direction.OUTBOUND: Ignored.OUTBOUND,
    Direction.ORIGINATED: Ignored.ORIGINATED,
    Direction.UNKNOWN: Ignored.UNSEEN,
}


def _judgement(call: OpenCall, lost: Detail | None) -> Judgement:
    if call.direction is not Direction.INBOUND:
        return Verdict.IGNORED, _UNANSWERED_KINDS[call.direction], None
    if call.answered_at is not None:
        return Verdict.ANSWERED, None, Detail.PARKED_LOST if call.evidence.fetched_by_nobody else None
    verdict, reason, detail = judge(call.evidence)
    if lost is None and call.partial and reason is Ignored.REFUSED:
        lost = Detail.LOST_TRACK  # whether anything rang while we did not hear is not known: the louder path
    if lost is not None:
        return Verdict.MISSED, Reason.NO_ANSWER if verdict is Verdict.IGNORED else reason, lost
    return verdict, reason, detail
