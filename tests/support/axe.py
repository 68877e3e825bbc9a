"""What axe-core objects to on a page."""

import re

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page


def where(page: Page) -> str:
    """Its address without the server."""
    return re.sub(r"^\w+://[^/]*", "", page.url)


def objections(page: Page) -> list[str]:
    """Page, rule and place of each; empty when there are none."""
    return [
        f"{where(page)}: {fault['id']}: {node['html'][:160]}"
        for fault in Axe().run(page).response["violations"]
        for node in fault["nodes"]
    ]
