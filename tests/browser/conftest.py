"""A real Chromium, Debian's, before the real server and a real database."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from secondring.domain.staff import Role
from tests.support.scene import Scene

CHROMIUM = Path("/usr/bin/chromium")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests; each gets windows of its own."""
    if not CHROMIUM.exists():
        pytest.fail("chromium is missing: scripts/test installs it (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A clinic with a clerk, a nurse and a manager."""
    with Scene(tmp_path) as opened:
        opened.user("ana", "A. Clerk", Role.FRONT_DESK)
        opened.user("cam", "C. Clerk", Role.FRONT_DESK, phone="1002")
        opened.user("bo", "B. Nurse", Role.NURSE, phone="2002")
        opened.user("max", "M. Manager", Role.MANAGER, Role.ADMIN)
        yield opened


Window = Callable[..., Page]


@pytest.fixture
def window(chromium: Browser, scene: Scene) -> Iterator[Window]:
    """A window of somebody who has signed in: `window("ana", width=390)`."""
    contexts: list[BrowserContext] = []

    def open_window(
        name: str | None = None, *, width: int = 1280, script: bool = True, dark: bool = False
    ) -> Page:
        context = chromium.new_context(
            base_url=scene.address,
            viewport={"width": width, "height": 844 if width < 600 else 900},
            java_script_enabled=script,
            reduced_motion="reduce",
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        page = context.new_page()
        if name is not None:
            sign_in(page, scene, name)
        return page

    yield open_window
    for context in contexts:
        context.close()


class KnowsCodes(Protocol):
    """Whoever knows everybody's password and the code that is good now."""

    @property
    def password(self) -> str: ...

    def code(self, name: str) -> str: ...


def sign_in(page: Page, scene: KnowsCodes, name: str) -> None:
    """Name, password and code, as a person does it."""
    page.goto("/log-in")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(scene.password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("The six digits").fill(scene.code(name))
    page.get_by_role("button", name="Go on").click()
    page.wait_for_url(lambda url: "/log-in" not in url)
