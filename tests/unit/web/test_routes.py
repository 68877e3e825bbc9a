"""Every route is in the table, says who may, and holds them to it: each route, each role."""

import pytest
from starlette.routing import Route

from secondring.domain.staff import Role
from secondring.web.menu import ENTRIES
from secondring.web.routes import open_to_strangers, screens
from secondring.web.screens import Screen
from tests.support.pages import Pages

TABLE = screens(Pages().desk)
STRANGERS = {
    "GET /static/{name}",
    "GET /log-in",
    "POST /log-in",
    "GET /log-in/code",
    "POST /log-in/code",
    "GET /log-in/set-up",
    "POST /log-in/set-up",
    "GET /log-in/provider",
    "GET /log-in/provider/back",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
}


def path_of(screen: Screen) -> str:
    """An address of that route; the rows that it names are not there."""
    return (
        screen.path.replace("{name}", "none")
        .replace("{task}", "T-none")
        .replace("{episode}", "E-none")
        .replace("{case}", "U-none")
        .replace("{site}", "none")
        .replace("{user}", "P-none")
        .replace("{language}", "none")
        .replace("{number}", "77")
        .replace("{step}", "none")
    )


def test_the_application_has_the_routes_of_the_table_and_no_others(pages: Pages) -> None:
    served = {
        (method, route.path)
        for route in pages.app.routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert served == {(screen.method, screen.path) for screen in TABLE}
    assert len(served) == len(TABLE), "no route is there twice"
    assert len(pages.app.routes) == len(TABLE)


def test_only_these_are_open_to_strangers() -> None:
    assert {screen.name for screen in TABLE if open_to_strangers(screen)} == STRANGERS


def test_a_route_that_is_not_for_strangers_is_for_somebody() -> None:
    assert all(screen.roles for screen in TABLE if not open_to_strangers(screen))


def test_the_menu_shows_to_each_what_they_may_open() -> None:
    roles = {screen.path: screen.roles for screen in TABLE if screen.method == "GET"}
    assert all(entry.roles <= roles[entry.path] for entry in ENTRIES)


@pytest.mark.parametrize("screen", [s for s in TABLE if not open_to_strangers(s)], ids=lambda s: s.name)
async def test_whoever_is_not_signed_in_gets_no_further(pages: Pages, screen: Screen) -> None:
    browser = pages.browser()
    await browser.get("/log-in")
    ask = browser.get if screen.method == "GET" else browser.post
    answer = await ask(path_of(screen))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/log-in")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("screen", [s for s in TABLE if not open_to_strangers(s)], ids=lambda s: s.name)
async def test_each_role_gets_what_is_its_own(pages: Pages, screen: Screen, role: Role) -> None:
    browser = await pages.signed_in("somebody", role)
    ask = browser.get if screen.method == "GET" else browser.post
    answer = await ask(path_of(screen))
    if role in screen.roles:
        assert answer.status_code not in (401, 403, 500), answer.text
    else:
        assert answer.status_code == 403
        assert [entry.what for entry in pages.audit("refused")] == [screen.name]
