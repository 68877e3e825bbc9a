"""Draws the pictures of docs/images: `python -m tests.browser.screenshots [FOLDER]`."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from secondring.domain.metrics_rows import Place
from secondring.domain.phone import PhoneNumber
from secondring.domain.rules import BookingRules
from secondring.domain.staff import Role
from secondring.domain.weeks import Week
from tests.browser.conftest import CHROMIUM, sign_in
from tests.support.booking import PUBLIC, TIMETABLE
from tests.support.clinic import MONDAY_TEN
from tests.support.scene import NORTH, Scene
from tests.support.weeks import Pen

IMAGES = Path(__file__).parents[2] / "docs" / "images"
WIDE, PHONE = (1280, 800), (390, 844)


@contextmanager
def window(
    browser: Browser, scene: Scene, name: str, size: tuple[int, int], *, dark: bool = False
) -> Iterator[Page]:
    """A window of somebody who has signed in."""
    context = browser.new_context(
        base_url=scene.address,
        viewport={"width": size[0], "height": size[1]},
        reduced_motion="reduce",
        color_scheme="dark" if dark else "light",
    )
    page = context.new_page()
    sign_in(page, scene, name)
    yield page
    context.close()


def figures(scene: Scene) -> None:
    """A quarter of a year, a little better each week."""
    pen = Pen(scene.store, Place(NORTH, "America/New_York"), written=10_000)
    last = Week.parse("2026-W09")
    for back in range(12, -1, -1):
        missed = 84 + (back * 7) % 20
        pen.week(last.plus(-back), missed, replied=missed // 2, won=int(missed * (0.73 - 0.015 * back)))
        pen.answered(last.plus(-back), 220, weekday=back % 5, hour=9 + back % 6)


def draw(browser: Browser, scene: Scene, folder: Path) -> None:
    """All pictures."""

    def keep(page: Page, path: str, name: str) -> None:
        page.goto(path)
        if page.locator("[data-lamp]").count():
            page.locator("[data-lamp]", has_text="up to date").wait_for()
        page.screenshot(path=folder / f"{name}.png")
        sys.stderr.write(f"{folder / name}.png\n")

    with window(browser, scene, "ana", WIDE) as page:
        keep(page, "/work", "work")
        asked = next(task for task in scene.tasks() if "daughter" in task.said)
        keep(page, f"/conversation/{asked.episode}", "conversation")
    with window(browser, scene, "ana", PHONE) as page:
        keep(page, "/work", "work-phone")
    with window(browser, scene, "ana", WIDE, dark=True) as page:
        keep(page, "/work", "work-dark")
    scene.urgent(PhoneNumber("+12025550141"))
    with window(browser, scene, "bo", WIDE) as page:
        keep(page, "/urgent", "urgent")
    scene.urgent(PhoneNumber("+12025550142"), left=True)
    with window(browser, scene, "bo", WIDE) as page:
        keep(page, "/urgent", "alarm")
    with window(browser, scene, "max", WIDE) as page:
        keep(page, "/dashboard", "dashboard")
        keep(page, "/settings/texts/en/first-open", "text")
        keep(page, "/health", "health")
        keep(page, "/audit", "audit")
    book_online(scene)
    with window(browser, scene, "ana", WIDE) as page:
        keep(page, "/bookings", "bookings")


def book_online(scene: Scene) -> None:
    """Four patients booked; only the last pictures show it, so that the others stay as they are."""
    for number, (day, minutes) in enumerate(((1, 0), (1, 30), (2, 90), (3, 30)), 151):
        nine = MONDAY_TEN - timedelta(hours=1)
        scene.booked(PhoneNumber(f"+12025550{number}"), nine + timedelta(days=day, minutes=minutes))
    sites = tuple(replace(site, timetable=TIMETABLE) for site in scene.rules.sites)
    scene.rules.become(replace(scene.rules, sites=sites, booking=BookingRules(public_url=PUBLIC)))


def main() -> None:
    """Into the folder that was named, or where the pages of docs expect them."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="secondring-") as place,
        Scene(Path(place)) as scene,
        sync_playwright() as playwright,
    ):
        scene.user("ana", "A. Clerk", Role.FRONT_DESK)
        scene.user("bo", "B. Nurse", Role.NURSE, phone="2002")
        scene.user("max", "M. Manager", Role.MANAGER, Role.ADMIN)
        scene.morning()
        figures(scene)
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        draw(browser, scene, folder)
        browser.close()


if __name__ == "__main__":
    main()
