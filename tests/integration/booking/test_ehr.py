"""Patients book on our page in the calendar of an EHR: what it is told, and what they are told while it is silent."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import httpx
import pytest

from secondring.booking_web.app import application
from secondring.domain.booking import BookingState
from secondring.domain.booking_desk import BookingDesk
from secondring.domain.booking_link import Links
from secondring.domain.calendars import calendars
from secondring.domain.ehr import Copies
from secondring.domain.ehr_booking import PAUSES, EhrBooking
from secondring.domain.ids import SiteId
from secondring.domain.records import Outcome
from secondring.domain.rules import Rules
from secondring.ehr.asking import Asking
from secondring.ehr.fhir import FhirEhr, FhirSettings
from tests.support.booking import TIMETABLE, BookingClinic, Tokens, booking_rules, booking_site
from tests.support.booking_page import shop_of
from tests.support.clinic import ANNA, BEN, PlainWording
from tests.support.fhir_server import BASE, FhirServer

TUESDAY = BookingClinic().now.replace(hour=14) + timedelta(days=1)
BROWSER = {"user-agent": "Mozilla/5.0", "sec-fetch-site": "same-origin"}
AWAY = "We cannot see the open times now"


@dataclass
class Clinic(BookingClinic):
    """A clinic whose appointments are an EHR's."""

    rules: Rules = field(
        default_factory=lambda: booking_rules(booking_site(timetable=replace(TIMETABLE, elsewhere=True)))
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        self.server = FhirServer(page=100)
        self.server.add_slots(TUESDAY, 4, length=timedelta(minutes=30))
        settings = FhirSettings(url=BASE, schedules=("Schedule/1",), token=self.server.token)
        copies = Copies()
        self.booking = BookingDesk(self.rules, PlainWording(), calendars(copies))
        shop = shop_of(self)
        self.asking = Asking(
            {SiteId("north"): FhirEhr(settings, transport=self.server.transport)},
            EhrBooking(self.rules, PlainWording(), Links(self.rules, Tokens(made=500)), copies),
            shop.in_store,
            clock=lambda: self.now,
            ring=shop.ring,
        )
        self.page = application(replace(shop, elsewhere=self.asking))

    async def work(self, times: int = 1, **wait: float) -> None:
        """The jobs that are due after a while."""
        for _ in range(times):
            self.wait(**wait)
            await self.asking.round()


@pytest.fixture
def clinic() -> Clinic:
    return Clinic()


@pytest.fixture
async def web(clinic: Clinic) -> AsyncIterator[Callable[..., httpx.AsyncClient]]:
    opened = []

    def browser() -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=clinic.page)
        opened.append(
            httpx.AsyncClient(
                transport=transport, base_url="http://test", headers=BROWSER, follow_redirects=True
            )
        )
        return opened[-1]

    yield browser
    for one in opened:
        await one.aclose()


async def choose(browser: httpx.AsyncClient, token: str, nth: int = 0) -> httpx.Response:
    """Look at the times and tap on one of them."""
    page = await browser.get(f"/b/{token}")
    times = re.findall(r'name="time" value="(\d+)"', page.text)
    return await browser.post(f"/b/{token}/hold", data={"visit": "checkup", "time": times[nth]})


async def confirm(browser: httpx.AsyncClient, token: str, page: httpx.Response) -> httpx.Response:
    found = re.search(r'name="booking" value="([^"]+)"', page.text)
    assert found is not None, page.text
    return await browser.post(f"/b/{token}/confirm", data={"booking": found[1]})


Web = Callable[[], httpx.AsyncClient]


async def test_a_time_of_the_ehrs_is_booked_there_and_here(clinic: Clinic, web: Web) -> None:
    token, browser = clinic.asks_to_book(), web()
    held = await choose(browser, token)
    assert clinic.server.busy() == []
    done = await confirm(browser, token, held)
    assert "You are booked" in done.text
    assert clinic.server.busy() == [TUESDAY.isoformat()]
    assert clinic.episode.outcome is Outcome.BOOKED
    assert [text.template for text in clinic.send_due()] == ["booked"]
    assert clinic.tasks == []
    await clinic.work(minutes=5)
    assert len(clinic.server.of("Appointment")) == 1


async def test_what_the_clinic_books_in_the_ehr_meanwhile_is_taken(clinic: Clinic, web: Web) -> None:
    token, browser = clinic.asks_to_book(), web()
    held = await choose(browser, token)
    (slot, *_) = clinic.server.of("Slot")
    slot["status"] = "busy"
    gone = await confirm(browser, token, held)
    assert "Someone else was faster" in gone.text
    assert clinic.server.of("Appointment") == []
    clinic.wait(minutes=1)
    again = await confirm(browser, token, await choose(browser, token))
    assert "You are booked" in again.text


async def test_while_the_ehr_is_silent_they_can_ask_for_a_call(clinic: Clinic, web: Web) -> None:
    token, browser = clinic.asks_to_book(), web()
    clinic.server.silent = True
    page = await browser.get(f"/b/{token}")
    assert page.status_code == 503
    assert AWAY in page.text
    assert "Call me instead" in page.text
    assert clinic.tasks == []
    await browser.post(f"/b/{token}/call-me")
    assert clinic.task.title.startswith("Call them")


