"""The embedded calendar keeps the contract of calendars, on every kind of store."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time, timedelta

import pytest

from secondring.domain.booking_ports import Calendar
from secondring.domain.own_calendar import OwnCalendar
from secondring.domain.ports import Store
from secondring.domain.timetable import Timetable, VisitType
from tests.support.books import MAIN, NOW, an_episode
from tests.unit.domain.calendar_contract import ANNA, BEN, CalendarContract

CHECKUP = VisitType(id="checkup", names={"en": "Check-up"}, length=timedelta(minutes=30))
TIMETABLE = Timetable(
    zone="America/New_York", week=dict.fromkeys(range(7), ((time(9), time(12)),)), visits=(CHECKUP,)
)


class TestOwnCalendar(CalendarContract):
    now = NOW
    site = MAIN
    visit = CHECKUP

    @pytest.fixture(autouse=True)
    def _books(self, store: Store) -> None:
        self.store = store
        with store.transaction() as books:
            books.save_episode(an_episode(1, id=ANNA))
            books.save_episode(an_episode(2, id=BEN))

    @contextmanager
    def opened(self) -> Iterator[Calendar]:
        with self.store.transaction() as books:
            yield OwnCalendar(books, MAIN, TIMETABLE)
