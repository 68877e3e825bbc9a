"""Sees to it that one PBX has one service: says that we are here, hears who else is, and tells people.

Two machines with a database each are a mistake that nothing on either of them shows. What goes between them is in
`ami_listener.beats`, who keeps the PBX in `domain.twins`, and what becomes of calls meanwhile in `domain.shelf`.
"""

import asyncio
import json
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from ami_listener.beats import fields, sendable
from ami_listener.protocol import Fields, Reply
from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.beats import Beat, Role
from secondring.domain.call_events import CallEnded, CallEvent, Direction
from secondring.domain.casework import Casework
from secondring.domain.errors import PeerError
from secondring.domain.facts import BeatHeard, Fact, LinkLost
from secondring.domain.health import COMPANY, Finding, State
from secondring.domain.ids import Uniqueid
from secondring.domain.ports import Books
from secondring.domain.shelf import Fate, Shelf, may_wait
from secondring.domain.twins import Me, Twins
from secondring.listening import CallKeeper, InStore, Spool

log = logging.getLogger(__name__)

LOOK = 0.25
"""Seconds between two looks at the clock."""
LOOK_IN_BOOKS = 0.5
"""While we stand by."""
AGAIN = timedelta(hours=1)
"""While there are two, people are told so often."""
KNOWN_FOR = timedelta(days=7)
"""So long after another service was heard, nothing is told from records while the link is down."""
INSTALLATION, KNOWN = "installation", "second listener"
KIND = "second-listener"
CHUNK = 100
"""Calls told in one transaction."""
ID_BYTES = 8


class Link(Protocol):
    """The link that listens."""

    @property
    def is_up(self) -> bool: ...

    async def up(self) -> None: ...

    async def action(
        self, fields: Fields, *, until: str | None = None, within: float | None = None
    ) -> Reply: ...


