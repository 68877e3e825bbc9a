"""What patients booked, for the desk: seen masked, shown whole when asked, moved, called off; each role, each site."""

from dataclasses import replace
from datetime import datetime
from functools import cached_property
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from secondring.domain.booking import Booking, BookingId, BookingState
from secondring.domain.booking_desk import Person
from secondring.domain.ids import SiteId
from secondring.domain.records import TaskState
from secondring.domain.rules import BookingRules, Rules
from secondring.domain.staff import Role
from secondring.web.menu import BOOKERS
from secondring.web.routes import screens
from secondring.web.screens import Screen
from tests.support.booking import PUBLIC, BookingClinic, booking_site
from tests.support.clinic import ANNA, BEN, CLINIC, some_rules
from tests.support.pages import Browser, Pages, text_of

SOUTH = booking_site(
    id=SiteId("south"), name="Southside Clinic", dids=(replace(CLINIC, e164="+12025550180"),)
)


def with_calendars() -> Rules:
    return some_rules(sites=(booking_site(), SOUTH), booking=BookingRules(public_url=PUBLIC))


class Booked(Pages):
    """Pages of two sites at which patients book themselves."""

    @cached_property
    def clinic(self) -> BookingClinic:
        return BookingClinic(rules=self.rules, store=self.store, now=self.now)

    def books(self, who: str = "Anna", did: str = "2025550100", nth: int = 0) -> Booking:
        clinic = self.clinic
        caller = ANNA if who == "Anna" else BEN
        clinic.misses(caller, did=did)
        clinic.wait(seconds=10).send_due()
        clinic.writes("BOOK", caller, to=replace(CLINIC, e164=f"+1{did}"))
        clinic.send_due()
        token = clinic.token(clinic.on_phones[-1])
        clinic.holds(token, clinic.times(token)[nth])
        visitor = clinic.there(token)
        assert visitor.held is not None
        with self.store.transaction() as books:
            person = Person(first_name=who)
            clinic.booking.confirm(books, visitor, visitor.held.id, person, clinic.now)
        booked = clinic.there(token).booked
        assert booked is not None
        return booked

    def saved_booking(self, booking: Booking) -> Booking:
        with self.store.reading() as books:
            found = books.booking(booking.id)
        assert found is not None
        return found

    def open_times(self, booking: Booking) -> list[datetime]:
        with self.store.reading() as books:
            return [slot.starts_at for slot in self.desk.bookings.open_times(books, booking, self.now)]


@pytest.fixture
def pages() -> Booked:
    return Booked(rules=with_calendars())


async def desk_of(pages: Pages) -> Browser:
    return await pages.signed_in("fay", Role.FRONT_DESK)


async def test_a_week_at_a_glance_with_masked_numbers_each_written_down_once(pages: Booked) -> None:
    pages.books()
    browser = await desk_of(pages)
    page = await browser.get("/bookings")
    said = text_of(page)
    assert "Monday, March 2" not in said
    assert "Tuesday, March 3" in said
    assert "9:00 am – 9:30 am Check-up" in said
    assert "0123" not in text_of(page)
    assert "Anna" not in page.text
    await browser.get("/bookings")
    assert [entry.what for entry in pages.audit("view") if entry.what == "bookings"] == ["bookings"]


async def test_days_are_paged_and_a_date_that_is_none_is_today(pages: Booked) -> None:
    pages.books()
    browser = await desk_of(pages)
    assert "Nobody has booked for these days" in text_of(await browser.get("/bookings?from=2026-03-04"))
    assert "Check-up" in text_of(await browser.get("/bookings?from=2026-03-03&days=1"))
    assert "Nobody has booked for this day" in text_of(await browser.get("/bookings?from=2026-03-04&days=1"))
    for strange in ("nonsense", "0001-01-01", "9999-12-31"):
        assert "Check-up" in text_of(await browser.get(f"/bookings?from={strange}"))


async def test_the_desk_moves_a_booking_to_an_open_time(pages: Booked) -> None:
    booking = pages.books()
    browser = await desk_of(pages)
    page = await browser.get(f"/bookings/{booking.id}")
    assert "They are told by text" in text_of(page)
    to = pages.open_times(booking)[2]
    assert f'value="{to.astimezone(ZoneInfo("America/New_York")).isoformat()}"' in page.text
    answer = await browser.post(f"/bookings/{booking.id}/move", {"to": to.isoformat()})
    assert answer.status_code == 303
    assert "It is moved." in text_of(await browser.get(answer.headers["location"]))
    assert pages.saved_booking(booking).state is BookingState.MOVED
    moved = pages.saved_booking(replace(booking, id=BookingId(answer.headers["location"].rpartition("/")[2])))
    assert (moved.starts_at, moved.state, moved.first_name) == (to, BookingState.CONFIRMED, "Anna")
    (entry,) = [entry for entry in pages.audit("change") if "booking" in entry.what]
    assert (entry.what, entry.about, entry.site) == ("moved a booking", booking.episode, "north")
    listed = text_of(await browser.get("/bookings?all=yes"))
    assert "moved to another time" in listed


