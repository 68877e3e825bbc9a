"""All of it at once: real phones at a real Asterisk, `secondring run`, and what people see of it in a real Chromium.

Every test is one thing that somebody at the clinic does; they share a PBX, a service and the people's log-ins.
"""

import csv
import io
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from lab import ports, triage
from lab.pbx import Pbx
from lab.phones import Phone, State
from lab.service import Service
from secondring import wiring
from secondring.domain.records import Origin, Outcome
from secondring.domain.staff import Role, User, UserId
from secondring.domain.urgent_case import Stage
from secondring.domain.weeks import Week
from secondring.web.second_factor import code_at
from tests.browser.conftest import sign_in
from tests.support.onlooker import Onlooker
from tests.support.pages import HASHED, PASSWORD, SECRET
from tests.support.until import until
from tests.support.urgent import NOBODY_HOME, wait_for_stage

FIRST, OWN = "given by the administrator", "four other little words"
CLERKS = {"ana": "1002", "cam": "1003"}
"""Their phones."""
LADDER, NURSE = "1001", "1005"
HOTLINE, AGAIN, UNSEEN = "+18005550121", "+18005550122", "+18005550133"
"""Toll-free lines get no texts, so a call missed from there is work for a person at once."""
URGENT, BOOKER, LATER = "+13125550141", "+13125550142", "+13125550143"
PATIENCE = 10_000
"""Milliseconds; how long it really takes is measured by `scripts/bench screens`."""


@dataclass
class Clinic:
    """The service, whoever looks into its books, and the windows that are open."""

    pbx: Pbx
    onlooker: Onlooker
    browser: Browser
    address: str
    booking: str
    password: str = PASSWORD
    contexts: list[BrowserContext] = field(default_factory=list)

    def code(self, name: str) -> str:
        """The six digits of now; everybody here logs in once."""
        return code_at(SECRET, wiring.now())

    def hire(self, name: str, shown: str, *roles: Role, phone: str = "") -> None:
        user = User(
            id=UserId(f"P-{name}"), name=name, shown=shown, roles=frozenset(roles), phone=phone, password=HASHED,
            totp=SECRET, totp_step=1, created_at=wiring.now(),
        )  # fmt: skip
        with wiring.writing(self.onlooker.settings) as books:
            books.save_user(user)

    def window(self, *, width: int = 1280, locale: str = "en-US") -> Page:
        """A browser of its own."""
        context = self.browser.new_context(
            base_url=self.address,
            viewport={"width": width, "height": 844},
            locale=locale,
            reduced_motion="reduce",
        )
        self.contexts.append(context)
        return context.new_page()

    def calls_in_vain(self, number: str) -> None:
        with Phone.outside(self.pbx, number) as caller:
            caller.call(NOBODY_HOME).wait_for(State.ENDED, 10)


@pytest.fixture(scope="module")
def clinic(chromium: Browser) -> Iterator[Clinic]:
    booking = ports.free_port(socket.SOCK_STREAM)
    config = triage.config(steps=[{"ring": [LADDER], "ring_for": "30s"}])
    visits = {"checkup": {"name": {"en": "Check-up", "es": "Consulta"}, "length": "30m"}}
    calendar = {"hours": {"mon-sun": ["00:00-24:00"]}, "lead": "1h", "visits": visits}
    config["sites"]["northside"] |= {"calendar": calendar}
    config |= {
        "booking": {"public_url": f"http://127.0.0.1:{booking}", "listen": {"port": booking}},
        "guards": {"settle": "0s", "spoken": "1s"},
        "call_back": {"patient_ring": "10s", "ring": "10s"},
    }
    with Pbx() as pbx, Service(pbx, config=config) as service, Onlooker(service) as onlooker:
        triage.add_triage(pbx, service)
        address = f"http://127.0.0.1:{onlooker.settings.web.port}"
        clinic = Clinic(pbx, onlooker, chromium, address, f"http://127.0.0.1:{booking}")
        yield clinic
        for context in clinic.contexts:
            context.close()
        until(lambda: pbx.channels() == 0, lambda: f"every call is over; {pbx.cli('core show channels')}")
        bad = [
            line for line in onlooker.log().splitlines() if line.startswith(("ERROR", "CRITICAL", "Trace"))
        ]
        assert [line for line in bad if "ALARM urgent" not in line] == []