class Company:
    """What we know of others on this PBX, and whose calls are whose."""

    def __init__(
        self,
        me: Me,
        link: Link,
        keeper: CallKeeper,
        casework: Casework,
        in_store: InStore,
        *,
        pbx: str,
        clock: Callable[[], datetime],
        ticks: Callable[[], float] = time.monotonic,
        known: bool = False,
        spool: Spool | None = None,
    ) -> None:
        """`known`: another one was heard not long ago. `spool` keeps what is laid aside over a crash."""
        self._link = link
        self._keeper = keeper
        self._casework = casework
        self._in_store = in_store
        self._pbx = pbx
        self._clock = clock
        self._ticks = ticks
        self._twins = Twins(me, now=clock(), known=known)
        self._shelf = Shelf()
        self._spool = spool
        self._unkept: list[CallEvent] = []
        """Laid aside, and not in the spool yet."""
        self._wake = asyncio.Event()
        self._shown: tuple[Role, frozenset[str]] | None = None
        self._told_at: datetime | None = None
        self._complaint = ""
        self._asked: set[Uniqueid] = set()
        """Calls on the line whose callers asked us for something."""
        self._looked = 0.0

    # -- what the keeper of calls asks and tells

    def hear(self, fact: Fact) -> None:
        """Take in a beat, or the end of the link."""
        if isinstance(fact, LinkLost):
            self._twins.unlinked()
        elif isinstance(fact, BeatHeard) and not self._in_shadow:
            self._twins.linked(self._ticks(), self._clock())  # its own task may come to it later
            self._twins.heard(fact.beat, self._ticks(), fact.at)
            self._wake.set()

    def lays_aside(self, event: CallEvent) -> bool:
        """Keep a missed call that another service handles, or as long as that is not known."""
        if self._in_shadow or not may_wait(event) or not isinstance(event, CallEnded):
            return False
        at = self._ticks()
        if self._link.is_up:
            self._twins.linked(at, self._clock())
        if self._twins.may_judge(at) and not self._twins.has_judged(event.call.uniqueid):
            return False
        if self._shelf.lay(event, at) and not event.late:  # a record is read again from where it was
            self._unkept.append(event)
        self._wake.set()
        return True

    async def keep_laid_aside(self) -> None:
        """Write it down, so that it outlives us."""
        unkept, self._unkept = self._unkept, []
        if unkept and self._spool is not None:
            await asyncio.to_thread(self._spool.add, unkept)

    async def take_up(self) -> None:
        """What a process before this one had laid aside: it is told by us, or left to another, like all that is new."""
        events = await asyncio.to_thread(self._spool.kept) if self._spool is not None else []
        for event in events:
            if isinstance(event, CallEnded):
                self._shelf.lay(event, self._ticks(), doubtful=self._twins.known)

    @property
    def has_laid_aside(self) -> bool:
        """True while a call waits for its fate."""
        return len(self._shelf) > 0

    def told(self, events: Sequence[CallEvent]) -> None:
        """Calls that we have judged: whoever stands by is to know."""
        if not self._twins.may_judge(self._ticks()):
            return
        for event in events:
            if isinstance(event, CallEnded) and event.direction is Direction.INBOUND:
                self._twins.judged(event.call.uniqueid)
        self._wake.set()

    # -- what others ask

    def finding(self) -> Finding:
        """How it stands, for the health page."""
        others = self._twins.others
        if self._in_shadow:
            return _finding(State.UNKNOWN, "shadow mode: nobody is texted, so it does not matter who else is")
        if others:
            return _finding(State.BAD, self._in_words(), STOP_ONE)
        if self._twins.mute or self._twins.is_deaf(self._ticks()):
            return _finding(State.WARN, "another service on this PBX would not be seen", RENEW)
        return _finding(State.OK, "no other service listens to this PBX")

    def status(self) -> str:
        """A few words for `systemctl status`; nothing while we are alone."""
        return f"; {self._in_words()}" if self._twins.others and not self._in_shadow else ""

    def _in_words(self) -> str:
        twins = self._twins
        hosts = ", ".join(sorted({_named(beat) for beat in twins.others}))
        if twins.role is Role.HOLDING:
            return f"ANOTHER SECOND RING listens to this PBX ({hosts}): it stands by, this one keeps the PBX"
        if twins.role is Role.WAITING:
            return (
                f"ANOTHER SECOND RING keeps this PBX ({hosts}): this one stands by and texts nobody who calls"
            )
        return f"ANOTHER SECOND RING listens to this PBX ({hosts}): finding out who keeps it"

    # -- its work

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self._link.up()
            await self._round()
            self._wake.clear()
            try:
                async with asyncio.timeout(LOOK):
                    await self._wake.wait()
            except TimeoutError:
                continue

    @property
    def _in_shadow(self) -> bool:
        """Whoever texts nobody must not stand anybody down, and judges all calls: that is what it is tried for."""
        return self._casework.rules.shadow

    async def _round(self) -> None:
        if self._in_shadow:
            self._twins.unlinked()
            return
        at = self._ticks()
        self._twins.linked(at, self._clock())
        if self._twins.role is Role.WAITING and at >= self._looked + LOOK_IN_BOOKS:
            self._looked = at
            await self._claim_those_who_asked()
        beat = self._twins.due(at, self._clock())
        if beat is not None and not self._twins.mute:
            await self._say(beat)
        await self._tell_people()
        await self._sort_out(self._shelf.take(self._twins, self._ticks()))

    async def _sort_out(self, found: Sequence[tuple[CallEnded, Fate]]) -> None:
        await self._keeper.tell_ours([event for event, fate in found if fate is Fate.OURS])
        others = [
            (event, partial(self._becomes, event, fate)) for event, fate in found if fate is not Fate.OURS
        ]
        for begin in range(0, len(others), CHUNK):
            await self._keeper.settle(others[begin : begin + CHUNK])
        if found and self._spool is not None and not self.has_laid_aside:
            await asyncio.to_thread(self._spool.clear)

    async def _claim_those_who_asked(self) -> None:
        """The dialplan may be ours though another keeps the PBX: whoever pressed a key has had our text."""
        try:
            calls = await self._in_store(lambda books: books.open_calls(self._pbx))
        except PeerError as error:
            log.debug("who asked during a call could not be read: %s", error)
            return
        asked = {call.id.uniqueid for call in calls if call.episode is not None}
        for call in asked - self._asked:
            self._twins.judged(call)
        self._asked = asked

    async def _say(self, beat: Beat) -> None:
        try:
            reply = await self._link.action(fields(beat))
        except (PeerError, ValueError) as error:
            log.debug("no sign of life could be given: %s", error)
            return
        if not reply.ok:
            self._twins.refused()

    def _becomes(self, event: CallEnded, fate: Fate, books: Books) -> None:
        now = self._clock()
        known = books.call(event.call)
        asked_us = known is not None and known.episode is not None
        if asked_us:
            self._casework.tell(books, [event], now)
        elif fate is Fate.THEIRS:
            self._casework.leave_to_another(books, event, now)
        else:
            self._casework.leave_unclear(books, event, now)

    # -- people are told

    async def _tell_people(self) -> None:
        self._complain()
        twins, now = self._twins, self._clock()
        shown = (twins.role, frozenset(beat.run for beat in twins.others))
        again = self._told_at is not None and now >= self._told_at + AGAIN
        if not twins.others or twins.role is Role.ASKING or (shown == self._shown and not again):
            return
        words = f"{self._in_words()}. {STOP_ONE}"
        log.error("%s", words)
        self._shown, self._told_at = shown, now

        def work(books: Books) -> None:
            books.keep_bookmark(KNOWN, json.dumps({"at": now.isoformat()}))
            raise_in(books, Alarm(KIND, words), self._casework.rules, now)

        try:
            await self._in_store(work)
        except PeerError as error:
            self._told_at = now - AGAIN
            log.warning("the alarm about another service could not be kept: %s", error)

    def _complain(self) -> None:
        """Say once what keeps us from seeing others."""
        words = ""
        if self._twins.mute:
            words = f"the PBX does not let us send a UserEvent: {BLIND} {RENEW}"
        elif self._twins.is_deaf(self._ticks()):
            words = f"our own UserEvents do not come back from the PBX: {BLIND} {RENEW}"
        if words and words != self._complaint:
            log.warning("%s", words)
        self._complaint = words


