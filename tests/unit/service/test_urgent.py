"""The runner of the ladder: facts in, orders out, and what it waits for after a start."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

from ami_listener.originate import Dialler, Ringing
from secondring.domain import facts
from secondring.domain.alarms import Alarm
from secondring.domain.errors import StoreBusy
from secondring.domain.facts import Fact, Leg
from secondring.domain.ids import CallId, Linkedid, Uniqueid
from secondring.domain.ladder import Ladder, Step, Target
from secondring.domain.ports import Books
from secondring.domain.triage_events import Why
from secondring.domain.urgent import Triage
from secondring.domain.urgent_begin import OnLine
from secondring.domain.urgent_case import Stage, UrgentCase
from secondring.urgent import UrgentRunner
from tests.support.clinic import ANNA, Clinic, PlainWording, a_site, some_rules
from tests.support.fake_ami import until

T = TypeVar("T")
LADDER = Ladder(
    steps=(
        Step(targets=(Target(number="1001"), Target(number="1002"))),
        Step(targets=(Target(number="1003"),)),
    ),
    rounds=1,
)
LINE = Uniqueid("1740000000.9")


class Hand(Dialler):
    """A dialler that remembers; `answers` are what ringing comes back with."""

    def __init__(self) -> None:
        self.rung: list[Ringing] = []
        self.stopped: list[str] = []
        self.moved: list[str] = []
        self.looks = 0
        self.answers: dict[str, Why] = {}

    async def ring(self, phone: Ringing) -> Why | None:
        self.rung.append(phone)
        return self.answers.get(phone.number)

    async def stop(self, attempts: list[str]) -> None:  # type: ignore[override]
        self.stopped += attempts

    async def to_last_resort(self, line: str) -> None:
        self.moved.append(line)

    async def look(self) -> None:
        self.looks += 1


class Bell:
    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109 - the bell's own signature
        await asyncio.sleep(0)
        return False


class Link:
    is_up = True


class Running:
    """A runner on a clinic in memory."""

    def __init__(self) -> None:
        self.clinic = Clinic(some_rules(a_site(triage=LADDER)))
        self.hand, self.link = Hand(), Link()
        self.busy_for = 0
        self.alarms: list[Alarm] = []
        self.runner = UrgentRunner(
            Triage(self.clinic.rules, PlainWording()),
            self.hand,
            self.link,
            self._in_store,
            clock=lambda: self.clinic.now,
            bell=Bell(),
            ring=self._ring,
            raise_alarm=self.alarms.append,
        )

    async def _ring(self) -> None:
        """Nobody listens."""

    def _in_store(self, work: Callable[[Books], T]) -> Awaitable[T]:
        async def run() -> T:
            if self.busy_for:
                self.busy_for -= 1
                raise StoreBusy("another process writes")
            with self.clinic.store.transaction() as books:
                return work(books)

        return run()

    def presses(self) -> UrgentCase:
        who = OnLine(call=CallId("pbx", LINE), line="PJSIP/trunk-1", caller=ANNA.e164, did="2025550100")
        with self.clinic.store.transaction() as books:
            Triage(self.clinic.rules, PlainWording()).from_key(books, who, self.clinic.now)
        return self.case

    @property
    def case(self) -> UrgentCase:
        with self.clinic.store.reading() as books:
            return books.urgent_cases_of(self.clinic.episode.id)[-1]

    async def hears(self, *heard: Fact) -> None:
        await self.runner.handle(list(heard))

    async def runs_until(self, happened: Callable[[], bool], what: str) -> None:
        running = asyncio.create_task(self.runner.run())
        try:
            await until(happened, what)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def stock(self, *legs: facts.LiveLeg) -> facts.StockTaken:
        return facts.StockTaken(at=self.clinic.now, legs=legs)

    def leg(self, attempt: str, state: str = "Up") -> Leg:
        name = Uniqueid(f"sr-{attempt}")
        return Leg(id=name, linkedid=Linkedid(name), channel="Local/1@secondring-nurse-1;1", state=state)

    def alive(self, attempt: str, state: str = "Ringing", bridge: str = "") -> facts.LiveLeg:
        return facts.LiveLeg(leg=self.leg(attempt, state), bridge=bridge, age=timedelta(0), app="")

    def caller_alive(self) -> facts.LiveLeg:
        leg = Leg(id=LINE, linkedid=Linkedid(LINE), channel="PJSIP/trunk-1", state="Up")
        return facts.LiveLeg(leg=leg, bridge="", age=timedelta(0), app="")


async def test_the_ladder_waits_until_the_pbx_has_said_what_is_alive() -> None:
    clinic = Running()
    case = clinic.presses()
    running = asyncio.create_task(clinic.runner.run())
    for _ in range(50):
        await asyncio.sleep(0)
    assert clinic.hand.rung == []
    await clinic.hears(clinic.stock(clinic.caller_alive()))
    await until(lambda: len(clinic.hand.rung) == 2, "both phones of the first step")
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert [phone.number for phone in clinic.hand.rung] == ["1001", "1002"]
    (first, _) = clinic.hand.rung
    assert (first.attempt, first.case, first.line) == (f"{case.id}.1", case.id, "PJSIP/trunk-1")
    assert first.patient == f"PJSIP/{ANNA.e164}@trunk"


async def test_a_case_by_its_facts() -> None:
    clinic = Running()
    case = clinic.presses()
    await clinic.hears(clinic.stock(clinic.caller_alive()))
    await clinic.runs_until(lambda: len(clinic.hand.rung) == 2, "ringing")
    one, now = f"{case.id}.1", clinic.clinic.now
    dialling = Leg(id=Uniqueid(f"sr-{one}-2"), linkedid=Linkedid(f"sr-{one}"), channel="Local/1;2")
    await clinic.hears(facts.DialBegan(at=now, caller=dialling, dialled=clinic.leg("x.1")))
    assert clinic.case.first_ring_at == now
    await clinic.hears(facts.ChannelUp(at=now, leg=clinic.leg(one)))
    assert clinic.hand.stopped == [f"{case.id}.2"]
    entered = facts.BridgeEntered(at=now, leg=clinic.leg(one), bridge="b", bridge_type="basic", technology="")
    await clinic.hears(entered)
    assert clinic.case.stage is Stage.CONNECTED
    await clinic.hears(facts.HungUp(at=now, leg=clinic.leg(one), cause=16))
    assert clinic.case.stage is Stage.CONNECTED


async def test_what_the_pbx_refuses_to_ring_passes_on_and_nobody_is_the_last_resort() -> None:
    clinic = Running()
    clinic.hand.answers = dict.fromkeys(("1001", "1002", "1003"), Why.ERROR)
    clinic.presses()
    await clinic.hears(clinic.stock(clinic.caller_alive()))
    await clinic.runs_until(lambda: clinic.hand.moved == ["PJSIP/trunk-1"], "the last resort")
    assert clinic.case.stage is Stage.LAST_RESORT
    assert [alarm.kind for alarm in clinic.clinic.alarms] == ["urgent-nobody"]
    assert clinic.alarms == []


async def test_after_a_lost_link_what_rings_is_left_alone_and_what_does_not_rings_again() -> None:
    clinic = Running()
    case = clinic.presses()
    await clinic.hears(clinic.stock(clinic.caller_alive()))
    await clinic.runs_until(lambda: len(clinic.hand.rung) == 2, "ringing")
    await clinic.hears(facts.LinkLost(at=clinic.clinic.now))
    await clinic.hears(clinic.stock(clinic.caller_alive(), clinic.alive(f"{case.id}.2")))
    assert len(clinic.hand.rung) == 2
    assert [attempt.id for attempt in clinic.case.attempts] == [f"{case.id}.2"]
    await clinic.hears(clinic.stock(clinic.caller_alive()))
    await until(lambda: len(clinic.hand.rung) == 4, "the same step again")


async def test_what_happened_is_stored_though_the_books_are_busy() -> None:
    clinic = Running()
    case = clinic.presses()
    await clinic.hears(clinic.stock(clinic.caller_alive()))
    await clinic.runs_until(lambda: len(clinic.hand.rung) == 2, "ringing")
    clinic.busy_for = 2
    await clinic.hears(facts.ChannelUp(at=clinic.clinic.now, leg=clinic.leg(f"{case.id}.1")))
    assert clinic.case.stage is Stage.JOINING


async def test_a_nurse_who_accepted_and_was_not_heard_of_again_is_asked_about() -> None:
    clinic = Running()
    case = clinic.presses()
    await clinic.hears(clinic.stock(clinic.caller_alive()))
    await clinic.runs_until(lambda: len(clinic.hand.rung) == 2, "ringing")
    await clinic.hears(facts.ChannelUp(at=clinic.clinic.now, leg=clinic.leg(f"{case.id}.1")))
    clinic.clinic.wait(seconds=30)
    await clinic.runs_until(lambda: clinic.hand.looks == 1, "a look")
    await clinic.hears(clinic.stock(clinic.caller_alive(), clinic.alive(f"{case.id}.1", "Up", "b")))
    assert clinic.case.stage is Stage.CONNECTED


async def test_the_caller_hangs_up() -> None:
    clinic = Running()
    clinic.presses()
    await clinic.hears(clinic.stock(clinic.caller_alive()))
    await clinic.runs_until(lambda: len(clinic.hand.rung) == 2, "ringing")
    await clinic.hears(facts.HungUp(at=clinic.clinic.now, leg=clinic.caller_alive().leg, cause=16))
    assert not clinic.case.on_line
    assert [text.template for text in clinic.clinic.texts] == ["urgent-call"]
