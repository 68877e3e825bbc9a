"""Two services on one PBX: one of them judges, whatever happens to either, and never both."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.beats import Beat, Role
from secondring.domain.ids import Uniqueid
from secondring.domain.twins import ASK, EVERY, LEASE, SILENT, TO_NAME, Me, Twins
from tests.support.clinic import MONDAY_TEN

STEP = 0.25
DELAY = 0.2
"""The longest that the PBX takes to hand a beat on, in these tests."""
UNHELD = SILENT + LEASE + ASK + 2 * EVERY
"""The longest that nobody may judge while somebody is there: a holder that went, another that asks anew."""


@dataclass
class Service:
    """One of them, with its link."""

    name: str
    skew: float
    up: bool = False
    stalled: bool = False
    deaf: bool = False
    runs: int = 0
    twins: Twins | None = None
    inbox: list[tuple[float, int, Beat]] = field(default_factory=list)

    def start(self, now: float) -> None:
        self.runs += 1
        me = Me(self.name * 16, f"{self.name}{self.runs}" * 8, f"host-{self.name}")
        self.twins = Twins(me, now=self.clock(now))
        self.inbox.clear()
        self.up, self.stalled = True, False

    def clock(self, now: float) -> datetime:
        return MONDAY_TEN + timedelta(seconds=now + self.skew)

    def kill(self) -> None:
        self.twins = None

    def judges(self, now: float) -> bool:
        return self.twins is not None and self.up and not self.stalled and self.twins.may_judge(now)


class Pbx:
    """Hands every beat to everybody who is linked, in one order, each at its own pace."""

    def __init__(self, *services: Service) -> None:
        self.services = services
        self.now = 0.0
        self._order = count()
        self._last: dict[str, float] = {}

    def step(self, delays: list[float]) -> None:
        self.now += STEP
        # Whoever went on after a standstill has read nothing yet, and must know by itself that its time is over.
        assert len([s for s in self.services if s.judges(self.now) and s.twins and s.twins.others]) <= 1
        for service in self.services:
            self._listen(service)
        for service in self.services:
            self._speak(service, delays)

    def _listen(self, service: Service) -> None:
        twins = service.twins
        if twins is None or service.stalled:
            return
        if not service.up:
            twins.unlinked()
            service.inbox.clear()
            return
        twins.linked(self.now, service.clock(self.now))
        while service.inbox and service.inbox[0][0] <= self.now:
            _, _, beat = heappop(service.inbox)
            twins.heard(beat, self.now, MONDAY_TEN + timedelta(seconds=self.now))

    def _speak(self, service: Service, delays: list[float]) -> None:
        if service.twins is None or service.stalled or not service.up:
            return
        beat = service.twins.due(self.now, service.clock(self.now))
        if beat is None:
            return
        number = next(self._order)
        for other in self.services:
            if other.twins is not None and other.up and not other.deaf:
                due = self.now + delays[number % len(delays)]
                self._last[other.name] = max(due, self._last.get(other.name, 0.0))
                heappush(other.inbox, (self._last[other.name], number, beat))

    def run(self, seconds: float, delays: list[float] | None = None) -> None:
        for _ in range(int(seconds / STEP)):
            self.step(delays or [0.0])

    def judging(self) -> list[str]:
        return [service.name for service in self.services if service.judges(self.now)]


def two(skew: float = 0.0) -> tuple[Service, Service, Pbx]:
    a, b = Service("a", 0.0), Service("b", skew)
    return a, b, Pbx(a, b)


def test_one_alone_keeps_the_pbx_after_it_has_asked() -> None:
    a, _, pbx = two()
    a.start(0)
    pbx.run(ASK - 2 * STEP)
    assert pbx.judging() == []
    pbx.run(1)
    assert pbx.judging() == ["a"]
    assert a.twins
    assert not a.twins.others


def test_whoever_was_there_first_keeps_it_though_the_other_clock_is_behind() -> None:
    a, b, pbx = two(skew=-3600)
    a.start(0)
    pbx.run(30)
    b.start(pbx.now)
    for _ in range(400):
        pbx.step([0.0])
        assert pbx.judging() == ["a"]
    assert a.twins
    assert b.twins
    assert [beat.host for beat in a.twins.others] == ["host-b"]
    assert b.twins.role is Role.WAITING


def test_two_that_come_at_the_same_moment_do_not_both_take_it() -> None:
    a, b, pbx = two()
    a.start(0)
    b.start(0)
    pbx.run(30)
    assert pbx.judging() == ["a"]


def test_when_the_first_dies_the_second_takes_over_after_five_beats() -> None:
    a, b, pbx = two()
    a.start(0)
    pbx.run(10)
    b.start(pbx.now)
    pbx.run(20)
    a.kill()
    died = pbx.now
    while not pbx.judging():
        pbx.step([0.0])
    assert SILENT - EVERY <= pbx.now - died <= SILENT + 2 * STEP
    a.start(pbx.now)
    pbx.run(60)
    assert pbx.judging() == ["b"]


def test_a_first_one_that_is_back_at_once_keeps_it() -> None:
    a, b, pbx = two()
    a.start(0)
    pbx.run(10)
    b.start(pbx.now)
    pbx.run(10)
    a.kill()
    pbx.run(3)
    a.start(pbx.now)
    pbx.run(30)
    assert pbx.judging() == ["a"]


def test_one_that_cannot_hear_is_given_way_to_rather_than_text_twice() -> None:
    a, b, pbx = two()
    a.start(0)
    pbx.run(10)
    b.deaf = True
    b.start(pbx.now)
    pbx.run(30)
    assert pbx.judging() == ["b"]
    assert b.twins
    assert b.twins.is_deaf(pbx.now)
    assert a.twins
    assert a.twins.others


def test_an_account_that_may_not_speak_is_alone_until_it_hears_another() -> None:
    a, b, pbx = two()
    a.start(0)
    assert a.twins
    a.twins.linked(0, MONDAY_TEN)
    a.twins.refused()
    pbx.run(10)
    assert pbx.judging() == ["a"]
    b.start(pbx.now)
    a.twins.heard(a_beat(Role.HOLDING), pbx.now, MONDAY_TEN)
    assert not a.twins.may_judge(pbx.now)


def test_without_a_link_nothing_is_judged_where_another_was_heard_lately() -> None:
    me = Me("a" * 16, "b" * 16, "host")
    assert Twins(me, now=MONDAY_TEN).may_judge(0)
    assert not Twins(me, now=MONDAY_TEN, known=True).may_judge(0)


@pytest.mark.parametrize("seconds", [n / 4 for n in range(16, 80, 3)])
def test_a_first_one_that_stood_still_knows_by_itself_that_its_time_is_over(seconds: float) -> None:
    a, b, pbx = two()
    a.start(0)
    pbx.run(10)
    b.start(pbx.now)
    pbx.run(10)
    a.stalled = True
    pbx.run(seconds)
    a.stalled = False
    for _ in range(200):
        pbx.step([DELAY])
        assert len(pbx.judging()) <= 1
    assert len(pbx.judging()) == 1


def test_in_company_the_pbx_is_taken_only_once_it_has_handed_that_on_to_everybody() -> None:
    twins = Twins(Me("a" * 16, "b" * 16, "host"), now=MONDAY_TEN)
    twins.linked(0, MONDAY_TEN)
    asked = twins.due(0, MONDAY_TEN)
    twins.heard(a_beat(Role.WAITING), 0.1, MONDAY_TEN)
    claimed = twins.due(ASK, MONDAY_TEN)
    assert asked
    assert claimed
    assert claimed.role is Role.HOLDING
    twins.heard(asked, ASK + 0.1, MONDAY_TEN)
    assert not twins.may_judge(ASK + 0.1)
    twins.heard(claimed, ASK + 0.2, MONDAY_TEN)
    assert twins.may_judge(ASK + 0.2)
    assert not twins.may_judge(ASK + LEASE)


def test_calls_that_were_judged_are_named_in_three_beats() -> None:
    a, b, pbx = two()
    a.start(0)
    pbx.run(10)
    b.start(pbx.now)
    pbx.run(10)
    assert a.twins
    assert b.twins
    a.twins.judged(Uniqueid("lab-1.1"))
    pbx.run(1)
    assert b.twins.has_judged(Uniqueid("lab-1.1"))
    assert not b.twins.has_judged(Uniqueid("lab-1.2"))
    pbx.run(10)
    due = a.twins.due(pbx.now + EVERY, MONDAY_TEN)
    assert due
    assert due.judged == ()


def test_a_storm_fills_no_memory_and_its_last_calls_are_named() -> None:
    twins = Twins(Me("a" * 16, "b" * 16, "host"), now=MONDAY_TEN)
    twins.linked(0, MONDAY_TEN)
    for number in range(10 * TO_NAME):
        twins.judged(Uniqueid(f"lab-1.{number}"))
    named: set[str] = set()
    for beat in range(1, 100):
        due = twins.due(beat * EVERY, MONDAY_TEN)
        named |= set(due.judged) if due else set()
    assert len(named) == TO_NAME
    assert f"lab-1.{10 * TO_NAME - 1}" in named


def a_beat(role: Role) -> Beat:
    return Beat(installation="c" * 16, run="d" * 16, host="other", role=role, since=MONDAY_TEN, number=1)


ACTS = st.sampled_from(["start", "kill", "cut", "heal", "stall", "go on"])
PLAYS = st.lists(st.tuples(st.integers(0, 120), st.integers(0, 2), ACTS), max_size=14)


@given(
    plays=PLAYS,
    skews=st.tuples(*[st.floats(-1000, 1000)] * 3),
    delays=st.lists(st.floats(0, DELAY), min_size=1, max_size=7),
)
def test_never_two_and_never_nobody_for_long(
    plays: list[tuple[int, int, str]], skews: tuple[float, float, float], delays: list[float]
) -> None:
    """Any interleaving of starts, kills, broken links and standstills."""
    services = [Service(name, skew) for name, skew in zip("abc", skews, strict=True)]
    pbx = Pbx(*services)
    services[0].start(0)
    unheld = 0.0
    for steps, which, act in [*plays, (400, 0, "go on")]:
        for _ in range(steps):
            pbx.step(delays)
            judging = pbx.judging()
            assert len(judging) <= 1, (pbx.now, judging)
            able = [s for s in services if s.twins and s.up and not s.stalled]
            unheld = unheld + STEP if able and not judging else 0.0
            assert unheld <= UNHELD, (pbx.now, [(s.name, s.twins and s.twins.role) for s in services])
        if _perform(services[which], act, pbx.now):
            unheld = 0.0


def _perform(service: Service, act: str, now: float) -> bool:
    """Do it; True when that changed anything: then all of them get time to find out."""
    before = (service.twins, service.up, service.stalled)
    if act == "start" and service.twins is None:
        service.start(now)
    elif act == "kill":
        service.kill()
    elif act in ("cut", "heal"):
        service.up = act == "heal"
    elif act in ("stall", "go on"):
        service.stalled = act == "stall"
    return (service.twins, service.up, service.stalled) != before
