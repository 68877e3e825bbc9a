"""The demo's patient at the real booking page: what the demo shows is really booked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from lab.visitor import book_first_time
from secondring.domain.booking import BookingState
from secondring.domain.timetable import VisitType
from tests.support.booking import TIMETABLE, BookingClinic, booking_rules, booking_site
from tests.support.booking_page import served_beside, shop_of

SHOT = VisitType(id="shot", names={"en": "Flu shot"}, length=timedelta(minutes=15))


@pytest.mark.parametrize("kinds", [1, 2])
def test_the_first_time_there_is_gets_booked(kinds: int) -> None:
    table = replace(TIMETABLE, visits=(*TIMETABLE.visits, SHOT)[:kinds])
    clinic = BookingClinic(rules=booking_rules(booking_site(timetable=table)))
    token = clinic.asks_to_book()
    with served_beside(shop_of(clinic)) as address:
        when = book_first_time(f"{address}/b/{token}", first_name="Ben")
    booked = clinic.there(token).booked
    assert booked is not None
    assert (booked.state, booked.visit) == (BookingState.CONFIRMED, "checkup")
    assert "9:00" in when
