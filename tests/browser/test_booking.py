"""Booking on a phone, in Spanish, with and without scripts: what a patient sees, taps and reads."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize

from secondring.domain.booking_desk import Result
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Outcome
from secondring.domain.rules import Ask
from secondring.domain.timetable import VisitType
from tests.browser.conftest import violations
from tests.support.booking import CHECKUP, TIMETABLE, BookingClinic, booking_rules, booking_site
from tests.support.booking_page import served, shop_of
from tests.support.clinic import BEN

PHONE = ViewportSize(width=390, height=844)
DESK = ViewportSize(width=1280, height=900)
NARROWEST = ViewportSize(width=320, height=640)
"""WCAG 2.2, 1.4.10: a page of 1280 px at 400 % zoom."""
TARGET = 44
CARL = PhoneNumber("+12025550125")
NEW = VisitType(id="new", names={"en": "First visit", "es": "Primera visita"}, length=timedelta(minutes=60))
TUESDAY_NINE = datetime(2026, 3, 3, 14, 0, tzinfo=UTC)


@pytest.fixture
def clinic() -> BookingClinic:
    two = replace(TIMETABLE, visits=(CHECKUP, NEW))
    return BookingClinic(
        rules=booking_rules(booking_site(timetable=two), ask_name=Ask.REQUIRED, ask_birth_date=Ask.OPTIONAL)
    )


@pytest_asyncio.fixture
async def address(clinic: BookingClinic) -> AsyncIterator[str]:
    async with served(shop_of(clinic)) as url:
        yield url


class Patient:
    """Someone with a phone, who also keeps an eye on what the page does behind their back."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.elsewhere: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self._note(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))

    def _note(self, url: str) -> None:
        if urlsplit(url).netloc != urlsplit(self.address).netloc:
            self.elsewhere.append(url)

    async def opens(self, path: str) -> None:
        await self.page.goto(self.address + path)

    async def taps(self, words: str) -> None:
        role = self.page.get_by_role("button", name=words).or_(self.page.get_by_role("link", name=words))
        await role.first.click()

    async def reads(self) -> str:
        return " ".join((await self.page.locator("body").inner_text()).replace("\u00a0", " ").split())

    async def title(self) -> str:
        return await self.page.locator("h1").inner_text()


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
async def test_booking_on_a_phone_in_spanish(
    clinic: BookingClinic, browser: Browser, address: str, scripts: bool
) -> None:
    token = clinic.asks_to_book(word="CITA")
    context = await browser.new_context(viewport=PHONE, java_script_enabled=scripts, locale="es-US")
    ana = Patient(await context.new_page(), address)

    await ana.opens(f"/b/{token}")
    assert await ana.title() == "¿Para qué es su cita?"
    assert "Northside Clinic" in await ana.reads()
    assert "(202) 555-0100" in await ana.reads()
    await ana.taps("Consulta")
    assert await ana.title() == "Elija una hora"
    assert await ana.page.locator(".soonest button").count() == 3
    await ana.taps("Miércoles 4 de marzo")
    await ana.taps("10:30 a. m.")

    assert await ana.title() == "¿Es correcto?"
    for words in ("Miércoles 4 de marzo a las 10:30 a. m.", "12 Maple Street", "hasta las 10:10 a. m."):
        assert words in await ana.reads()
    assert clinic.episode.is_open
    await ana.page.get_by_label("Nombre").fill("Ana")
    await ana.page.get_by_label("Fecha de nacimiento").fill("27/4/1980")
    await ana.taps("Sí, reservar")
    assert await ana.title() == "Su cita está reservada"
    assert clinic.episode.outcome is Outcome.BOOKED
    assert [text.template for text in clinic.send_due()] == ["booked"]

    await ana.page.reload()
    assert await ana.title() == "Su cita está reservada"
    async with ana.page.expect_download() as waiting:
        await ana.taps("Agregar a mi calendario")
    assert (await waiting.value).suggested_filename == "visit.ics"

    await ana.taps("Cambiar la hora")
    assert "Su cita es el miércoles 4 de marzo" in await ana.reads()
    await ana.page.locator(".soonest button").first.click()
    await ana.page.get_by_label("Nombre").fill("Ana")
    await ana.taps("Sí, reservar")
    assert "Martes 3 de marzo a las 9:00 a. m." in await ana.reads()
    booked = clinic.there(token).booked
    assert booked is not None
    assert booked.starts_at == TUESDAY_NINE

    await ana.taps("Anular la cita")
    await ana.taps("Sí, anular")
    assert await ana.title() == "Su cita está anulada"
    assert clinic.there(token).booked is None
    assert (ana.elsewhere, ana.complaints) == ([], [])
    await context.close()


