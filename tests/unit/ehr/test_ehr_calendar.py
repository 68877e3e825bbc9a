"""A calendar that an EHR keeps does what every calendar does: over the copy alone, and with the EHR asked each time."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest

from secondring.domain.booking import Booking, BookingId, BookingState
from secondring.domain.booking_ports import Calendar
from secondring.domain.ehr import CANCEL, Copies, Guest, job_key
from secondring.domain.ehr_calendar import EhrCalendar
from secondring.domain.ids import EpisodeId
from secondring.ehr.fhir import FhirEhr, FhirSettings
from secondring.store.memory import MemoryStore
from tests.support.books import MAIN, NINE, NOW, an_episode
from tests.support.fhir_server import BASE, FhirServer
from tests.unit.domain.calendar_contract import ANNA, BEN, CalendarContract
from tests.unit.store.test_own_calendar import CHECKUP, TIMETABLE

HALF = timedelta(minutes=30)


class TestEhrCalendar(CalendarContract):
    """Every open time is asked for anew, and every booking is made in the EHR before it is confirmed here."""

    now = NOW
    site = MAIN
    visit = CHECKUP

    @pytest.fixture(autouse=True)
    def _world(self) -> None:
        self.store = MemoryStore()
        with self.store.transaction() as books:
            books.save_episode(an_episode(1, id=ANNA))
            books.save_episode(an_episode(2, id=BEN))
        self.copies = Copies()
        self.server = FhirServer()
        self.server.add_slots(NINE, 6, length=HALF)
        settings = FhirSettings(url=BASE, schedules=("Schedule/1",), token=self.server.token)
        self.ehr = FhirEhr(settings, transport=self.server.transport)
        self.minutes = 0.0

    @contextmanager
    def opened(self) -> Iterator[Calendar]:
        self._tell_ehr()
        free = asyncio.run(self.ehr.free(NINE, NINE + timedelta(days=1)))
        self.copies.keep(MAIN, free, NOW + timedelta(minutes=self.minutes))
        with self.store.transaction() as books:
            yield EhrCalendar(books, MAIN, TIMETABLE, self.copies)

    def starts(self, minutes: float = 0) -> list[datetime]:
        self.minutes = max(minutes, self.minutes)
        return super().starts(self.minutes)

    def hold(
        self, who: EpisodeId, starts_at: datetime, choice: int = 0, minutes: float = 0
    ) -> Booking | None:
        self.minutes = max(minutes, self.minutes)
        return super().hold(who, starts_at, choice, minutes)

    def confirm(self, booking: Booking, minutes: float = 0) -> Booking | None:
        self.minutes = max(minutes, self.minutes)
        now = NOW + timedelta(minutes=minutes)
        with self.opened() as calendar:
            assert isinstance(calendar, EhrCalendar)
            kept = calendar.keep(booking, now)
        if kept is None or not asyncio.run(self.ehr.book(kept, Guest(number=None))):
            return None
        return super().confirm(kept, minutes)

    def _tell_ehr(self) -> None:
        """What the calendar wants given back."""
        with self.store.transaction() as books:
            jobs = books.claim_jobs([CANCEL], now=NOW + timedelta(days=1), lease=HALF, limit=9)
            for job in jobs:
                books.finish_job(job)
        for job in jobs:
            asyncio.run(self.ehr.cancel(BookingId(job.ref)))

    def test_what_the_ehr_books_by_itself_is_not_open(self) -> None:
        first, second = self.starts()[:2]
        for slot in self.server.of("Slot")[:1]:
            slot["status"] = "busy"
        assert self.starts()[0] == second
        assert self.hold(ANNA, first) is None

    def test_both_sides_agree_after_a_move_and_a_cancellation(self) -> None:
        first, second = self.starts()[:2]
        held = self.hold(ANNA, first)
        assert held is not None
        assert self.confirm(held) is not None
        other = self.hold(ANNA, second, 1)
        assert other is not None
        moved = self.confirm(other, 1)
        assert moved is not None
        self.starts()
        assert self.server.busy() == [second.isoformat()]
        assert self.release(moved).state is BookingState.CANCELLED
        self.starts()
        assert self.server.busy() == []

    def test_a_copy_that_is_too_old_shows_nothing(self) -> None:
        self.starts()
        with self.store.transaction() as books:
            calendar = EhrCalendar(books, MAIN, TIMETABLE, self.copies)
            assert calendar.open_times(CHECKUP, NOW + timedelta(minutes=1)) != []
            assert calendar.open_times(CHECKUP, NOW + timedelta(minutes=3)) == []

    def test_a_hold_that_was_never_asked_for_is_not_told_to_the_ehr(self) -> None:
        held = self.hold(ANNA, self.starts()[0])
        assert held is not None
        self.release(held)
        with self.store.reading() as books:
            assert books.job(job_key(CANCEL, held.id)) is None
