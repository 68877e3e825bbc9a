"""The desk's bookings, the calendar's settings and shadow mode, in a real browser: with and without script, by keys."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from secondring.domain.phone import PhoneNumber
from secondring.domain.rules import BookingRules
from secondring.domain.staff import Role
from tests.browser.conftest import Window
from tests.support.axe import objections
from tests.support.booking import PUBLIC, TIMETABLE
from tests.support.scene import Scene, rules
from tests.support.settings import ClinicFiles
from tests.unit.web.test_calendar_settings import WITH_CALENDAR

TUESDAY = datetime(2026, 3, 3, 14, 0, tzinfo=UTC)
WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A clinic in shadow mode at which three patients have booked."""
    north, south = rules().sites
    shown = replace(
        rules(),
        sites=(replace(north, timetable=TIMETABLE, shadow=True), replace(south, shadow=True)),
        booking=BookingRules(public_url=PUBLIC),
    )
    files = ClinicFiles(then="mode: shadow\nbooking: {public_url: https://book.example}\n" + WITH_CALENDAR)
    with Scene(tmp_path, rules=shown, files=files) as opened:
        opened.user("ana", "A. Clerk", Role.FRONT_DESK)
        opened.user("max", "M. Manager", Role.MANAGER, Role.ADMIN)
        for number, after in ((1, 0), (2, 30), (3, 24 * 60)):
            who = PhoneNumber(f"+1202555015{number}")
            opened.booked(who, TUESDAY + timedelta(minutes=after), name=f"Name{number}")
        yield opened


def first(page: Page) -> Page:
    """The first booking of the list, opened."""
    page.goto("/bookings")
    page.get_by_role("link", name="Move or call off").first.click()
    return page


@pytest.mark.parametrize("script", [True, False])
def test_the_desk_moves_and_calls_off(window: Window, scene: Scene, script: bool) -> None:
    page = first(window("ana", script=script, width=390))
    expect(page.get_by_role("heading", level=1)).to_contain_text("Tuesday, March 3, 9:00 am")
    page.get_by_label("To another open time").select_option(label="Thu, Mar 5, 9:30 am")
    page.get_by_role("button", name="Move it").click()
    expect(page.get_by_text("It is moved.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Thursday, March 5, 9:30 am")
    page.get_by_role("button", name="Call it off").click()
    expect(page.get_by_text("It was cancelled.")).to_be_visible()
    page.goto("/work")
    expect(page.get_by_text("Offer another time").first).to_be_visible()


def test_by_keys_alone(window: Window, scene: Scene) -> None:
    page = window("ana")
    page.goto("/bookings")
    page.get_by_role("link", name="Move or call off").first.focus()
    page.keyboard.press("Enter")
    page.get_by_label("To another open time").focus()
    page.keyboard.type("Wed")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Move it")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("It is moved.")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_a_kind_of_visit_is_added_and_an_administrator_goes_live(
    window: Window, scene: Scene, script: bool
) -> None:
    page = window("max", script=script)
    page.goto("/settings/calendar/north")
    page.get_by_label("Patients read, in English").nth(2).fill("Blood draw")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed.")
    page.get_by_label("It takes").nth(2).fill("15m")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("in force within seconds")).to_be_visible()
    page.get_by_role("link", name="Go live").click()
    page.get_by_role("button", name="Go live: text missed callers from now on").click()
    expect(page.get_by_text("Kept. It is in force within seconds.")).to_be_visible()


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, False), (1280, True)])
def test_axe_finds_nothing_wrong_and_nothing_runs_off_the_page(
    window: Window, scene: Scene, width: int, dark: bool
) -> None:
    page = window("max", width=width, dark=dark)
    first(page)
    one = page.url
    faults = []
    for path in (
        one,
        "/bookings",
        "/bookings?days=1",
        "/bookings?from=2026-04-01",
        "/settings/calendar/north",
        "/settings/calendar/south",
        "/settings/mode",
        "/work",
        "/urgent",
        "/dashboard",
        "/health",
    ):
        page.goto(path)
        faults += objections(page)
        assert not page.evaluate(WIDE), path
    assert faults == []