async def test_a_form_without_a_name_says_so(clinic: BookingClinic, browser: Browser, address: str) -> None:
    token = clinic.asks_to_book()
    clinic.holds(token, TUESDAY_NINE)
    ana = Patient(await browser.new_page(viewport=PHONE), address)
    await ana.opens(f"/b/{token}")
    await ana.page.get_by_label("First name").fill("   ")
    await ana.taps("Yes, book it")
    assert "Please write your first name" in await ana.reads()
    assert await violations(ana.page) == []


async def test_call_me_instead(clinic: BookingClinic, browser: Browser, address: str) -> None:
    token = clinic.asks_to_book(word="CITA")
    ana = Patient(await browser.new_page(viewport=PHONE), address)
    await ana.opens(f"/b/{token}")
    await ana.taps("Prefiero que me llamen")
    assert await ana.title() == "Le vamos a llamar"
    assert clinic.task.title.startswith("Call them")


async def test_the_keyboard_is_enough(clinic: BookingClinic, browser: Browser, address: str) -> None:
    token = clinic.asks_to_book()
    ana = Patient(await browser.new_page(viewport=DESK), address)
    await ana.opens(f"/b/{token}/times?visit=checkup")
    for _ in range(20):
        await ana.page.keyboard.press("Tab")
        if await ana.page.evaluate("document.activeElement.name") == "time":
            break
    await ana.page.keyboard.press("Enter")
    await ana.page.wait_for_selector("#first_name")
    await ana.page.focus("#first_name")
    await ana.page.keyboard.type("Ana")
    await ana.page.keyboard.press("Enter")
    await ana.page.wait_for_selector("text=You are booked")


def pages_of(clinic: BookingClinic) -> dict[str, str]:
    """Every page there is, by what it is; three callers are at three points of the way."""
    looking = clinic.asks_to_book()
    holding = clinic.asks_to_book(BEN)
    booked = clinic.asks_to_book(CARL)
    assert clinic.holds(holding, TUESDAY_NINE) is Result.DONE
    clinic.holds(booked, TUESDAY_NINE + timedelta(days=1))
    assert clinic.confirms(booked, name="Carl") is Result.DONE
    return {
        "visits": f"/b/{looking}",
        "pick": f"/b/{looking}/times?visit=checkup&note=taken",
        "day": f"/b/{looking}/times?visit=checkup&day=2026-03-04",
        "empty day": f"/b/{looking}/times?visit=checkup&day=2026-03-07",
        "confirm": f"/b/{holding}",
        "booked": f"/b/{booked}",
        "move": f"/b/{booked}/times?visit=checkup",
        "cancel": f"/b/{booked}/cancel",
        "gone": "/b/none",
    }


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_axe_finds_nothing_on_any_page(
    clinic: BookingClinic, browser: Browser, address: str, dark: bool
) -> None:
    context = await browser.new_context(viewport=PHONE, color_scheme="dark" if dark else "light")
    ana = Patient(await context.new_page(), address)
    for name, path in pages_of(clinic).items():
        for language in ("en", "es"):
            await ana.opens(f"{path}{'&' if '?' in path else '?'}lang={language}")
            assert await violations(ana.page) == [], (name, language)
    await context.close()


SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SMALL = """least => [...document.querySelectorAll('a, button, input:not([type=hidden])')]
    .map(element => [element.getBoundingClientRect(), element.outerHTML.slice(0, 80)])
    .filter(([box]) => box.height < least || box.width < least)
    .map(([box, html]) => `${box.width}x${box.height} ${html}`)"""


@pytest.mark.parametrize("viewport", [NARROWEST, PHONE, DESK], ids=["320", "390", "1280"])
async def test_every_page_fits_and_every_target_is_large_enough(
    clinic: BookingClinic, browser: Browser, address: str, viewport: ViewportSize
) -> None:
    context = await browser.new_context(viewport=viewport)
    ana = Patient(await context.new_page(), address)
    for name, path in pages_of(clinic).items():
        for language in ("en", "es"):
            await ana.opens(f"{path}{'&' if '?' in path else '?'}lang={language}")
            assert await ana.page.evaluate(SIDEWAYS) is False, (name, language)
            assert await ana.page.evaluate(SMALL, TARGET) == [], (name, language)
    await context.close()
