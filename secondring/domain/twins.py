"""Who keeps the PBX, where two services listen to it by mistake: one does, the others stand by.

Theory of operation
-------------------
A service says every two seconds who it is and which role it has (`beats.Beat`). The PBX hands that to everybody who
listens, the sender included, *in one order for all of them*. So nobody's clock decides: of two who want the PBX, both
hear the same words and come to the same end.

* A newcomer *asks* and waits a little longer than a beat takes to come. Who holds the PBX answers at once.
* Who hears a holder *stands by*. When the holder has said nothing for `SILENT`, it takes over.
* A holder in company acts only while the PBX has returned one of its beats that was sent less than `LEASE` ago. `LEASE`
  counts from the sending and `SILENT` from the hearing, which is later: a holder has stopped before anybody takes over.
* Of two holders the one that began later gives way; if it does not, it cannot hear, and then whoever can hear does.

While no other service is known nothing of this costs anything: the holder acts, with or without an echo, so an account
that may not send or hear such events changes nothing but that nobody can be seen.

`at` is in seconds of a clock that never jumps. Pure: it is told everything and says what is to be said.
"""

import math
from dataclasses import dataclass
from datetime import datetime

from secondring.domain.beats import Beat, Role
from secondring.domain.ids import Uniqueid

EVERY = 2.0
"""Between two beats."""
ASK = 2.5
"""How long a newcomer waits: a beat comes in that time even from a holder who does not hear the question."""
LEASE = 6.0
"""So long after a beat that came back a holder in company may act: three beats."""
SILENT = 10.0
"""A holder who was not heard for so long is gone: five beats."""
FORGET = 60.0
"""Company that was not heard for so long is no company any more."""
REMEMBER = 900.0
"""So long it is known which calls others have judged."""
REPEAT = 3
"""In how many beats a call that was judged is named."""
NAMED = 200
"""Calls named in one beat, at most: what the PBX reads of one message."""
TO_NAME = 1000
"""Calls that wait to be named, at most: of what a storm leaves unsaid, a stand-by makes tasks."""


@dataclass(frozen=True, slots=True)
class Me:
    """Who we are."""

    installation: str
    run: str
    host: str


@dataclass(slots=True)
class _Other:
    beat: Beat
    heard: float
    contested: float | None = None
    """Since when it holds the PBX beside us."""