@pytest.fixture(scope="module")
def admin(clinic: Clinic) -> Page:
    """The clinic's first user, made by command, who has gone through everything that a first log-in asks."""
    clinic.onlooker.service.ask(
        "user", "add", "ada", "--role", "admin", "--shown", "A. Admin", stdin=f"{FIRST}\n"
    )
    page = clinic.window()
    page.goto("/")
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Password").fill(FIRST)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("Cannot scan it?").click()
    secret = re.sub(r"\s", "", page.locator(".key").inner_text())
    page.get_by_label("Enter the six digits").fill(code_at(secret, wiring.now()))
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("link", name="I have kept them").click()
    page.get_by_label("Present password").fill(FIRST)
    page.get_by_label("New password").fill(OWN)
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_text("Your password is changed")).to_be_visible()
    return page


@pytest.fixture(scope="module")
def clerks(clinic: Clinic) -> dict[str, Page]:
    """Two at the work list, each before a screen of their own."""
    return {name: _at_work(clinic, name) for name in CLERKS}


def _at_work(clinic: Clinic, name: str) -> Page:
    clinic.hire(name, f"{name.capitalize()} Clerk", Role.FRONT_DESK, phone=CLERKS[name])
    page = clinic.window()
    sign_in(page, clinic, name)
    page.goto("/work")
    return live(page)


def live(page: Page) -> Page:
    """The page, once it follows what happens; whatever happens then has to come to it without a reload."""
    expect(page.locator("[data-lamp]")).to_have_text("up to date")
    page.evaluate("window.neverReloaded = true")
    return page


def row(page: Page, number: str) -> Locator:
    return page.locator("[data-row]").filter(has=page.locator(".number", has_text=number[-2:]))


# ---------------------------------------------------------------- the first day


def test_the_first_steps_reach_a_caller_of_the_real_pbx(clinic: Clinic, admin: Page) -> None:
    admin.goto("/")
    expect(admin.get_by_role("heading", name="Your clinic")).to_be_visible()
    admin.get_by_label("Name", exact=True).fill("Brand New Clinic")
    admin.get_by_role("button", name="Keep and go on").click()
    admin.get_by_role("button", name="Keep and go on").click()
    admin.get_by_role("button", name="Try the links now").click()
    heard = admin.locator(".findings li", has_text="PBX").filter(has_text="OK")
    expect(heard.first).to_be_visible(timeout=PATIENCE)
    admin.get_by_role("button", name="Go on").click()
    admin.get_by_role("link", name="Skip this step").click()
    expect(admin.locator(".bubble").first).to_contain_text("Brand New Clinic")
    admin.get_by_role("button", name="Go on").click()
    admin.get_by_label("Live: callers are texted").check()
    admin.get_by_role("button", name="Keep and go on").click()
    expect(admin.get_by_role("heading", name="Brand New Clinic is set up")).to_be_visible()
    clinic.onlooker.wait_until_logged("of what is set on screen is in force")
    clinic.calls_in_vain(LATER)
    clinic.onlooker.wait_for_text(LATER, "first-open")
    assert clinic.onlooker.inbox(LATER)[0].startswith("Brand New Clinic: sorry we missed your call.")


# ---------------------------------------------------------------- the desk


