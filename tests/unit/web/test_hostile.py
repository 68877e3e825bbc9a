"""Every route of staff's pages, by every method, from strangers and from people with every role, with bad parameters,
fields, headers and cookies: it never falls over, and never gives back as markup what it was sent.

The pages have no OpenAPI description that schemathesis could work from: the table of routes is the description here.
"""

from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from secondring import web
from secondring.domain.staff import Role
from secondring.web.entrance import COOKIE, STRANGER
from secondring.web.routes import screens
from secondring.web.screens import SAID, Screen
from secondring.web.settings.words import DAYS
from tests.support import hostile
from tests.support.addresses import addresses, parameters
from tests.support.clinic import BEN
from tests.support.pages import ORIGIN, Browser, Pages
from tests.unit.web.test_urgent_board import urgent, with_ladders
from tests.unit.web.test_work import missed

TABLE = screens(Pages().desk)
MADE = ("guards.settle", "carrier.kind", "role-admin", "site-north", "book-queue", *DAYS)
"""Names that are put together while a form is drawn or read."""
NAMES = [*hostile.fields_of(Path(web.__file__).parent), *MADE]
ENDLESS = "/live"
"""Answers for as long as the screen is open: only bad requests to it come to an end."""
TURNS = 2


class Attacker:
    """Somebody who tries everything with one route."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.pages = Pages(rules=with_ladders())
        case = urgent(self.pages, last_resort_at=self.pages.now)
        task = missed(self.pages, number=BEN)
        booking = self.pages.booked(task)
        rows = {
            "task": task.id,
            "episode": task.episode,
            "case": case.id,
            "user": "P-all",
            "number": "0",
            "booking": booking.id,
        }
        (self.good, *_) = addresses(screen.path, rows)
        self.complaints: list[str] = []

    def paths(self, turn: int) -> list[str]:
        """The route's address with rows that there are, and with bad names in the place of rows."""
        bad = self.screen.path
        for place, name in enumerate(parameters(bad)):
            value = hostile.VALUES[(turn + 3 * place) % len(hostile.VALUES)]
            bad = bad.replace(f"{{{name}}}", quote(value, safe=""))
        return list(dict.fromkeys([self.good, bad]))

    async def tries(self, browser: Browser, method: str, path: str, **more: object) -> None:
        self.pages.wait(seconds=0.05)
        answer: httpx.Response = await browser.http.request(method, path, **more)  # type: ignore[arg-type]
        self.complaints += [found] if (found := hostile.complaint(answer)) else []


@pytest.mark.parametrize("screen", TABLE, ids=lambda screen: screen.name)
async def test_no_field_makes_it_fall_over(screen: Screen) -> None:
    attacker = Attacker(screen)
    for turn in range(TURNS):
        for path in attacker.paths(turn):
            for fields in hostile.fields(NAMES, turn):
                everybody = await attacker.pages.signed_in("all", *Role, sites=None)
                for browser in (everybody, attacker.pages.browser()):
                    if screen.method == "GET":
                        if screen.path != ENDLESS:
                            await attacker.tries(browser, "GET", path, params=fields)
                        continue
                    form = {"csrf": browser.csrf} | dict(fields)
                    await attacker.tries(browser, "POST", path, data=form, headers={"origin": ORIGIN})
    assert attacker.complaints == []


@pytest.mark.parametrize("path", sorted({screen.path for screen in TABLE}))
async def test_no_method_header_or_cookie_makes_it_fall_over(path: str) -> None:
    attacker = Attacker(next(screen for screen in TABLE if screen.path == path))
    everybody = await attacker.pages.signed_in("all", *Role, sites=None)
    for method in hostile.METHODS:
        if path == ENDLESS and method in ("GET", "HEAD"):
            continue
        for browser in (everybody, attacker.pages.browser()):
            await attacker.tries(
                browser, method, attacker.good, content=b"\xff{[", headers={"origin": ORIGIN}
            )
    for turn in range(0 if path == ENDLESS else 6):
        bad = hostile.headers(turn)
        said = next(iter(hostile.headers(turn + 1).values()))
        bad["cookie"] = b"; ".join(name.encode() + b"=" + said for name in (COOKIE, STRANGER, SAID))
        await attacker.tries(attacker.pages.browser(), attacker.screen.method, attacker.good, headers=bad)
        mine = {"cookie": f"{COOKIE}={everybody.token}; {SAID}=".encode() + said}
        await attacker.tries(everybody, attacker.screen.method, attacker.good, headers=bad | mine)
    assert attacker.complaints == []


def test_the_names_of_fields_are_found_in_the_source() -> None:
    """Some that every reader of the pages knows; were they missing, the others might be too."""
    known = {
        "seen",
        "back",
        "queue",
        "owner",
        "until",
        "note",
        "result",
        "words",
        "site",
        "code",
        "old",
        "new",
        "next",
    }
    assert known <= set(NAMES)
