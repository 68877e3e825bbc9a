"""Urgent callers in the running service: feeds the ladder with what the PBX says and what time it is, and dials.

The books are told first, in one transaction with the case's next deadline; the PBX is told after the commit. When we
die in between, or at any other moment, the next start looks at what the PBX really does and goes on from there.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

from ami_listener.originate import (
    Dialler,
    Ringing,
    attempt_dialled_by,
    attempt_of,
    why_ended,
)
from secondring.domain import facts
from secondring.domain.alarms import Alarm
from secondring.domain.errors import PeerError, StaleLease
from secondring.domain.facts import Fact, LiveLeg
from secondring.domain.ids import Uniqueid
from secondring.domain.ports import Books
from secondring.domain.triage_events import (
    Accepted,
    CallerIs,
    CallerLeft,
    Failed,
    HangUp,
    Joined,
    Looked,
    Ring,
    StopRinging,
    Why,
)
from secondring.domain.urgent import Orders, PbxOrder, Triage
from secondring.domain.urgent_begin import JOB, case_of
from secondring.domain.urgent_case import Stage, UrgentCase
from secondring.domain.urgent_orders import LEFT, take
from secondring.listening import InStore

log = logging.getLogger("secondring.urgent")

Told = Callable[[Books], Orders | None]
"""What an event does in the books."""
ANY = frozenset(Stage)
TALKING = frozenset({Stage.TALKING})
RINGING = frozenset({Stage.RINGING, Stage.LAST_RESORT})
LEASE = timedelta(seconds=30)
SWEEP = 0.5
"""Seconds between looks for deadlines that nobody rang for."""
LINK_PATIENCE = 12.0
"""Seconds without a link after which deadlines count again, though nothing can be rung: the alarm must be raised."""
RETRIES = (0.1, 0.3, 1.0, 2.0)
"""Seconds between tries to store what happened; what the PBX said must not get lost to a busy database."""


class Bell(Protocol):
    """One listener's end of a doorbell."""

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109 - a missed ring must not wait for ever
        """Return at the next ring, or after so many seconds."""
        ...


class Link(Protocol):
    """The link of the account that dials."""

    @property
    def is_up(self) -> bool:
        """True while logged in."""
        ...