async def test_a_time_that_is_gone_is_said_and_nothing_changes(pages: Booked) -> None:
    first, second = pages.books(), pages.books("Ben")
    browser = await desk_of(pages)
    answer = await browser.post(f"/bookings/{second.id}/move", {"to": first.starts_at.isoformat()})
    assert answer.status_code == 409
    assert "not open any more" in text_of(answer)
    assert pages.saved_booking(second) == second


@pytest.mark.parametrize("to", ["", "soon", "2026-03-03T09:00:00", "9" * 400])
async def test_what_is_no_time_is_refused(pages: Booked, to: str) -> None:
    booking = pages.books()
    browser = await desk_of(pages)
    assert (await browser.post(f"/bookings/{booking.id}/move", {"to": to})).status_code == 400
    assert pages.saved_booking(booking) == booking


async def test_the_desk_calls_a_booking_off_and_gets_a_task(pages: Booked) -> None:
    booking = pages.books()
    browser = await desk_of(pages)
    assert (await browser.post(f"/bookings/{booking.id}/off")).status_code == 303
    assert pages.saved_booking(booking).state is BookingState.CANCELLED
    with pages.store.reading() as books:
        (task,) = [task for task in books.tasks() if task.state is not TaskState.DONE]
    assert task.title.startswith("Offer another time")
    page = text_of(await browser.get(f"/bookings/{booking.id}"))
    assert "It was cancelled." in page
    assert (await browser.post(f"/bookings/{booking.id}/off")).status_code == 409


async def test_whoever_does_not_call_patients_is_shown_who_by_a_click_that_is_written_down() -> None:
    pages = Booked(rules=with_calendars())
    booking = pages.books()
    browser = await pages.signed_in("max", Role.MANAGER)
    path = f"/bookings/{booking.id}"
    hidden = await browser.get(path)
    assert "0123" not in text_of(hidden)
    assert "Anna" not in hidden.text
    assert (await browser.post(f"{path}/reveal")).status_code == 303
    shown = await browser.get(path)
    assert "(202) 555-0123" in shown.text
    assert "Anna" in shown.text
    (entry,) = pages.audit("reveal")
    assert (entry.shown, entry.about) == ("Max A.", booking.episode)
    pages.wait(minutes=6)
    assert "0123" not in text_of(await browser.get(path))


async def test_what_has_begun_is_not_touched_any_more(pages: Booked) -> None:
    booking = pages.books()
    pages.wait(days=2)
    browser = await desk_of(pages)
    assert "nothing can be changed" in text_of(await browser.get(f"/bookings/{booking.id}"))
    assert (await browser.post(f"/bookings/{booking.id}/off")).status_code == 409


async def test_with_no_page_and_no_calendar_it_says_what_is_missing() -> None:
    browser = await desk_of(Pages())
    assert "the booking page is off" in text_of(await browser.get("/bookings"))
    rules = some_rules(booking=BookingRules(public_url=PUBLIC))
    manager = await Pages(rules=rules).signed_in("max", Role.MANAGER)
    page = await manager.get("/bookings")
    assert "No site has a calendar yet" in text_of(page)
    assert 'href="/settings/calendar/north"' in page.text


OF_A_BOOKING = [screen for screen in screens(Pages().desk) if "{booking}" in screen.path]


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("screen", OF_A_BOOKING, ids=lambda screen: screen.name)
@pytest.mark.parametrize("did", ["2025550100", "2025550180"])
async def test_own_and_foreign_bookings(screen: Screen, role: Role, did: str) -> None:
    pages = Booked(rules=with_calendars())
    booking = pages.books(did=did)
    browser = await pages.signed_in("somebody", role)
    path = screen.path.replace("{booking}", booking.id)
    to = pages.open_times(booking)[1].isoformat()
    answer = await (browser.get(path) if screen.method == "GET" else browser.post(path, {"to": to}))
    if role not in BOOKERS:
        assert answer.status_code == 403
    elif did == "2025550180":
        assert answer.status_code == 404
        assert "0123" not in text_of(answer)
    else:
        assert answer.status_code in (200, 303)
    if answer.status_code in (403, 404):
        assert pages.saved_booking(booking) == booking
    listed = await browser.get("/bookings")
    assert (listed.status_code == 403) is (role not in BOOKERS)
    assert "Southside" not in listed.text


@pytest.mark.parametrize("name", ["B-none", "' OR 1=1 --", "../..", "9" * 200])
async def test_a_booking_that_is_none_is_not_there(pages: Booked, name: str) -> None:
    browser = await desk_of(pages)
    for ask in (browser.get, browser.post):
        path = f"/bookings/{quote(name, safe='')}" + ("" if ask == browser.get else "/off")
        assert (await ask(path)).status_code in (404, 405)