def test_a_missed_call_appears_and_of_two_who_claim_it_one_is_told(
    clinic: Clinic, clerks: dict[str, Page]
) -> None:
    clinic.calls_in_vain(HOTLINE)
    for page in clerks.values():
        expect(row(page, HOTLINE)).to_be_visible(timeout=PATIENCE)
        assert page.evaluate("window.neverReloaded")
        page.route("**/work/rows*", lambda route: route.abort())  # as though both had pressed in one moment
    for page in clerks.values():
        page.evaluate("document.querySelector('[data-key=take]').click()")
    said = {name: _toast(page) for name, page in clerks.items()}
    for page in clerks.values():
        page.unroute("**/work/rows*")
    (task,) = clinic.onlooker.tasks_of(HOTLINE)
    assert task.owner in CLERKS
    loser = next(name for name in CLERKS if name != task.owner)
    assert "It is yours." in said[task.owner]
    assert f"{task.owner.capitalize()} Clerk has it" in said[loser]


def _toast(page: Page) -> str:
    expect(page.locator(".toast")).to_be_visible()
    return page.locator(".toast").inner_text()


def test_a_click_rings_the_clerk_then_the_patient_and_the_row_closes_itself(
    clinic: Clinic, clerks: dict[str, Page]
) -> None:
    clinic.calls_in_vain(AGAIN)
    page, other = clerks["cam"], clerks["ana"]
    expect(row(other, AGAIN)).to_be_visible(timeout=PATIENCE)
    with Phone.inside(clinic.pbx, CLERKS["cam"]) as desk, Phone.outside(clinic.pbx, AGAIN) as patient:
        row(page, AGAIN).get_by_role("button", name="Call back").click()

        clerk = desk.next_call(10).wait_for(State.RINGING)
        expect(row(other, AGAIN)).to_contain_text("Cam Clerk has it")
        assert patient.lines == [], "the patient's phone rings only once somebody is there to talk to"
        clerk.answer()
        line = patient.next_call(10).wait_for(State.RINGING).answer()
        clerk.wait_for(State.TALKING)
        line.stay(1.2).hang_up()
        clerk.wait_for(State.ENDED)
    for screen in (page, other):
        expect(row(screen, AGAIN)).to_have_count(0, timeout=PATIENCE)
        assert screen.evaluate("window.neverReloaded")
    episode = clinic.onlooker.episode(AGAIN)
    assert episode
    assert episode.outcome is Outcome.REACHED


def test_the_board_shows_the_ladder_and_whoever_takes_it_talks_to_the_caller(clinic: Clinic) -> None:
    clinic.hire("bo", "B. Nurse", Role.NURSE, phone=NURSE)
    page = clinic.window()
    sign_in(page, clinic, "bo")
    page.goto("/urgent")
    expect(page.get_by_text("Nobody urgent is waiting.")).to_be_visible()
    live(page)
    with (
        Phone.inside(clinic.pbx, LADDER) as first,
        Phone.inside(clinic.pbx, NURSE) as nurse,
        Phone.outside(clinic.pbx, URGENT) as caller,
    ):
        call = caller.call(triage.URGENT).wait_for(State.TALKING)
        first.next_call(10).wait_for(State.RINGING)
        board = page.locator("section.urgent")
        expect(board).to_contain_text("on the line now", timeout=PATIENCE)
        expect(board.locator("li.now")).to_contain_text(f"{LADDER} ringing")
        expect(board.locator(".clock")).to_have_text(re.compile(r"^00:\d\d$"))
        page.get_by_role("button", name="Take it").click()
        line = triage.accept(nurse)
        wait_for_stage(clinic.onlooker, URGENT, Stage.CONNECTED)
        line.hang_up()
        call.wait_for(State.ENDED)
    expect(page.get_by_text("Nobody urgent is waiting.")).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".today")).to_contain_text("1 urgent · 1 taken")
    assert page.evaluate("window.neverReloaded")


# ---------------------------------------------------------------- the patient


