"""The manager's pages in a real browser: read, narrowed down, opened to the rows, taken home; on a phone, on paper."""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from secondring.domain.metrics_rows import Place
from secondring.domain.weeks import Week
from tests.browser.conftest import Window
from tests.support.scene import NORTH, SOUTH, Scene
from tests.support.weeks import Pen

PAPER = "/dashboard/week?until=2026-W09"
LAST = Week.parse("2026-W09")


@pytest.fixture
def scene(scene: Scene) -> Scene:
    """On Monday March 2: last week 84 callers were missed in the north and 20 in the south."""
    north = Pen(scene.store, Place(NORTH, "America/New_York"))
    north.week(LAST.plus(-1), 100, replied=50, won=67)
    north.week(LAST, 84, replied=40, won=61)
    north.answered(LAST, 12)
    Pen(scene.store, Place(SOUTH, "America/New_York"), written=10_000).week(LAST, 20, won=5)
    return scene


def complaints(page: Page) -> list[str]:
    """What the browser has to say against the page: above all, what the content policy refuses."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


@pytest.mark.usefixtures("scene")
def test_from_the_sentence_to_the_rows_and_home_with_the_file(window: Window, tmp_path: Path) -> None:
    page = window("max")
    said = complaints(page)
    page.get_by_role("link", name="Dashboard").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(
        "Last week 66 of 104 missed callers were recovered"
    )
    page.get_by_label("Site", exact=True).select_option("Northside Clinic")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(
        "Last week 61 of 84 missed callers were recovered: 73\u00a0%, up 6 points."
    )
    expect(page.get_by_role("img", name="When calls are missed")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Spreadsheet").click()
    file = tmp_path / "rows.csv"
    download.value.save_as(file)
    assert len(list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"))))) == 84
    page.locator(".metrics .figure a").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Won back")
    expect(page.locator("tbody tr")).to_have_count(50)
    page.get_by_role("link", name="Older").click()
    expect(page.locator("tbody tr")).to_have_count(11)
    page.locator("tbody a").first.click()
    expect(page).to_have_url(re.compile(r"/conversation/E-"))
    assert said == []


@pytest.mark.usefixtures("scene")
def test_it_all_works_without_script(window: Window) -> None:
    page = window("max", script=False)
    page.goto("/dashboard")
    page.get_by_label("Weeks", exact=True).select_option("4")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("In the last 4 weeks")
    page.get_by_text("The hours as a table").click()
    page.get_by_role("region", name="Missed calls by hour and weekday").get_by_role("link").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Missed calls,")


@pytest.mark.usefixtures("scene")
def test_the_week_fits_on_paper(window: Window) -> None:
    page = window("max")
    page.goto(PAPER)
    paper = page.pdf(format="Letter")
    assert 1 <= len(re.findall(rb"/Type\s*/Page\b(?!s)", paper)) <= 3
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_be_hidden()
    expect(page.get_by_role("link", name="Back to the dashboard")).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


@pytest.mark.usefixtures("scene")
def test_bars_are_drawn_as_long_as_their_numbers(window: Window) -> None:
    """In a browser, where style may overrule what the drawing says: it once made all of them alike."""
    page = window("max")
    page.goto("/dashboard?site=north")
    drawing = page.get_by_role("img", name="From missed to won back")
    bars = drawing.locator("rect.bar").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect().width)"
    )
    missed, texted, _, replied, _ = bars
    assert texted == pytest.approx(missed, rel=0.01)
    assert replied == pytest.approx(missed * 40 / 84, rel=0.01)