STOP_ONE = "Stop one of them: `systemctl disable --now secondring` on that machine."
BLIND = "a second service on this PBX would not be seen, and callers would get two texts."
RENEW = "Give the account `user` in read and write: `secondring install --reload` writes it."


async def company_of(
    link: Link,
    keeper: CallKeeper,
    casework: Casework,
    in_store: InStore,
    *,
    pbx: str,
    host: str,
    clock: Callable[[], datetime],
    spool: Spool | None = None,
) -> Company:
    """Us among others: the installation's name is made at its first start and kept in its database."""
    run = secrets.token_hex(ID_BYTES)

    def work(books: Books) -> tuple[str, bool]:
        installation = books.bookmark(INSTALLATION)
        if installation is None:
            installation = secrets.token_hex(ID_BYTES)
            books.keep_bookmark(INSTALLATION, installation)
        return installation, _is_known(books.bookmark(KNOWN), clock())

    installation, known = await in_store(work)
    me = Me(installation, run, sendable(host))
    company = Company(me, link, keeper, casework, in_store, pbx=pbx, clock=clock, known=known, spool=spool)
    await company.take_up()
    keeper.company = company
    return company


def _is_known(kept: str | None, now: datetime) -> bool:
    try:
        return now - datetime.fromisoformat(json.loads(kept or "{}")["at"]) < KNOWN_FOR
    except (ValueError, TypeError, KeyError):
        return False


def _named(beat: Beat) -> str:
    return f"on {beat.host}, installation {beat.installation[:6]}"


def _finding(state: State, words: str, remedy: str = "") -> Finding:
    return Finding(COMPANY, "Alone on the PBX", state, words, remedy)