def test_a_missed_caller_books_in_spanish_on_a_phone(clinic: Clinic) -> None:
    clinic.calls_in_vain(BOOKER)
    clinic.onlooker.wait_for_text(BOOKER, "first-open")
    clinic.onlooker.reply(BOOKER, "CITA")
    clinic.onlooker.wait_for_text(BOOKER, "book")
    link = re.search(rf"{clinic.booking}/b/[\w-]{{22}}", clinic.onlooker.inbox(BOOKER)[-1])
    assert link, clinic.onlooker.inbox(BOOKER)
    page = clinic.window(width=390, locale="es-US")
    page.goto(link[0])
    expect(page.get_by_role("heading", name="Elija una hora")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= 390")
    page.locator(".soonest button").first.click()
    expect(page.get_by_role("heading", name="¿Es correcto?")).to_be_visible()
    page.get_by_role("button", name="Sí, reservar").click()
    expect(page.get_by_role("heading", name="Su cita está reservada")).to_be_visible()
    clinic.onlooker.wait_for_text(BOOKER, "booked")
    episode = clinic.onlooker.episode(BOOKER)
    assert episode
    assert episode.outcome is Outcome.BOOKED


# ---------------------------------------------------------------- the manager and the administrator


def test_what_happened_is_in_the_manager_s_spreadsheet(clinic: Clinic, tmp_path: Path) -> None:
    clinic.calls_in_vain("+13125550144")
    clinic.onlooker.wait_for_text("+13125550144", "first-open")
    clinic.hire("max", "M. Manager", Role.MANAGER)
    page = clinic.window()
    sign_in(page, clinic, "max")
    page.goto(f"/dashboard?until={Week.of(wiring.now().date())}")
    with page.expect_download() as download:
        page.get_by_role("link", name="Spreadsheet").click()
    file = tmp_path / "rows.csv"
    download.value.save_as(file)
    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"))))
    missed = {episode.id for episode in clinic.onlooker.episodes() if episode.origin is Origin.CALL}
    assert {found["episode"] for found in rows} == missed
    assert "5550144" not in file.read_text()


def test_a_setting_comes_into_force_and_is_rolled_back(clinic: Clinic, admin: Page) -> None:
    site = clinic.onlooker.settings.rules.sites[0].id
    in_force = _versions_in_force(clinic)
    admin.goto(f"/settings/clinic/{site}")
    before = admin.get_by_label("Name", exact=True).input_value()
    admin.get_by_label("Name", exact=True).fill("Harbor Clinic")
    admin.get_by_role("button", name="Keep").click()
    expect(admin.get_by_text("in force within seconds")).to_be_visible()
    clinic.onlooker.wait(lambda: _versions_in_force(clinic) > in_force, "the change is in force")
    assert _first_text_to(clinic, "+13125550145").startswith("Harbor Clinic: ")

    admin.goto("/settings/history")
    numbers = [int(found) for found in admin.locator("tbody td:first-child").all_inner_texts()]
    admin.goto(f"/settings/history/{numbers[1]}")
    admin.get_by_role("button", name=f"Go back to version {numbers[1]}").click()
    expect(admin.get_by_text("is as it was in that version")).to_be_visible()
    clinic.onlooker.wait(lambda: _versions_in_force(clinic) > in_force + 1, "the old one is in force again")
    assert _first_text_to(clinic, "+13125550146").startswith(f"{before}: ")


def _versions_in_force(clinic: Clinic) -> int:
    return clinic.onlooker.log().count("of what is set on screen is in force")


def _first_text_to(clinic: Clinic, number: str) -> str:
    clinic.calls_in_vain(number)
    clinic.onlooker.wait_for_text(number, "first-open")
    return clinic.onlooker.inbox(number)[0]


def test_whoever_is_signed_out_sees_nothing_more(
    clinic: Clinic, admin: Page, clerks: dict[str, Page]
) -> None:
    admin.goto("/settings/users/P-cam")
    admin.get_by_role("button", name="Sign them out everywhere").click()
    clinic.calls_in_vain(UNSEEN)
    expect(row(clerks["ana"], UNSEEN)).to_be_visible(timeout=PATIENCE)
    expect(clerks["cam"].get_by_role("alert")).to_contain_text("You are signed out", timeout=PATIENCE)
    expect(row(clerks["cam"], UNSEEN)).to_have_count(0)
    clerks["cam"].reload()
    expect(clerks["cam"].get_by_role("heading", name="Sign in")).to_be_visible()