class UrgentRunner:
    """Runs the ladder of every open case on one PBX."""

    def __init__(
        self,
        triage: Triage,
        dialler: Dialler,
        link: Link,
        in_store: InStore,
        *,
        clock: Callable[[], datetime],
        bell: Bell,
        ring: Callable[[], Awaitable[None]],
        raise_alarm: Callable[[Alarm], None],
    ) -> None:
        self._triage = triage
        self._dialler = dialler
        self._link = link
        self._in_store = in_store
        self._clock = clock
        self._bell = bell
        self._ring_bell = ring
        self._raise_alarm = raise_alarm
        self._looked = False
        self._down_since = time.monotonic()
        self._ringing: set[asyncio.Task[None]] = set()

    # -- time ----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Work off deadlines until cancelled."""
        try:
            while True:
                if self._may_judge():
                    await self._work_off()
                await self._bell.wait(SWEEP)
        finally:
            for task in self._ringing:
                task.cancel()

    def _may_judge(self) -> bool:
        """After a start or a lost link, deadlines wait until the PBX has said what is alive."""
        if self._link.is_up and self._looked:
            self._down_since = time.monotonic()
            return True
        return time.monotonic() - self._down_since > LINK_PATIENCE

    async def _work_off(self) -> None:
        to_ask: list[UrgentCase] = []

        def work(books: Books) -> list[Orders]:
            at = self._clock()
            told = []
            for job in books.claim_jobs((LEFT, JOB), now=at, lease=LEASE, limit=20):
                books.finish_job(job)
                left = job.kind == LEFT
                told.append(
                    take(books, job, self._triage.rules)
                    if left
                    else self._triage.due(books, job, at, ask=to_ask.append)
                )
            return [orders for orders in told if orders is not None]

        try:
            found = await self._in_store(work)
        except (PeerError, StaleLease) as error:
            log.warning("the ladder waits: %s", error)
            return
        for orders in found:
            await self.carry_out(orders)
        if to_ask:
            await self._dialler.look()

    # -- what the PBX says -----------------------------------------------------------------------------

    async def handle(self, heard: list[Fact]) -> None:
        """Take in facts of the dialling link, in order."""
        for fact in heard:
            for event in self._events(fact):
                await self._tell(event)

    def _events(self, fact: Fact) -> list[Told]:
        if isinstance(fact, facts.HungUp):
            return self._hung_up(fact)
        if isinstance(fact, facts.StockTaken):
            self._looked = True
            return [self._look(fact.legs)]
        if isinstance(fact, facts.LinkLost):
            self._looked = False
        return self._of_attempt(fact)

    def _of_attempt(self, fact: Fact) -> list[Told]:
        if isinstance(fact, facts.DialBegan):
            attempt = attempt_dialled_by(fact.caller.id) if fact.caller else None
            return [self._rang(attempt)] if attempt else []
        if not isinstance(fact, facts.ChannelUp | facts.BridgeEntered | facts.BridgeLeft):
            return []
        attempt = attempt_of(fact.leg.id)
        if attempt is None:
            return []
        if isinstance(fact, facts.BridgeLeft):
            return [self._ended(attempt, None, during=TALKING)]
        up = isinstance(fact, facts.ChannelUp)
        return [self._about(attempt, Accepted(attempt) if up else Joined(attempt))]

    def _about(self, attempt: str, event: Accepted | Joined | Failed) -> Told:
        return lambda books: self._triage.tell(books, case_of(attempt), event, self._clock())

    def _ended(self, attempt: str, why: Why | None, *, during: frozenset[Stage] = ANY) -> Told:
        return lambda books: self._triage.leg_ended(books, attempt, why, self._clock(), during=during)

    def _rang(self, attempt: str) -> Told:
        return lambda books: self._triage.rang(books, case_of(attempt), self._clock())

    def _hung_up(self, fact: facts.HungUp) -> list[Told]:
        attempt = attempt_of(fact.leg.id)
        if attempt is not None:
            return [self._ended(attempt, why_ended(fact))]
        if fact.leg.tech == "Local":
            return []
        return [lambda books: self._caller_left(books, fact.leg.id)]

    def _caller_left(self, books: Books, line: Uniqueid) -> Orders | None:
        case = self._triage.case_of_line(books, line)
        return self._triage.tell(books, case.id, CallerLeft(line), self._clock()) if case else None

    def _look(self, legs: tuple[LiveLeg, ...]) -> Told:
        ours = {attempt: live for live in legs if (attempt := attempt_of(live.leg.id))}
        here = {live.leg.id for live in legs}

        def work(books: Books) -> Orders | None:
            looks = [
                self._triage.tell(books, case.id, _looked(case, ours, here), self._clock())
                for case in books.open_urgent_cases()
            ]
            return _together([orders for orders in looks if orders is not None])

        return work

    async def _tell(self, event: Told) -> None:
        """Store what follows from an event, insisting; then do it."""
        for pause in (*RETRIES, None):
            try:
                orders = await self._in_store(event)
            except PeerError as error:
                if pause is None:
                    self._raise_alarm(Alarm("store", f"an urgent call's event cannot be stored: {error}"))
                    return
                await asyncio.sleep(pause)
            else:
                if orders is not None:
                    await self.carry_out(orders)
                return

    # -- what the PBX is told --------------------------------------------------------------------------

    async def carry_out(self, orders: Orders) -> None:
        """Do what was decided, after it was stored."""
        for part in (orders, *orders.others):
            for order in part.pbx:
                await self._carry_out(part, order)
        await self._ring_bell()

    async def _carry_out(self, orders: Orders, order: PbxOrder) -> None:
        if isinstance(order, Ring):
            task = asyncio.create_task(self._ring(_ringing(orders, order)), name=f"ring {order.attempt.id}")
            self._ringing.add(task)
            task.add_done_callback(self._ringing.discard)
        elif isinstance(order, StopRinging):
            await self._dialler.stop([attempt.id for attempt in order.attempts])
        elif isinstance(order, HangUp):
            await self._dialler.stop(list(order.attempts))
        elif isinstance(order, CallerIs):
            for attempt in order.attempts:
                await self._dialler.set_line(attempt.id, order.line)
        else:
            await self._dialler.to_last_resort(orders.case.line)

    async def _ring(self, phone: Ringing) -> None:
        why = await self._dialler.ring(phone)
        if why is not None:
            await self._tell(self._ended(phone.attempt, why, during=RINGING))


def _looked(case: UrgentCase, ours: dict[str, LiveLeg], here: set[Uniqueid]) -> Looked:
    known = [*(attempt.id for attempt in case.attempts), *([case.accepted_by.id] if case.accepted_by else [])]
    alive = {name: ours[name] for name in known if name in ours}
    return Looked(
        alive=frozenset(alive),
        accepted=frozenset(name for name, live in alive.items() if live.leg.state == "Up"),
        joined=frozenset(name for name, live in alive.items() if live.bridge),
        caller_here=case.line_id in here,
    )


def _together(all_orders: list[Orders]) -> Orders | None:
    if not all_orders:
        return None
    first, *others = all_orders
    return Orders(first.case, first.ladder, first.site, first.pbx, tuple(others))


def _ringing(orders: Orders, order: Ring) -> Ringing:
    case, ladder, site = orders.case, orders.ladder, orders.site
    target = order.attempt.target
    caller = case.caller
    return Ringing(
        attempt=order.attempt.id,
        case=case.id,
        site=site.id,
        language=ladder.language,
        number=target.number,
        dial=ladder.dial.string(target.number, outside=target.outside),
        ring=order.ring,
        waiting_since=int(case.triggered_at.timestamp()),
        shown=site.phone.e164,
        line=case.line,
        patient=ladder.dial.string(caller.e164, outside=True) if caller else "",
        patient_ring=ladder.patient.ring,
        last_try=case.patient_tries + 1 >= ladder.patient.tries,
    )
