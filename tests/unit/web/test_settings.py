"""The pages on which an administrator sets the clinic up: what is typed is checked, kept, shown, taken back."""

import re
from html import unescape
from typing import Any

import httpx
import pytest

from secondring.domain.settings import Value
from secondring.domain.staff import Role
from secondring.web.settings_port import Found
from tests.support.pages import NORTH, PASSWORD, Browser, Pages, text_of
from tests.support.settings import TWO_SITES, ClinicFiles

LADDER = """\
ami_dial: {secret_file: credential:dial}
""" + TWO_SITES.replace(
    "  south:",
    """\
    triage:
      last_resort: +1 202 555 0188
      steps:
        - {ring: ["1001", "1002"], order: one-by-one, ring_for: 15s}
        - on_call:
            - {who: "1003", hours: {mon-fri: ["17:00-24:00"], sat-sun: "00:00-24:00"}, days: {2026-12-24: closed}}
  south:""",
)


@pytest.fixture
async def admin(pages: Pages) -> Browser:
    return await pages.signed_in("ada", Role.ADMIN, sites=None)


def fields_of(answer: httpx.Response, action: str) -> dict[str, str]:
    """What a browser would send from the form that goes there, untouched."""
    form = answer.text.partition(f'action="{action}"')[2].partition("</form>")[0]
    sent: dict[str, str] = {}
    for tag in re.findall(r"<input\b[^>]*>", form):
        kept = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if "name" in kept and (kept.get("type") not in ("checkbox", "radio") or " checked" in tag):
            sent[kept["name"]] = unescape(kept.get("value", ""))
    for name, inner in re.findall(r'<textarea\b[^>]*name="([^"]+)"[^>]*>(.*?)</textarea>', form, flags=re.S):
        sent[name] = unescape(inner)
    for name, inner in re.findall(r'<select\b[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, flags=re.S):
        options = re.findall(r'<option(?: value="([^"]*)")?( selected)?>([^<]*)', inner)
        chosen = next((one for one in options if one[1]), options[0])
        sent[name] = (
            unescape(chosen[0] or chosen[2])
            if "value=" in inner.partition(">")[0] or chosen[0]
            else chosen[2]
        )
        if chosen[2] in ("none", "nobody") and not chosen[0]:
            sent[name] = ""
    sent.pop("csrf", None)
    return sent


async def send(browser: Browser, path: str, **typed: str) -> httpx.Response:
    """Open a form, type into some of its fields, and send it."""
    drawn = fields_of(await browser.get(path), path)
    assert "seen" in drawn
    sent = drawn | {name.replace("__", "-"): v for name, v in typed.items()}
    return await browser.post(path, sent)


async def kept(pages: Pages) -> dict[str, Value]:
    view = await pages.desk.settings.view()
    return {".".join(path): setting.value for path, setting in view.overlay.items()}


FORMS = (
    "/settings/clinic/north",
    "/settings/hours/north",
    "/settings/ladder/north",
    "/settings/routes",
    "/settings/limits",
    "/settings/carrier",
)


@pytest.mark.parametrize("path", FORMS)
async def test_a_form_sent_back_as_it_was_changes_nothing(path: str) -> None:
    pages = Pages(files=ClinicFiles(then=LADDER))
    admin = await pages.signed_in("ada", Role.ADMIN, sites=None)
    answer = await send(admin, path)
    assert answer.status_code == 303, text_of(answer)
    assert await kept(pages) == {}


async def test_hours_are_set_with_who_and_when(pages: Pages, admin: Browser) -> None:
    path = "/settings/hours/north"
    answer = await send(
        admin, path, mon="09:00-12:00", sat="10:00-14:00", holidays="2026-12-25 Christmas Day\n"
    )
    assert answer.status_code == 303
    found = await kept(pages)
    assert set(found) == {"sites.north.hours", "sites.north.holidays"}
    assert found["sites.north.holidays"] == {"2026-12-25": "Christmas Day"}
    page = await admin.get(path)
    assert "in force within seconds" in text_of(page)
    assert 'value="10:00-14:00"' in page.text
    assert "set on screen by Ada A." in text_of(page)
    (entry,) = [entry for entry in pages.audit("change") if "hours" in entry.what]
    assert (entry.shown, entry.site, entry.about) == ("Ada A.", "north", "settings-1")


async def test_what_is_wrong_is_said_beside_what_was_typed(pages: Pages, admin: Browser) -> None:
    answer = await send(admin, "/settings/hours/north", mon="17:00-08:00", special_days="24.12. closed")
    assert answer.status_code == 400
    said = text_of(answer)
    assert "sites.north.hours.mon closes before it opens" in said
    assert "is not a date" in said
    assert 'value="17:00-08:00"' in answer.text
    assert answer.text.count('aria-invalid="true"') == 2
    assert await kept(pages) == {}


async def test_a_ladder_with_a_rota_goes_there_and_back() -> None:
    pages = Pages(files=ClinicFiles(then=LADDER))
    admin = await pages.signed_in("ada", Role.ADMIN, sites=None)
    page = await admin.get("/settings/ladder/north")
    assert "1003: mon-fri 17:00-24:00; sat-sun 00:00-24:00; 2026-12-24 closed" in unescape(page.text)
    rota = "1003: mon-fri 18:00-24:00\n+1 202 555 0177: sat-sun 00:00-24:00; 2026-12-24 closed"
    answer = await send(admin, "/settings/ladder/north", **{"rota-1": rota, "ring-2": "1009"})
    assert answer.status_code == 303, text_of(answer)
    ladder = (await pages.desk.settings.view()).rules.sites[0].triage
    assert ladder is not None
    assert [target.number for step in ladder.steps for target in step.targets] == ["1001", "1002", "1009"]
    assert [shift.target.number for shift in ladder.steps[1].rota] == ["1003", "+12025550177"]
    assert ladder.last_resort is not None
    page = await admin.get("/settings/ladder/north")
    assert "+1 202 555 0177: sat-sun 00:00-24:00; 2026-12-24 closed" in unescape(page.text)


@pytest.mark.parametrize("line", ["1003", "1003: ", "who: mon-fri 17:00-24:00", "1003: someday 17:00-24:00"])
async def test_a_rota_that_cannot_be_read(line: str) -> None:
    pages = Pages(files=ClinicFiles(then=LADDER))
    admin = await pages.signed_in("ada", Role.ADMIN, sites=None)
    answer = await send(admin, "/settings/ladder/north", **{"rota-1": line})
    assert answer.status_code == 400
    assert line in unescape(answer.text)
    assert await kept(pages) == {}


async def test_an_empty_ladder_is_refused(pages: Pages, admin: Browser) -> None:
    pages.desk = pages.make_desk()
    answer = await send(admin, "/settings/ladder/north", **{"ring-0": ""})
    assert answer.status_code == 400


async def test_a_ladder_needs_an_account_that_dials(admin: Browser) -> None:
    answer = await send(admin, "/settings/ladder/north", **{"ring-0": "1001"})
    assert answer.status_code == 400
    assert "ami_dial.secret_file is missing" in text_of(answer)


async def test_routes_are_set_and_the_urgent_one_cannot_be(pages: Pages, admin: Browser) -> None:
    answer = await send(
        admin, "/settings/routes", **{"refill-queue": "triage", "urgent-queue": "", "stop-template": ""}
    )
    assert answer.status_code == 303
    assert await kept(pages) == {"routes.refill.queue": "triage"}


async def test_what_they_wrote_is_never_left_to_nobody(pages: Pages, admin: Browser) -> None:
    answer = await send(admin, "/settings/routes", **{"unknown-queue": ""})
    assert answer.status_code == 400
    assert "to nobody" in text_of(answer)
    assert await kept(pages) == {}


async def test_limits_and_the_clinics_facts(pages: Pages, admin: Browser) -> None:
    await send(admin, "/settings/limits", **{"guards.settle": "4s", "follow_up.reminder_after": "4h"})
    await send(admin, "/settings/clinic/north", name="Other Clinic", dids="+1 202 555 0100, +1 202 555 0101")
    assert await kept(pages) == {
        "guards.settle": "4s",
        "follow_up.reminder_after": "4h",
        "sites.north.name": "Other Clinic",
        "sites.north.dids": ["+1 202 555 0100", "+1 202 555 0101"],
    }


async def test_a_carrier_is_shown_without_its_secrets_and_waits_for_a_restart() -> None:
    secret = "https://carrier.example/texts?token=abcdefgh"
    http = f"carrier: {{http: {{url: '{secret}', token_file: credential:carrier-token}}}}\n"
    pages = Pages(files=ClinicFiles(then=http + TWO_SITES))
    admin = await pages.signed_in("ada", Role.ADMIN, sites=None)
    page = await admin.get("/settings/carrier")
    assert "https://carrier.example/…" in page.text
    assert "credential:carrier-token" in page.text
    assert "abcdefgh" not in page.text
    answer = await send(admin, "/settings/carrier", **{"carrier.kind": "http"})
    assert answer.status_code == 303
    page = await admin.get("/settings")
    assert "Takes effect at the next restart: carrier.kind" in text_of(page)


# ---------------------------------------------------------------- texts


async def test_a_text_is_looked_at_before_it_is_kept(pages: Pages, admin: Browser) -> None:
    path = "/settings/texts/en/help"
    words = "{{ clinic }}: call us at {{ phone }}."
    answer = await admin.post(f"{path}/look", {"words": words})
    assert answer.status_code == 200
    assert "Northside Clinic: call us at (202) 555-0100." in answer.text
    assert "1 part" in text_of(answer)
    assert await kept(pages) == {}
    assert (await send(admin, path, words=words)).status_code == 303
    assert await kept(pages) == {"messages.wording.en.help": words}
    assert "call us at" in (await admin.get("/settings/texts")).text


async def test_a_clinical_word_stays_off_the_phone(pages: Pages, admin: Browser) -> None:
    answer = await send(admin, "/settings/texts/en/help", words="{{ clinic }}: your prescription is ready.")
    assert answer.status_code == 400
    assert "'prescription' is a clinical word" in text_of(answer).replace("&#39;", "'")
    assert 'class="bubble"' not in answer.text
    assert await kept(pages) == {}


async def test_a_long_text_shows_its_parts(admin: Browser) -> None:
    answer = await admin.post(
        "/settings/texts/en/help/look", {"words": "Call {{ phone }}. " + "Please call us. " * 12}
    )
    assert "2 parts" in text_of(answer)


@pytest.mark.parametrize(
    "path", ["/settings/texts/fr/help", "/settings/texts/en/none", "/settings/hours/none"]
)
async def test_what_is_not_there(admin: Browser, path: str) -> None:
    assert (await admin.get(path)).status_code == 404


async def test_what_is_typed_is_shown_as_words_and_never_as_a_page(admin: Browser) -> None:
    evil = "<script>alert(1)</script>"
    for answer in (
        await admin.post("/settings/texts/en/help/look", {"words": evil}),
        await send(admin, "/settings/clinic/north", name=evil, phone=evil),
        await send(admin, "/settings/hours/north", holidays=evil, mon=evil),
    ):
        assert evil not in answer.text


# ---------------------------------------------------------------- the files and the screen, and going back


async def test_where_the_two_disagree_the_page_says_so_and_one_click_goes_by_the_file(
    pages: Pages, admin: Browser
) -> None:
    await send(admin, "/settings/clinic/north", name="Other Clinic")
    page = await admin.get("/settings")
    said = text_of(page)
    assert "sites.north.name : 10-site.yaml:3 says otherwise than what was set on screen by Ada A." in said
    assert "The screen's is in force" in unescape(said)
    back = {"key": "sites.north.name", "seen": "1", "back": "/settings/clinic/north"}
    answer = await admin.post("/settings/drop", back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/settings/clinic/north")
    assert await kept(pages) == {}
    assert (await admin.post("/settings/drop", back)).status_code == 409


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/settings//evil.example", "/log-out"]
)
async def test_nobody_is_sent_elsewhere(pages: Pages, admin: Browser, back: str) -> None:
    await send(admin, "/settings/clinic/north", name="Other Clinic")
    answer = await admin.post("/settings/drop", {"key": "sites.north.name", "seen": "1", "back": back})
    assert answer.headers["location"] == "/settings"


async def test_any_version_can_be_gone_back_to(pages: Pages, admin: Browser) -> None:
    await send(admin, "/settings/clinic/north", name="One Clinic")
    await send(admin, "/settings/clinic/north", name="Two Clinic")
    page = await admin.get("/settings/history/1")
    assert "One Clinic" in page.text
    assert "Go back to version 1" in text_of(page)
    assert (await admin.post("/settings/history/1")).status_code == 303
    assert await kept(pages) == {"sites.north.name": "One Clinic"}
    assert "rolled back to version 1" in text_of(await admin.get("/settings/history"))
    await admin.post("/settings/history/0")
    assert await kept(pages) == {}
    assert any("rolled back to version 0" in entry.what for entry in pages.audit("change"))


async def test_whoever_is_slower_is_told_and_loses_nothing(pages: Pages, admin: Browser) -> None:
    other = await pages.signed_in("bea", Role.ADMIN, sites=None)
    path = "/settings/clinic/north"
    stale = fields_of(await other.get(path), path)
    await send(admin, path, name="One Clinic")
    answer = await other.post(path, stale | {"name": "Two Clinic"})
    assert answer.status_code == 400
    assert "was changed by Ada A. meanwhile" in text_of(answer)
    assert "Two Clinic" in answer.text


async def test_a_manager_reads_and_changes_nothing(pages: Pages) -> None:
    manager = await pages.signed_in("mia", Role.MANAGER, sites=None)
    for path in (*FORMS, "/settings", "/settings/texts", "/settings/texts/en/help", "/settings/users"):
        page = await manager.get(path)
        assert page.status_code == 200, path
        assert ">Keep<" not in page.text
    assert (await manager.post("/settings/limits", {"guards.settle": "9s"})).status_code == 403


async def test_an_administrator_of_one_site_sets_that_site(pages: Pages) -> None:
    local = await pages.signed_in("lou", Role.ADMIN)
    assert (await send(local, "/settings/hours/north", mon="09:00-10:00")).status_code == 303
    assert (await local.get("/settings/hours/south")).status_code == 404
    assert (await local.post("/settings/hours/south", {"mon": "09:00-10:00"})).status_code == 404
    for path in ("/settings/limits", "/settings/history/0", "/settings/users/new", "/settings/texts/en/help"):
        assert (await local.post(path, {"words": "x"})).status_code == 404, path
    assert set(await kept(pages)) == {"sites.north.hours"}


async def test_what_another_site_changed_is_not_shown_to_them(pages: Pages, admin: Browser) -> None:
    await send(admin, "/settings/clinic/south", name="A Secret Plan")
    local = await pages.signed_in("lou", Role.ADMIN)
    assert "A Secret Plan" not in (await local.get("/settings/history/1")).text
    dropped = await local.post("/settings/drop", {"key": "sites.south.name", "seen": "1"})
    assert dropped.status_code == 404


# ---------------------------------------------------------------- people


async def test_somebody_new_gets_a_password_to_begin_with(pages: Pages, admin: Browser) -> None:
    fields = {"name": "Bo", "shown": "B. Nurse", "role-nurse": "yes", "site-north": "yes", "phone": "1003"}
    answer = await admin.post("/settings/users/new", fields)
    assert answer.status_code == 200
    password = re.findall(r"[a-z]{4}(?:-[a-z]{4}){3}", answer.text)[0]
    user = pages.saved("bo")
    assert (user.roles, user.sites) == (frozenset({Role.NURSE}), frozenset({NORTH}))
    assert (user.phone, user.must_change) == ("1003", True)
    page = await admin.get(f"/settings/users/{user.id}")
    assert password not in page.text, "shown once"
    browser = pages.browser()
    await browser.get("/log-in")
    answer = await browser.post("/log-in", {"name": "bo", "password": password})
    assert answer.headers["location"] == "/log-in/set-up"
    assert (await admin.post("/settings/users/new", fields)).status_code == 400


@pytest.mark.parametrize(
    "fields", [{"name": "bo"}, {"name": "b o", "role-nurse": "yes"}, {"role-nurse": "yes"}]
)
async def test_somebody_who_would_be_nobody(pages: Pages, admin: Browser, fields: dict[str, str]) -> None:
    assert (await admin.post("/settings/users/new", fields)).status_code == 400
    with pages.store.reading() as books:
        assert len(books.users()) == 1


async def test_disabled_is_out_and_reset_is_in_again(pages: Pages, admin: Browser) -> None:
    clerk = await pages.signed_in("cy")
    user = pages.saved("cy")
    assert (await admin.post(f"/settings/users/{user.id}/disable")).status_code == 303
    assert (await clerk.get("/account")).status_code == 303
    answer = await admin.post(f"/settings/users/{user.id}/reset", {"second-factor": "yes"})
    assert re.search(r"[a-z]{4}(?:-[a-z]{4}){3}", answer.text)
    user = pages.saved("cy")
    assert user.is_active
    assert (user.totp, user.must_change) == (None, True)
    assert [entry.what for entry in pages.audit("change")] == [
        "reset user cy and their second factor",
        "disabled user cy",
    ]


async def test_a_change_of_role_counts_at_once(pages: Pages, admin: Browser) -> None:
    clerk = await pages.signed_in("cy")
    assert (await clerk.get("/audit")).status_code == 403
    fields = {"role-front-desk": "yes", "role-manager": "yes"}
    await admin.post(f"/settings/users/{pages.saved('cy').id}", fields)
    assert (await clerk.get("/audit")).status_code == 200


async def test_the_last_administrator_stays_one(pages: Pages, admin: Browser) -> None:
    me = pages.saved("ada")
    assert (await admin.post(f"/settings/users/{me.id}/disable")).status_code == 409
    for fields in ({"role-manager": "yes"}, {"role-admin": "yes", "site-north": "yes"}):
        assert (await admin.post(f"/settings/users/{me.id}", fields)).status_code == 409
    pages.user("bea", Role.ADMIN, sites=None)
    assert (await admin.post(f"/settings/users/{me.id}", {"role-manager": "yes"})).status_code == 303


# ---------------------------------------------------------------- the first steps


def two_findings() -> list[Found]:
    return [
        Found(name="AMI login", ok=True, evidence="secondring at 127.0.0.1"),
        Found(name="carrier", ok=False, evidence="nobody answers", remedy="look at the cable"),
    ]


@pytest.fixture
async def first_day() -> tuple[Pages, Browser]:
    pages = Pages(test=two_findings)
    return pages, await pages.signed_in("ada", Role.ADMIN, sites=None)


async def test_the_first_day_begins_with_the_first_steps(first_day: tuple[Pages, Browser]) -> None:
    pages, admin = first_day
    assert (await admin.get("/")).headers["location"] == "/setup"
    assert (await admin.get("/setup")).headers["location"] == "/setup/clinic"
    answer = await send(admin, "/setup/clinic", name="Brand New Clinic")
    assert (answer.status_code, answer.headers["location"]) == (303, "/setup/hours")
    answer = await send(admin, "/setup/hours", mon="25:00-26:00")
    assert answer.status_code == 400
    assert "First steps" in answer.text
    answer = await send(admin, "/setup/hours", mon="09:00-12:00")
    assert answer.headers["location"] == "/setup/links"
    found = await admin.post("/setup/links", {"test": "yes"})
    assert "OK: AMI login" in text_of(found)
    assert "Broken: carrier nobody answers look at the cable" in text_of(found)
    await admin.post("/setup/links")
    assert (await admin.get("/")).headers["location"] == "/setup"
    assert (await admin.get("/setup")).headers["location"] == "/setup/ladder", "gone on with where they were"
    page = await admin.get("/setup/text")
    assert "Brand New Clinic" in page.text
    answer = await admin.post("/setup/text")
    assert answer.headers["location"] in ("/setup/done", "/setup/mode")
    assert set(await kept(pages)) == {"sites.north.name", "sites.north.hours"}


async def test_the_first_steps_can_be_left_and_found_again(first_day: tuple[Pages, Browser]) -> None:
    _, admin = first_day
    await send(admin, "/setup/clinic")
    await admin.post("/setup/leave")
    assert (await admin.get("/")).headers["location"] != "/setup"
    assert (await admin.get("/setup")).headers["location"] == "/setup/hours"
    await send(admin, "/setup/hours")
    assert (await admin.get("/")).headers["location"] == "/setup", "they are at it again"


async def test_without_shadow_mode_in_the_schema_there_is_no_such_step(
    first_day: tuple[Pages, Browser],
) -> None:
    pages, admin = first_day
    expected = 200 if pages.desk.settings.has_mode else 404
    assert (await admin.get("/setup/mode")).status_code == expected


@pytest.mark.parametrize(("name", "changes"), [("cy", {}), ("lou", {"roles": frozenset({Role.ADMIN})})])
async def test_others_are_not_asked(pages: Pages, name: str, changes: dict[str, Any]) -> None:
    browser = await pages.signed_in(name, **changes)
    assert (await browser.get("/")).headers["location"] != "/setup"


async def test_a_clinic_that_has_been_running_is_not_asked(pages: Pages, admin: Browser) -> None:
    pages.wait(hours=25)
    await admin.log_in("ada", PASSWORD)
    assert (await admin.get("/")).headers["location"] != "/setup"