@pytest.mark.parametrize(
    ("fates", "already"), [(["down"], 0), (["lost"], 0), (["503"], 0), (["", "lost"], 1), (["", "down"], 0)]
)
async def test_an_ehr_that_falls_silent_while_booking_loses_nothing(
    clinic: Clinic, web: Web, fates: list[str], already: int
) -> None:
    token, browser = clinic.asks_to_book(), web()
    held = await choose(browser, token)
    clinic.server.fail = list(fates)
    told = await confirm(browser, token, held)
    assert "We will call you" in told.text
    assert "could not finish" in told.text
    assert clinic.task.title.startswith("Call them")
    assert clinic.episode.is_open
    assert len(clinic.server.of("Appointment")) == already
    await clinic.work(minutes=3)
    assert len(clinic.server.of("Appointment")) == 1
    assert clinic.episode.outcome is Outcome.BOOKED
    assert clinic.tasks == []
    (text,) = clinic.send_due()
    assert text.template == "booked"
    assert clinic.there(clinic.token(text)).booked is not None


async def test_when_the_time_is_gone_by_then_a_person_offers_another(clinic: Clinic, web: Web) -> None:
    token, browser = clinic.asks_to_book(), web()
    held = await choose(browser, token)
    clinic.server.fail = ["down"]
    await confirm(browser, token, held)
    for slot in clinic.server.of("Slot"):
        slot["status"] = "busy"
    await clinic.work(minutes=3)
    assert "Offer another time" in clinic.task.title
    (booking,) = clinic.bookings(clinic.episode)
    assert not booking.stands
    assert clinic.episode.is_open


async def test_whoever_chose_again_keeps_what_they_chose_last(clinic: Clinic, web: Web) -> None:
    token, browser = clinic.asks_to_book(), web()
    held = await choose(browser, token)
    clinic.server.fail = ["", "lost"]
    await confirm(browser, token, held)
    clinic.wait(minutes=15)
    done = await confirm(browser, token, await choose(browser, token, nth=1))
    assert "You are booked" in done.text
    last = clinic.there(token).booked
    await clinic.work(3, minutes=3)
    assert clinic.there(token).booked == last
    assert [one["status"] for one in clinic.server.of("Appointment")] == ["cancelled", "booked"]
    assert len(clinic.server.busy()) == 1


async def test_an_ehr_that_stays_silent_ends_with_a_person(clinic: Clinic, web: Web) -> None:
    token, browser = clinic.asks_to_book(), web()
    held = await choose(browser, token)
    clinic.server.silent = True
    await confirm(browser, token, held)
    await clinic.work(len(PAUSES) + 1, hours=9)
    assert "Book the time they chose" in clinic.task.title
    clinic.server.silent = False
    await clinic.work(3, hours=9)
    assert clinic.server.of("Appointment") == []


async def test_cancelling_is_told_to_the_ehr_when_it_can_be_asked(clinic: Clinic, web: Web) -> None:
    token, browser = clinic.asks_to_book(), web()
    await confirm(browser, token, await choose(browser, token))
    booked = clinic.there(token).booked
    assert booked is not None
    clinic.server.silent = True
    gone = await browser.post(f"/b/{token}/cancel", data={"booking": booked.id})
    assert "cancelled" in gone.text
    await clinic.work()
    assert clinic.server.busy() == [TUESDAY.isoformat()]
    clinic.server.silent = False
    await clinic.work(minutes=2)
    assert clinic.server.busy() == []


async def test_a_new_time_gives_the_old_one_back_in_the_ehr(clinic: Clinic, web: Web) -> None:
    token, browser = clinic.asks_to_book(), web()
    await confirm(browser, token, await choose(browser, token))
    clinic.wait(minutes=1)
    page = await browser.get(f"/b/{token}/times")
    later = re.findall(r'name="time" value="(\d+)"', page.text)[1]
    held = await browser.post(f"/b/{token}/hold", data={"visit": "checkup", "time": later})
    await confirm(browser, token, held)
    await clinic.work()
    assert [one["status"] for one in clinic.server.of("Appointment")] == ["cancelled", "booked"]
    assert len(clinic.server.busy()) == 1
    states = [one.state for one in clinic.bookings(clinic.episode)]
    assert states == [BookingState.MOVED, BookingState.CONFIRMED]


async def test_two_patients_and_one_time(clinic: Clinic, web: Web) -> None:
    annas, bens = clinic.asks_to_book(ANNA), clinic.asks_to_book(BEN)
    first, second = web(), web()
    assert "Is this right" in (await choose(first, annas)).text
    page = await second.get(f"/b/{bens}")
    times = re.findall(r'name="time" value="(\d+)"', page.text)
    assert str(int(TUESDAY.timestamp())) not in times
    held = await second.post(
        f"/b/{bens}/hold", data={"visit": "checkup", "time": str(int(TUESDAY.timestamp()))}
    )
    assert "Someone else was faster" in held.text


async def test_a_look_asks_the_ehr_once_in_a_while_and_changes_nothing(clinic: Clinic, web: Web) -> None:
    token, browser = clinic.asks_to_book(), web()
    for _ in range(5):
        await browser.get(f"/b/{token}")
    assert clinic.server.asked == ["GET /fhir/R4/Slot"]
    clinic.wait(minutes=1)
    await browser.get(f"/b/{token}")
    assert len(clinic.server.asked) == 2


async def test_staff_see_how_the_ehr_is(clinic: Clinic, web: Web) -> None:
    (unknown,) = clinic.asking.findings()
    assert unknown.words == "not asked since the start"
    token, browser = clinic.asks_to_book(), web()
    await browser.get(f"/b/{token}")
    assert clinic.asking.findings()[0].state == "ok"
    clinic.server.silent = True
    clinic.wait(minutes=1)
    await browser.get(f"/b/{token}")
    assert clinic.asking.findings()[0].state == "bad"
