"""An administrator at the settings, in a real browser: the first steps, a change and back, a text on a phone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from secondring.domain.staff import Role
from tests.browser.conftest import Window
from tests.support.axe import objections
from tests.support.scene import Scene
from tests.support.settings import TWO_SITES, ClinicFiles

CARRIERS = """\
carriers:
  - {name: main, kind: twilio, account: AC01, auth_token_file: credential:twilio-auth-token}
  - {name: spare, kind: handset, senders: [+1 202 555 0123, +1 202 555 0124]}
"""


def admin(
    window: Window, scene: Scene, *, width: int = 1280, script: bool = True, dark: bool = False
) -> Page:
    """Somebody who may set everything up, in the clinic's first day."""
    scene.user("ada", "A. Admin", Role.ADMIN)
    return window("ada", width=width, script=script, dark=dark)


@pytest.mark.parametrize("script", [True, False])
def test_the_first_steps_with_and_without_script(window: Window, scene: Scene, script: bool) -> None:
    page = admin(window, scene, script=script)
    page.goto("/")
    expect(page.get_by_role("heading", name="Your clinic")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Brand New Clinic")
    page.get_by_role("button", name="Keep and go on").click()
    page.get_by_label("Monday").fill("25:00-26:00")
    page.get_by_role("button", name="Keep and go on").click()
    expect(page.get_by_role("alert")).to_contain_text("Nothing was changed.")
    page.get_by_label("Monday").fill("09:00-12:00")
    page.get_by_role("button", name="Keep and go on").click()
    expect(page.get_by_role("heading", name="Links")).to_be_visible()
    page.get_by_role("button", name="Leave the first steps for later").click()
    page.goto("/setup")
    expect(page.get_by_role("heading", name="Links")).to_be_visible()
    page.get_by_role("link", name="Skip this step").click()
    page.get_by_role("link", name="Skip this step").click()
    expect(page.locator(".bubble").first).to_contain_text("Brand New Clinic")
    page.get_by_role("button", name="Go on").click()
    page.get_by_label("Watch first").check()
    page.get_by_role("button", name="Keep and go on").click()
    expect(page.get_by_role("heading", name="Brand New Clinic is set up")).to_be_visible()


def test_a_change_is_seen_explained_and_rolled_back(window: Window, scene: Scene) -> None:
    page = admin(window, scene)
    page.goto("/settings/hours/north")
    page.get_by_label("Saturday").fill("10:00-12:00")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("in force within seconds")).to_be_visible()
    page.goto("/settings")
    differs = page.locator(".differs")
    expect(differs).to_contain_text("sites.north.hours")
    expect(differs).to_contain_text("10-site.yaml:6")
    expect(differs).to_contain_text("set on screen by A. Admin")
    page.get_by_role("link", name="All versions").click()
    page.get_by_role("link", name="0", exact=True).click()
    page.get_by_role("button", name="Go back to version 0").click()
    expect(page.get_by_text("is as it was in that version")).to_be_visible()
    page.goto("/settings/hours/north")
    expect(page.get_by_label("Saturday")).to_have_value("")


def test_a_text_is_seen_on_a_phone_and_a_clinical_word_is_not(window: Window, scene: Scene) -> None:
    page = admin(window, scene, width=390)
    page.goto("/settings/texts/en/help")
    page.get_by_label("The words").fill("{{ clinic }}: your results are in.")
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("alert")).to_contain_text("'results' is a clinical word")
    page.get_by_label("The words").fill("{{ clinic }}: call us at {{ phone }}.")
    page.get_by_role("button", name="Look at it").click()
    expect(page.locator(".bubble")).to_have_text("Northside Clinic: call us at (202) 555-0100.")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_text("in force within seconds")).to_be_visible()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_wrong_with_a_form_that_was_refused(
    window: Window, scene: Scene, dark: bool
) -> None:
    page = admin(window, scene, dark=dark)
    page.goto("/settings/hours/north")
    page.get_by_label("Monday").fill("17:00-08:00")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert objections(page) == []


class TestCarriers:
    """Where the files have a list of carriers."""

    @pytest.fixture
    def scene(self, tmp_path: Path) -> Iterator[Scene]:
        with Scene(tmp_path, files=ClinicFiles(then=CARRIERS + TWO_SITES)) as opened:
            yield opened

    @pytest.mark.parametrize(("width", "script"), [(1280, True), (390, False)])
    def test_they_are_put_in_another_order_by_keys_alone(
        self, window: Window, scene: Scene, width: int, script: bool
    ) -> None:
        page = admin(window, scene, width=width, script=script)
        page.goto("/settings/carrier")
        page.get_by_label("Place (spare)").focus()
        page.keyboard.press("Home")
        page.get_by_label("All numbers, in a day (main)").focus()
        page.keyboard.press("Control+A")
        page.keyboard.type("1500")
        page.keyboard.press("Enter")
        expect(page.get_by_text("carriers._order").first).to_be_visible()
        expect(page.get_by_text("Takes effect at the next restart:")).to_be_visible()
        expect(page.locator("legend").first).to_have_text("1. spare (handset)")
        expect(page.get_by_label("All numbers, in a day (main)")).to_have_value("1500")

    def test_axe_finds_nothing_wrong_and_nothing_runs_off_the_page(
        self, window: Window, scene: Scene
    ) -> None:
        page = admin(window, scene, width=390)
        page.goto("/settings/carrier")
        page.get_by_label("Place (spare)").select_option("1")
        page.get_by_label("Ask it for replies every (main)").fill("often")
        page.get_by_role("button", name="Keep").click()
        expect(page.get_by_role("alert")).to_contain_text("carriers.main.poll")
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        for width in (1280, 640, 390):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert objections(page) == []
