"""Shadow mode on every page, and the one switch that ends it."""

import pytest

from secondring.domain.staff import Role
from secondring.web.menu import ENTRIES
from tests.support.clinic import a_site, some_rules
from tests.support.pages import Pages, text_of
from tests.support.settings import TWO_SITES, ClinicFiles
from tests.unit.web.test_health import monitor
from tests.unit.web.test_settings import kept, send

SHADOW = "mode: shadow\n" + TWO_SITES
BANNER = "Shadow mode: nobody is texted."


def in_shadow() -> Pages:
    return Pages(rules=some_rules(a_site(shadow=True)), files=ClinicFiles(then=SHADOW))


@pytest.mark.parametrize("path", [*(entry.path for entry in ENTRIES), "/account", "/settings/mode"])
async def test_every_page_says_that_nothing_is_sent(path: str) -> None:
    pages = in_shadow()
    everybody = await pages.signed_in("all", *Role, sites=None)
    answer = await everybody.get(path)
    assert answer.status_code == 200
    assert BANNER in text_of(answer)
    live = await Pages().signed_in("all", *Role, sites=None)
    assert BANNER not in text_of(await live.get(path))


async def test_strangers_are_not_told() -> None:
    assert BANNER not in text_of(await in_shadow().browser().get("/log-in"))


async def test_an_administrator_goes_live_by_one_switch_with_a_line_in_the_audit() -> None:
    pages = in_shadow()
    admin = await pages.signed_in("ada", Role.ADMIN, sites=None)
    page = await admin.get("/settings/mode")
    assert "Go live: text missed callers from now on" in text_of(page)
    assert "simulated phones" in text_of(page)
    answer = await send(admin, "/settings/mode")
    assert answer.status_code == 303
    assert await kept(pages) == {"mode": "live"}
    assert "in force within seconds" in text_of(await admin.get("/settings/mode"))
    (entry,) = [entry for entry in pages.audit("change") if "live" in entry.what]
    assert (entry.shown, entry.about) == ("Ada A.", "settings-1")
    assert "went live" in text_of(await admin.get("/settings/history"))


async def test_several_carriers_are_named_in_their_order() -> None:
    several = """carriers:
  - {name: main, kind: http, url: "https://sms.example/send"}
  - {name: spare, kind: handset}
"""
    pages = Pages(rules=some_rules(a_site(shadow=True)), files=ClinicFiles(then=several + SHADOW))
    admin = await pages.signed_in("ada", Role.ADMIN, sites=None)
    for path in ("/settings/mode", "/settings"):
        assert "http, then handset" in text_of(await admin.get(path))
    assert "simulated phones" not in text_of(await admin.get("/settings/mode"))


async def test_back_to_shadow_mode_by_the_same_switch() -> None:
    pages = Pages(files=ClinicFiles(then="mode: live\n" + TWO_SITES))
    admin = await pages.signed_in("ada", Role.ADMIN, sites=None)
    assert (await send(admin, "/settings/mode")).status_code == 303
    assert await kept(pages) == {"mode": "shadow"}


async def test_a_carrier_that_waits_for_a_restart_must_be_in_force_first() -> None:
    pages = in_shadow()
    admin = await pages.signed_in("ada", Role.ADMIN, sites=None)
    await send(admin, "/settings/carrier", **{"gateway.per_second": "3"})
    answer = await send(admin, "/settings/mode")
    assert answer.status_code == 400
    assert "gateway.per_second was changed and is not in force yet" in text_of(answer)
    assert "mode" not in await kept(pages)


async def test_what_is_no_mode_is_refused() -> None:
    pages = in_shadow()
    admin = await pages.signed_in("ada", Role.ADMIN, sites=None)
    assert (await send(admin, "/settings/mode", mode="on")).status_code == 400
    assert await kept(pages) == {}


@pytest.mark.parametrize(
    ("role", "sites", "status"),
    [(Role.MANAGER, None, 403), (Role.ADMIN, frozenset({"north"}), 404), (Role.FRONT_DESK, None, 403)],
)
async def test_nobody_else_can(role: Role, sites: frozenset[str] | None, status: int) -> None:
    pages = in_shadow()
    somebody = await pages.signed_in("max", role, sites=sites)
    page = await somebody.get("/settings/mode")
    assert 'name="mode"' not in page.text
    assert (await somebody.post("/settings/mode", {"mode": "live", "seen": "0"})).status_code == status
    assert await kept(pages) == {}


async def test_colleagues_are_told_whom_to_ask() -> None:
    pages = in_shadow()
    desk = await pages.signed_in("fay", Role.FRONT_DESK)
    page = await desk.get("/work")
    assert "An administrator goes live under Settings." in text_of(page)
    assert 'href="/settings/mode"' not in page.text


async def test_monitors_are_told_too() -> None:
    for pages, number in ((in_shadow(), 1), (Pages(), 0)):
        told = (await monitor(pages, "/metrics")).text.splitlines()
        assert f"secondring_shadow_mode {number}" in told