class Twins:
    """One service's view of all that listen to its PBX."""

    def __init__(self, me: Me, *, now: datetime, known: bool = False) -> None:
        """`known`: there was another one not long ago, so without a link we take nothing on."""
        self.me = me
        self.role = Role.ASKING
        self.since = now
        self.mute = False
        """The PBX does not let us speak."""
        self.known = known
        self.holder: Beat | None = None
        """The last beat heard of another one that holds the PBX."""
        self.holder_heard_at: datetime | None = None
        """When that was, by the PBX's clock."""
        self.holder_met_at: datetime | None = None
        """When the first beat of any holder was heard on this link, by the PBX's clock."""
        self._linked = False
        self._asked = self._held = 0.0
        self._senior_heard = 0.0
        self._said: float | None = None
        self._number = 0
        self._sent: dict[int, float] = {}
        self._echoed: float | None = None
        self._heard_myself = False
        self._speaking_since: float | None = None
        self._owes = False
        self._others: dict[str, _Other] = {}
        self._theirs: dict[Uniqueid, float] = {}
        self._ours: dict[Uniqueid, int] = {}

    # -- what happens

    def linked(self, at: float, now: datetime) -> None:
        """The link is up: ask who is there."""
        if self._linked:
            return
        self._linked = True
        self.holder_met_at = None
        self.mute = self._heard_myself = False
        self._speaking_since = None
        self._sent.clear()
        self._ask(at, now)

    def unlinked(self) -> None:
        """The link is down."""
        self._linked = False

    def heard(self, beat: Beat, at: float, told_at: datetime) -> None:
        """Somebody's beat, ours among them; `told_at` is the PBX's time of it."""
        if beat.run == self.me.run:
            self._heard_ourselves(beat)
            return
        self.known = True
        before = self._others.get(beat.run)
        other = _Other(beat, at, before.contested if before else None)
        self._others[beat.run] = other
        self._owes = self._owes or before is None
        for call in beat.judged:
            self._theirs[call] = at
        if beat.role is Role.HOLDING:
            self._heard_holder(other, at, told_at)
            return
        other.contested = None
        if beat.role is Role.ASKING:
            self._owes = True
            if self.role is Role.ASKING and beat.rank < (self.since, self.me.run):
                self._stand_by(at)

    def judged(self, call: Uniqueid) -> None:
        """We have judged a call: those who stand by are to know."""
        self._ours[call] = REPEAT
        if len(self._ours) > TO_NAME:
            del self._ours[next(iter(self._ours))]
        self._owes = self._owes or bool(self._others)

    def refused(self) -> None:
        """The PBX does not let us speak."""
        self.mute = True

    def due(self, at: float, now: datetime) -> Beat | None:
        """Let time pass; gives what is to be said now."""
        if not self._linked:
            return None
        self._forget(at)
        if at >= self._waits_until():
            self._hold(at, now)
        elif self.role is Role.HOLDING and self._is_unheard(at):
            self._ask(at, now)
        if self._owes or self._said is None or at >= self._said + EVERY:
            return self._say(at)
        return None

    # -- what is asked

    def may_judge(self, at: float) -> bool:
        """Whether calls are ours to judge."""
        if not self._linked:
            return not self.known
        if self.role is not Role.HOLDING:
            return False
        return not self._others or self.mute or self._is_vouched_for(at)

    def has_judged(self, call: Uniqueid) -> bool:
        """Whether another one has said that it judged this call."""
        return call in self._theirs

    def is_deaf(self, at: float) -> bool:
        """Whether our own beats do not come back: then nobody else's would."""
        since = self._speaking_since
        return not self._heard_myself and not self.mute and since is not None and at > since + LEASE

    @property
    def others(self) -> list[Beat]:
        """The last beat of every other service that was heard lately."""
        return [other.beat for other in self._others.values()]

    # -- inside

    def _heard_ourselves(self, beat: Beat) -> None:
        self._heard_myself = True
        sent = self._sent.pop(beat.number, None)
        if sent is not None and beat.role is self.role is Role.HOLDING and beat.since == self.since:
            self._echoed = max(sent, self._echoed or sent)

    def _heard_holder(self, other: _Other, at: float, told_at: datetime) -> None:
        self.holder_met_at = self.holder_met_at or told_at
        self.holder, self.holder_heard_at = other.beat, told_at
        if self.role is Role.ASKING:
            self._stand_by(at)
        elif self.role is Role.WAITING:
            self._senior_heard = at
        elif self.mute or other.beat.rank < (self.since, self.me.run):
            self._stand_by(at)
        elif other.contested is None:
            other.contested = at
            self._owes = True
        elif at >= other.contested + LEASE:
            self._stand_by(at)

    def _ask(self, at: float, now: datetime) -> None:
        self.role, self.since = Role.ASKING, now
        self._asked = at
        self._echoed = None
        self._owes = True

    def _stand_by(self, at: float) -> None:
        self.role = Role.WAITING
        self._senior_heard = at
        self._echoed = None
        self._owes = True

    def _hold(self, at: float, now: datetime) -> None:
        self.role, self.since = Role.HOLDING, now
        self._held = at
        self._echoed = None
        self._owes = True

    def _waits_until(self) -> float:
        if self.role is Role.ASKING:
            return self._asked + ASK
        return self._senior_heard + SILENT if self.role is Role.WAITING else math.inf

    def _is_vouched_for(self, at: float) -> bool:
        """Whether the PBX returned a beat of this holding lately."""
        return self._echoed is not None and at < self._echoed + LEASE

    def _is_unheard(self, at: float) -> bool:
        """A holder in company whose beats have not come back for so long that another may have taken over."""
        newest = self._held if self._echoed is None else max(self._held, self._echoed)
        return bool(self._others) and not self.mute and at >= newest + LEASE

    def _say(self, at: float) -> Beat:
        self._owes = False
        self._said = at
        self._number += 1
        self._sent = {n: sent for n, sent in self._sent.items() if at - sent < FORGET}
        self._sent[self._number] = at
        if self._speaking_since is None:
            self._speaking_since = at
        named = tuple(self._ours)[:NAMED]
        for call in named:
            self._ours[call] -= 1
            if not self._ours[call]:
                del self._ours[call]
        return Beat(
            installation=self.me.installation,
            run=self.me.run,
            host=self.me.host,
            role=self.role,
            since=self.since,
            number=self._number,
            judged=named,
        )

    def _forget(self, at: float) -> None:
        self._others = {run: other for run, other in self._others.items() if at < other.heard + FORGET}
        self._theirs = {call: heard for call, heard in self._theirs.items() if at < heard + REMEMBER}
