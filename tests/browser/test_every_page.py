"""Every page of staff's, from the table of routes: axe-core finds nothing, nothing runs off the page, the browser has
no complaint, and it can be read without script. A new page is among them from its first day."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from secondring.bus.memory import Ear
from secondring.domain.metrics_rows import Place
from secondring.domain.phone import PhoneNumber
from secondring.domain.staff import Role
from secondring.domain.weeks import Week
from secondring.web.changes import Changes
from secondring.web.routes import open_to_strangers, screens
from tests.browser.conftest import Window
from tests.browser.screenshots import book_online
from tests.support.addresses import NO_PAGES, PIECES, addresses
from tests.support.axe import objections, where
from tests.support.scene import NORTH, Scene
from tests.support.weeks import Pen

URGENT, LEFT = PhoneNumber("+12025550141"), PhoneNumber("+12025550142")
MONTH = timedelta(days=30)
LAST = Week.parse("2026-W09")
LOOKS = (("light", 1280), ("dark", 1280), ("light", 390))
WIDTHS = (1280, 640, 390)
"""640 px is a window of 1280 px at 200 % zoom (WCAG 2.2, 1.4.4)."""
MORE = ("/nowhere", "/conversation/E-none", "/dashboard?until=2026-W09&weeks=13", "/dashboard/rows?show=unrecovered",
        "/audit?who=ana", "/work?queue=billing")  # fmt: skip
LOG_IN = {"/log-in", "/log-in/code", "/log-in/set-up"}
PROVIDER = {"/log-in/provider", "/log-in/provider/back"}
"""Lead on to somebody else's page and back."""


@pytest.fixture
def scene(scene: Scene) -> Scene:
    """A morning, a week of figures, an urgent caller and an alarm, a first version of the settings."""
    scene.user("zoe", "Z. All", *Role)
    scene.morning()
    scene.urgent(URGENT)
    scene.urgent(LEFT, left=True)
    book_online(scene)
    Pen(scene.store, Place(NORTH, "America/New_York")).week(LAST, 84, replied=40, won=61)
    return scene


def everything(scene: Scene) -> list[str]:
    """An address of each page that somebody who has logged in may open."""
    booking = scene.read(lambda books: books.bookings(since=scene.now(), until=scene.now() + MONTH, limit=1))[
        0
    ].id
    (case, *_) = scene.read(lambda books: books.open_urgent_cases())
    rows = {"episode": scene.tasks()[0].episode, "case": case.id, "user": "P-ana", "booking": booking}
    table = screens(scene.desk(Changes(scene.store.watch, Ear())))
    paths = [
        screen.path
        for screen in table
        if screen.method == "GET" and screen.path not in NO_PAGES | PIECES and not open_to_strangers(screen)
    ]
    before = {screen.path for screen in table if screen.method == "GET" and open_to_strangers(screen)}
    assert before == LOG_IN | PROVIDER | NO_PAGES - {"/live", "/dashboard/export.csv"}, (
        "a page for strangers is new"
    )
    return [address for path in paths for address in addresses(path, rows)] + list(MORE)


def faults(page: Page) -> list[str]:
    """What axe-core objects to in each look, and what runs off the page at each width."""
    found = []
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    for scheme, width in LOOKS:
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        found += [f"{scheme} {width}: {one}" for one in objections(page)]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        found += [f"{where(page)} {width}: {wide} px too wide"] if wide > 0 else []
    return found


@pytest.mark.timeout(600)
def test_axe_finds_nothing_wrong_and_nothing_runs_off_any_page(window: Window, scene: Scene) -> None:
    page = window("zoe")
    page.goto("/settings/clinic/north")
    page.get_by_label("Name", exact=True).fill("Other Clinic")
    page.get_by_role("button", name="Keep").click()
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(f"{where(page)}: {error}"))
    page.on("console", lambda message: found.append(f"{where(page)}: {message.text}"))
    for address in everything(scene):
        page.goto(address)
        found += faults(page)
    # A page that is not there says 404, which Chromium tells too.
    assert [fault for fault in found if "404 (Not Found)" not in fault] == []


def test_axe_finds_nothing_wrong_on_the_way_in(window: Window, scene: Scene) -> None:
    scene.user("new", "N. Clerk", Role.FRONT_DESK, totp=None, totp_step=0, must_change=True)
    found = []
    for name, field in (("new", "Enter the six digits"), ("ana", "The six digits")):
        page = window()
        page.goto("/log-in")
        found += faults(page)
        page.get_by_label("Name").fill(name)
        page.get_by_label("Password").fill(scene.password)
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_label(field)).to_be_visible()
        found += faults(page)
        page.get_by_label(field).fill("000000")
        page.get_by_role("button", name="Go on").click()
        expect(page.get_by_role("alert")).to_be_visible()
        found += faults(page)
    assert found == []


def test_every_page_can_be_read_without_script(window: Window, scene: Scene) -> None:
    page = window("zoe", script=False)
    for address in everything(scene):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status in (200, 404), address
        expect(page.locator("h1").first).to_be_visible()
        assert page.locator(".scripted-only:visible").count() == 0, f"{address} shows what needs script"
