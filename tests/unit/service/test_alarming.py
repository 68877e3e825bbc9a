"""Telling people: each channel by itself, again and again, at least once."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

import pytest

from secondring.alarming import PAUSES, WORTH, Alarms, Shout, Teller, kind_of
from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.errors import PeerError, StoreBusy
from secondring.domain.ports import Books
from secondring.domain.records import KeptAlarm
from secondring.domain.rules import AlarmRules
from tests.support.clinic import NURSE, Clinic, some_rules
from tests.support.fake_ami import until

T = TypeVar("T")


class Way:
    """A channel that takes what it is told, or fails, or hangs."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.heard: list[KeptAlarm] = []
        self.trouble: Exception | None = None
        self.hangs = False

    async def tell(self, alarm: KeptAlarm) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.trouble is not None:
            raise self.trouble
        self.heard.append(alarm)


class House:
    """A clinic, its alarms and two ways to tell of them."""

    def __init__(self) -> None:
        rules = some_rules(alarms=AlarmRules(texts=(NURSE,)))
        self.clinic = Clinic(rules)
        self.mail, self.mqtt = Way("mail"), Way("mqtt")
        self.fails_to_finish = False
        ways = [self.mail, self.mqtt]
        self.alarms = Alarms(ways, rules, self.in_store, clock=lambda: self.clinic.now)
        self.tellers = [Teller(way, self.in_store, clock=lambda: self.clinic.now) for way in ways]
        self.shout = Shout(ways, rules, clock=lambda: self.clinic.now)

    async def in_store(self, work: Callable[[Books], T]) -> T:
        with self.clinic.store.transaction() as books:
            return work(books)

    def raises(self, kind: str = "store") -> None:
        with self.clinic.store.transaction() as books:
            raise_in(books, Alarm(kind, "no room", "north"), self.clinic.rules, self.clinic.now)

    async def works(self) -> None:
        """Until nothing is due."""
        while await self.alarms.round() or sum([await teller.round() for teller in self.tellers]):
            pass

    def left(self) -> list[str]:
        with self.clinic.store.reading() as books:
            return [way.name for way in (self.mail, self.mqtt) if books.next_due([kind_of(way)])]


async def test_an_alarm_reaches_every_channel_the_log_and_the_supervisor(
    caplog: pytest.LogCaptureFixture,
) -> None:
    house = House()
    house.raises()
    await house.works()
    assert [alarm.kind for alarm in house.mail.heard] == ["store"]
    assert house.mqtt.heard == house.mail.heard == house.clinic.alarms
    assert [record.getMessage() for record in caplog.records] == ["ALARM store at north: no room"]
    assert [text.patient for text in house.clinic.send_due()] == [NURSE]
    await house.works()
    assert len(house.mail.heard) == 1
    assert house.left() == []


async def test_a_broken_channel_is_tried_again_with_growing_pauses_and_holds_up_no_other() -> None:
    house = House()
    house.mail.trouble = PeerError("the mail server is down")
    house.raises()
    await house.works()
    assert house.mqtt.heard != []
    for pause in (*PAUSES, PAUSES[-1]):
        assert house.left() == ["mail"]
        house.clinic.wait(seconds=pause - 0.1)
        await house.works()
        with house.clinic.store.reading() as books:
            assert books.next_due(["alarm-mail"]) == house.clinic.now + timedelta(seconds=0.1)
        house.clinic.wait(seconds=0.1)
        await house.works()
    house.mail.trouble = None
    house.clinic.wait(seconds=PAUSES[-1])
    await house.works()
    assert len(house.mail.heard) == len(house.mqtt.heard) == 1
    assert house.left() == []


async def test_what_nobody_took_for_a_day_is_given_up_loudly(caplog: pytest.LogCaptureFixture) -> None:
    house = House()
    house.mail.trouble = PeerError("the mail server is down")
    house.raises()
    await house.works()
    house.clinic.wait(seconds=WORTH.total_seconds() + 1)
    await house.works()
    assert house.left() == []
    assert "given up by mail: the mail server is down" in caplog.text


async def test_a_defect_of_a_channel_costs_nobody_the_alarm(caplog: pytest.LogCaptureFixture) -> None:
    house = House()
    house.mail.trouble = ValueError("+12025550123 planted")
    house.raises()
    await house.works()
    assert house.left() == ["mail"]
    assert "ValueError at test_alarming.py" in caplog.text
    assert "2025550123" not in caplog.text


async def test_a_crash_between_telling_and_noting_it_tells_again() -> None:
    house = House()
    house.raises()
    await house.alarms.round()
    teller = house.tellers[0]
    claimed = await house.in_store(teller._claim)
    assert claimed is not None
    await house.mail.tell(claimed[1])  # and here the power fails
    await house.works()
    assert len(house.mail.heard) == 1
    house.clinic.wait(minutes=3)
    await house.works()
    assert [alarm.id for alarm in house.mail.heard] == [claimed[1].id] * 2


async def test_a_storm_is_told_of_twice() -> None:
    house = House()
    for _ in range(200):
        house.raises()
        await house.works()
        house.clinic.wait(seconds=1)
    house.clinic.wait(minutes=10)
    await house.works()
    assert [alarm.count for alarm in house.mail.heard] == [1, 200]
    assert len(house.clinic.send_due()) == 2


async def test_a_busy_database_is_asked_again(caplog: pytest.LogCaptureFixture) -> None:
    async def busy(_: object) -> int:
        raise StoreBusy("the database is locked")

    house = House()
    alarms = Alarms([], house.clinic.rules, busy, clock=lambda: house.clinic.now)  # type: ignore[arg-type]
    teller = Teller(house.mail, busy, clock=lambda: house.clinic.now)  # type: ignore[arg-type]
    assert await alarms.round() == await teller.round() == 0
    assert "alarms wait: the database is locked" in caplog.text


async def test_what_no_transaction_can_keep_is_shouted_once_and_a_hanging_channel_holds_up_no_other(
    caplog: pytest.LogCaptureFixture,
) -> None:
    house = House()
    house.mail.hangs = True
    running = asyncio.create_task(house.shout.run())
    for _ in range(50):
        house.shout(Alarm("store", "the disk is full"))
    house.shout(Alarm("store", "the disk is full", "north"))
    await until(lambda: len(house.mqtt.heard) == 2)
    house.clinic.wait(minutes=11)
    house.shout(Alarm("store", "the disk is full"))
    await until(lambda: len(house.mqtt.heard) == 3)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert caplog.text.count("ALARM store: the disk is full") == 51
    assert house.clinic.alarms == []


async def test_a_shout_that_a_channel_does_not_take_is_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    house = House()
    house.mail.trouble = PeerError("the mail server is down")
    running = asyncio.create_task(house.shout.run())
    house.shout(Alarm("store", "the disk is full"))
    await until(lambda: "not told by mail: the mail server is down" in caplog.text)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
