"""Timers run when they are due, and one that our code fails on holds up no other."""

from datetime import datetime, timedelta

import pytest

from secondring.domain.deskwork import Deskwork
from secondring.domain.errors import StoreBusy
from secondring.domain.ids import JobKey
from secondring.domain.ports import Books
from secondring.domain.records import Job
from secondring.store.memory import MemoryStore
from secondring.timers import BATCH, PUT_OFF, Timers
from secondring.writer import Writer
from tests.support.clinic import MONDAY_TEN, PlainWording, some_rules


class Desk(Deskwork):
    """Remembers which timers ran, and fails on some."""

    def __init__(self, fails_on: set[str]) -> None:
        super().__init__(some_rules(), PlainWording())
        self.fails_on = fails_on
        self.ran: list[str] = []

    def timer(self, books: Books, job: Job, now: datetime) -> None:
        if job.ref in self.fails_on:
            raise ValueError("the number is +12025550123")
        self.ran.append(job.ref)


class Hall:
    """A store with timers in it, and their worker."""

    def __init__(self, *due: str, fails_on: set[str] | None = None) -> None:
        self.store = MemoryStore()
        self.now = MONDAY_TEN
        self.desk = Desk(fails_on or set())
        self.writer = Writer(self.store)
        self.timers = Timers(self.desk, self.writer, clock=lambda: self.now, ring=self._ring)
        with self.store.transaction() as books:
            for number, ref in enumerate(due):
                at = MONDAY_TEN - timedelta(seconds=len(due) - number)
                books.add_job(Job(key=JobKey(f"window:{ref}"), kind="window", ref=ref, due_at=at))

    async def _ring(self) -> None:
        """Nobody listens."""

    def left(self) -> datetime | None:
        with self.store.reading() as books:
            return books.next_due(["window"])


async def test_what_is_due_runs_once() -> None:
    hall = Hall("E-1", "E-2")
    assert [await hall.timers.round(), await hall.timers.round()] == [2, 0]
    assert hall.desk.ran == ["E-1", "E-2"]


async def test_timers_that_our_code_fails_on_are_put_off_and_the_others_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hall = Hall("E-1", "E-2", "E-3", "E-4", fails_on={"E-1", "E-3"})
    await hall.timers.round()
    assert hall.desk.ran[-2:] == ["E-2", "E-4"]
    assert hall.left() == MONDAY_TEN + PUT_OFF
    assert [record.getMessage().split(":")[1] for record in caplog.records] == ["E-1", "E-3"]
    assert "+1202" not in caplog.text
    hall.desk.fails_on.clear()
    hall.now += PUT_OFF
    await hall.timers.round()
    assert hall.desk.ran[-2:] == ["E-1", "E-3"]
    assert hall.left() is None


async def test_a_database_that_is_busy_is_asked_again_later(caplog: pytest.LogCaptureFixture) -> None:
    async def busy(_: object) -> int:
        raise StoreBusy("the database is locked")

    hall = Hall("E-1")
    timers = Timers(hall.desk, busy, clock=lambda: hall.now, ring=hall._ring)  # type: ignore[arg-type]
    assert await timers.round() == 0
    assert "timers wait: the database is locked" in caplog.text
    assert await hall.timers.round() == 1 < BATCH
