"""Draws the pictures of the booking page: `python -m tests.support.booking_shots docs/images`."""

import asyncio
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from playwright.async_api import Page, async_playwright

from secondring.domain.rules import Ask
from tests.support.booking import TIMETABLE, BookingClinic, booking_rules, booking_site
from tests.support.booking_page import served, shop_of

CHROMIUM = "/usr/bin/chromium"
SHORT = replace(TIMETABLE, horizon=timedelta(days=7))


async def _draw(page: Page, file: Path) -> None:
    await page.screenshot(path=file, full_page=True)


async def _tour(page: Page, folder: Path) -> None:
    clinic = BookingClinic(rules=booking_rules(booking_site(timetable=SHORT), ask_name=Ask.REQUIRED))
    token = clinic.asks_to_book()
    async with served(shop_of(clinic)) as url:
        link = f"{url}/b/{token}"
        await page.goto(link)
        await _draw(page, folder / "booking-pick.png")
        await page.click(".soonest button")
        await _draw(page, folder / "booking-confirm.png")
        await page.fill("#first_name", "Ana")
        await page.click("button.main")
        await page.goto(f"{link}?lang=es")
        await _draw(page, folder / "booking-booked.png")


async def _run(folder: Path) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        await _tour(await browser.new_page(viewport={"width": 390, "height": 760}), folder)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1])))
