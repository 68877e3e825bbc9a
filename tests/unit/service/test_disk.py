"""Before the disk is full somebody is told; while nothing can be written, health says so; at the start we wait."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from secondring.disk import MB, DiskWatch
from secondring.domain.alarms import Alarm
from secondring.domain.errors import StoreBroken, StoreBusy, StoreDamaged, StoreFull
from secondring.domain.health import State
from secondring.domain.ports import Books
from secondring.heart import Heart
from secondring.service.patience import patiently
from secondring.store.memory import MemoryStore
from tests.support.clinic import MONDAY_TEN, some_rules

T = TypeVar("T")
HERE = Path("/var/lib/secondring")


class Room:
    """A disk with so many MB free, watched at 1000."""

    def __init__(self) -> None:
        self.store, self.now, self.free = MemoryStore(), MONDAY_TEN, 5000
        self.full = False
        self.shouted: list[Alarm] = []
        self.watch = DiskWatch(
            HERE,
            1000 * MB,
            some_rules(),
            self.write,
            clock=lambda: self.now,
            shout=self.shouted.append,
            free=lambda _: self.free * MB,
        )

    async def write(self, work: Callable[[Books], T]) -> T:
        if self.full:
            raise StoreFull("the disk is full")
        with self.store.transaction() as books:
            return work(books)

    def alarms(self) -> list[str]:
        with self.store.reading() as books:
            return [alarm.because for alarm in books.alarms(since=MONDAY_TEN, limit=9)]


@pytest.fixture
def room() -> Room:
    return Room()


async def test_a_disk_that_is_nearly_full_is_an_alarm_once(room: Room) -> None:
    assert not await room.watch.look()
    room.free = 900
    assert await room.watch.look()
    room.now += timedelta(hours=2)
    assert not await room.watch.look()
    (because,) = room.alarms()
    assert because.startswith("/var/lib/secondring: only 900 MB free. Make room")


async def test_it_is_told_again_after_a_day_and_when_it_comes_back_after_there_was_room(room: Room) -> None:
    room.free = 900
    assert await room.watch.look()
    room.now += timedelta(hours=25)
    assert await room.watch.look()
    room.free = 1050
    assert not await room.watch.look()
    room.free = 990
    assert not await room.watch.look(), "it only flickers around the level"
    room.free = 2000
    assert not await room.watch.look()
    room.free, room.now = 900, room.now + timedelta(hours=1)
    assert await room.watch.look()
    assert len(room.alarms()) == 3


async def test_when_it_is_too_late_to_write_it_down_it_is_shouted(room: Room) -> None:
    room.free, room.full = 0, True
    assert await room.watch.look()
    assert [alarm.kind for alarm in room.shouted] == ["disk"]


def test_books_that_take_nothing_are_broken_until_they_do_and_told_of_once() -> None:
    alarms: list[Alarm] = []
    heart = Heart(alarms.append)
    assert heart.findings() == []
    for _ in range(3):
        heart.failed(StoreFull("secondring.db: the disk is full"))
    (finding,) = heart.findings()
    assert (finding.name, finding.state) == ("database", State.BAD)
    assert [alarm.kind for alarm in alarms] == ["store"]
    heart.beats()
    assert heart.findings() == []


def test_books_that_somebody_else_writes_are_not_broken() -> None:
    heart = Heart(lambda _: pytest.fail("no alarm for that"))
    heart.failed(StoreBusy("another writer"))
    assert heart.findings() == []


def test_a_start_waits_for_the_disk_and_says_so_once() -> None:
    said: list[str] = []
    answers = iter([StoreFull("full"), StoreFull("full"), StoreBroken("read-only"), None])

    def work() -> str:
        answer = next(answers)
        if answer is not None:
            raise answer
        return "open"

    assert patiently(work, said.append, pause=0) == "open"
    assert said == ["full", "read-only"]


def test_a_start_does_not_wait_for_a_damaged_database() -> None:
    def work() -> str:
        raise StoreDamaged("restore it")

    with pytest.raises(StoreDamaged):
        patiently(work, lambda _: None, pause=0)
