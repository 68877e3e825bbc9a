"""Lamps follow the books: from the key for urgent to the person who records having spoken."""

from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from secondring.domain.deskwork import Result
from secondring.domain.errors import StoreBroken
from secondring.domain.ids import CallId, SiteId, Uniqueid
from secondring.domain.ladder import Ladder, Step, Target
from secondring.domain.ports import Books
from secondring.domain.triage_events import Accepted, Event, Failed, Joined, LastResortEnded, Started, Why
from secondring.domain.urgent import Triage
from secondring.domain.urgent_begin import OnLine
from secondring.lamps import LampKeeper
from tests.support.clinic import ANNA, Clinic, PlainWording, a_site, some_rules

LINE = Uniqueid("1740000000.9")
LADDER = Ladder(steps=(Step(targets=(Target(number="1001"),)),), rounds=1)


@dataclass
class Wall:
    """A lamp at each site, and somebody who writes down what is told."""

    shown: list[dict[str, Any]] = field(default_factory=list)
    told: list[dict[str, Any]] = field(default_factory=list)

    def show(self, site: SiteId, state: dict[str, Any]) -> None:
        assert site == "north"
        self.shown.append(state)

    def tell(self, site: SiteId, event: dict[str, Any]) -> None:
        assert site == "north"
        self.told.append(event)


class Ward:
    """A clinic with one nurse and a lamp."""

    def __init__(self) -> None:
        self.clinic = Clinic(some_rules(a_site(triage=LADDER)))
        self.triage = Triage(self.clinic.rules, PlainWording())
        self.wall = Wall()
        self.lamp = self.a_keeper(self.wall)

    def a_keeper(self, wall: Wall) -> LampKeeper:
        return LampKeeper([SiteId("north")], self.clinic.store.reading, wall, clock=lambda: self.clinic.now)

    def presses(self) -> None:
        who = OnLine(call=CallId("pbx", LINE), line="PJSIP/trunk-1", caller=ANNA.e164, did="2025550100")
        with self.clinic.store.transaction() as books:
            self.triage.from_key(books, who, self.clinic.now)
        self.hears(Started())

    def hears(self, *events: Event) -> None:
        with self.clinic.store.transaction() as books:
            (case,) = books.open_urgent_cases()
            for event in events:
                self.triage.tell(books, case.id, event, self.clinic.now)

    @property
    def attempt(self) -> str:
        with self.clinic.store.reading() as books:
            (case,) = books.open_urgent_cases()
            return f"{case.id}.1"

    async def looks(self) -> str:
        await self.lamp.round()
        return str(self.wall.shown[-1]["state"])


async def test_a_caller_who_is_put_through() -> None:
    ward = Ward()
    assert await ward.looks() == "idle"
    ward.presses()
    assert await ward.looks() == "ringing"
    attempt = ward.attempt
    ward.clinic.wait(seconds=4)
    ward.hears(Accepted(attempt))
    assert await ward.looks() == "waiting"
    ward.hears(Joined(attempt))
    assert await ward.looks() == "idle"
    assert [event["event"] for event in ward.wall.told] == ["trigger", "accepted", "bridged", "connected"]
    assert ward.wall.told[1]["waited_s"] == 4


async def test_a_caller_whom_nobody_took_stays_red_until_somebody_has_spoken_to_them() -> None:
    ward = Ward()
    await ward.looks()
    ward.presses()
    ward.hears(Failed(ward.attempt, Why.NO_ANSWER), LastResortEnded(answered=False))
    assert await ward.looks() == "left"
    assert ward.wall.shown[-1]["left"] == 1
    assert [event["event"] for event in ward.wall.told] == ["trigger", "left"]
    ward.clinic.wait(hours=30).run_timers()
    assert await ward.looks() == "left"
    ward.clinic.finishes(ward.clinic.task, Result.SPOKE)
    assert await ward.looks() == "idle"


async def test_a_lamp_is_written_when_it_changes_and_not_before() -> None:
    ward = Ward()
    for _ in range(5):
        await ward.looks()
        ward.clinic.wait(seconds=1)
    assert len(ward.wall.shown) == 1


async def test_after_a_restart_the_lamp_is_right_and_old_news_is_not_told() -> None:
    ward = Ward()
    ward.presses()
    wall = Wall()
    ward.lamp = ward.a_keeper(wall)
    await ward.lamp.round()
    assert [state["state"] for state in wall.shown] == ["ringing"]
    assert wall.told == []


async def test_what_is_shown_and_told_names_nobody() -> None:
    ward = Ward()
    await ward.looks()
    ward.clinic.misses()
    ward.clinic.wait(seconds=3).send_due()
    ward.clinic.writes("URGENT planted words")
    await ward.looks()
    said = repr((ward.wall.shown, ward.wall.told))
    assert ward.wall.told != []
    assert not [word for word in (ANNA.e164[1:], "planted", "Northside") if word in said]


async def test_books_that_cannot_be_read_are_read_again(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> AbstractContextManager[Books]:
        raise StoreBroken("the disk is gone")

    wall = Wall()
    keeper = LampKeeper([SiteId("north")], broken, wall, clock=lambda: Clinic().now + timedelta(0))
    with pytest.raises(StoreBroken):
        await keeper.round()
    assert wall.shown == []
