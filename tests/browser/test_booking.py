"""Booking on a phone, in Spanish, with and without scripts: what a patient sees, taps and reads."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize

from secondring.domain.booking_desk import Result
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Outcome
from secondring.domain.rules import Ask
from secondring.domain.timetable import VisitType
from tests.support.booking import CHECKUP, TIMETABLE, BookingClinic, booking_rules, booking_site
from tests.support.booking_page import served_beside, shop_of
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


@pytest.fixture
def address(clinic: BookingClinic) -> Iterator[str]:
    with served_beside(shop_of(clinic)) as url:
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

    def opens(self, path: str) -> None:
        self.page.goto(self.address + path)

    def taps(self, words: str) -> None:
        role = self.page.get_by_role("button", name=words).or_(self.page.get_by_role("link", name=words))
        role.first.click()

    def reads(self) -> str:
        return " ".join((self.page.locator("body").inner_text()).replace("\u00a0", " ").split())

    def title(self) -> str:
        return self.page.locator("h1").inner_text()


def violations(page: Page) -> list[str]:
    """What axe-core objects to on this page, rule and place."""
    found = Axe().run(page)
    return [
        f"{rule['id']}: {node['target']} {node['html'][:120]}"
        for rule in found.response["violations"]
        for node in rule["nodes"]
    ]


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no-scripts"])
def test_booking_on_a_phone_in_spanish(
    clinic: BookingClinic, chromium: Browser, address: str, scripts: bool
) -> None:
    token = clinic.asks_to_book(word="CITA")
    context = chromium.new_context(viewport=PHONE, java_script_enabled=scripts, locale="es-US")
    ana = Patient(context.new_page(), address)

    ana.opens(f"/b/{token}")
    assert ana.title() == "¿Para qué es su cita?"
    assert "Northside Clinic" in ana.reads()
    assert "(202) 555-0100" in ana.reads()
    ana.taps("Consulta")
    assert ana.title() == "Elija una hora"
    assert ana.page.locator(".soonest button").count() == 3
    ana.taps("Miércoles 4 de marzo")
    ana.taps("10:30 a. m.")

    assert ana.title() == "¿Es correcto?"
    for words in ("Miércoles 4 de marzo a las 10:30 a. m.", "12 Maple Street", "hasta las 10:10 a. m."):
        assert words in ana.reads()
    assert clinic.episode.is_open
    ana.page.get_by_label("Nombre").fill("Ana")
    ana.page.get_by_label("Fecha de nacimiento").fill("27/4/1980")
    ana.taps("Sí, reservar")
    assert ana.title() == "Su cita está reservada"
    assert clinic.episode.outcome is Outcome.BOOKED
    assert [text.template for text in clinic.send_due()] == ["booked"]

    ana.page.reload()
    assert ana.title() == "Su cita está reservada"
    with ana.page.expect_download() as waiting:
        ana.taps("Agregar a mi calendario")
    assert waiting.value.suggested_filename == "visit.ics"

    ana.taps("Cambiar la hora")
    assert "Su cita es el miércoles 4 de marzo" in ana.reads()
    ana.page.locator(".soonest button").first.click()
    ana.page.get_by_label("Nombre").fill("Ana")
    ana.taps("Sí, reservar")
    assert "Martes 3 de marzo a las 9:00 a. m." in ana.reads()
    booked = clinic.there(token).booked
    assert booked is not None
    assert booked.starts_at == TUESDAY_NINE

    ana.taps("Anular la cita")
    ana.taps("Sí, anular")
    assert ana.title() == "Su cita está anulada"
    assert clinic.there(token).booked is None
    assert (ana.elsewhere, ana.complaints) == ([], [])
    context.close()


def test_a_form_without_a_name_says_so(clinic: BookingClinic, chromium: Browser, address: str) -> None:
    token = clinic.asks_to_book()
    clinic.holds(token, TUESDAY_NINE)
    ana = Patient(chromium.new_page(viewport=PHONE), address)
    ana.opens(f"/b/{token}")
    ana.page.get_by_label("First name").fill("   ")
    ana.taps("Yes, book it")
    assert "Please write your first name" in ana.reads()
    assert violations(ana.page) == []


def test_call_me_instead(clinic: BookingClinic, chromium: Browser, address: str) -> None:
    token = clinic.asks_to_book(word="CITA")
    ana = Patient(chromium.new_page(viewport=PHONE), address)
    ana.opens(f"/b/{token}")
    ana.taps("Prefiero que me llamen")
    assert ana.title() == "Le vamos a llamar"
    assert clinic.task.title.startswith("Call them")


def test_the_keyboard_is_enough(clinic: BookingClinic, chromium: Browser, address: str) -> None:
    token = clinic.asks_to_book()
    ana = Patient(chromium.new_page(viewport=DESK), address)
    ana.opens(f"/b/{token}/times?visit=checkup")
    for _ in range(20):
        ana.page.keyboard.press("Tab")
        if ana.page.evaluate("document.activeElement.name") == "time":
            break
    ana.page.keyboard.press("Enter")
    ana.page.wait_for_selector("#first_name")
    ana.page.focus("#first_name")
    ana.page.keyboard.type("Ana")
    ana.page.keyboard.press("Enter")
    ana.page.wait_for_selector("text=You are booked")


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
def test_axe_finds_nothing_on_any_page(
    clinic: BookingClinic, chromium: Browser, address: str, dark: bool
) -> None:
    context = chromium.new_context(viewport=PHONE, color_scheme="dark" if dark else "light")
    ana = Patient(context.new_page(), address)
    for name, path in pages_of(clinic).items():
        for language in ("en", "es"):
            ana.opens(f"{path}{'&' if '?' in path else '?'}lang={language}")
            assert violations(ana.page) == [], (name, language)
    context.close()


SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
SMALL = """least => [...document.querySelectorAll('a, button, input:not([type=hidden])')]
    .map(element => [element.getBoundingClientRect(), element.outerHTML.slice(0, 80)])
    .filter(([box]) => box.height < least || box.width < least)
    .map(([box, html]) => `${box.width}x${box.height} ${html}`)"""


@pytest.mark.parametrize("viewport", [NARROWEST, PHONE, DESK], ids=["320", "390", "1280"])
def test_every_page_fits_and_every_target_is_large_enough(
    clinic: BookingClinic, chromium: Browser, address: str, viewport: ViewportSize
) -> None:
    context = chromium.new_context(viewport=viewport)
    ana = Patient(context.new_page(), address)
    for name, path in pages_of(clinic).items():
        for language in ("en", "es"):
            ana.opens(f"{path}{'&' if '?' in path else '?'}lang={language}")
            assert ana.page.evaluate(SIDEWAYS) is False, (name, language)
            assert ana.page.evaluate(SMALL, TARGET) == [], (name, language)
    context.close()
