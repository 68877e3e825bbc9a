"""What people do, in a real browser: log in, follow the list live, claim, call back, answer, sign; by keys alone and
without script."""

import re

from playwright.sync_api import Page, expect

from secondring.domain.phone import PhoneNumber
from secondring.domain.staff import Role
from secondring.web.second_factor import code_at
from tests.browser.conftest import Window
from tests.support.scene import Scene
from tests.support.until import until

BILL, REFILL, URGENT = PhoneNumber("+12025550131"), PhoneNumber("+12025550132"), PhoneNumber("+12025550141")
SOON = 1_000
"""Milliseconds in which every open screen has a change."""


def live(page: Page) -> Page:
    """The page, once it follows what happens."""
    expect(page.locator("[data-lamp]")).to_have_text("up to date")
    return page


def test_the_first_log_in_sets_up_the_second_factor_and_a_password(window: Window, scene: Scene) -> None:
    scene.user("new", "N. Clerk", Role.FRONT_DESK, totp=None, totp_step=0, must_change=True)
    page = window()
    page.goto("/work")
    page.get_by_label("Name").fill("new")
    page.get_by_label("Password").fill(scene.password)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("img", name="QR code")).to_be_visible()
    page.get_by_text("Cannot scan it?").click()
    secret = re.sub(r"\s", "", page.locator(".key").inner_text())
    page.get_by_label("Enter the six digits").fill(code_at(secret, scene.now()))
    page.get_by_role("button", name="Go on").click()
    expect(page.locator(".codes li")).to_have_count(8)
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_role("heading", name="Change password")).to_be_visible()
    page.get_by_label("Present password").fill(scene.password)
    page.get_by_label("New password").fill("a brand new set of words")
    page.get_by_role("button", name="Change it").click()
    expect(page.get_by_text("Your password is changed")).to_be_visible()
    page.goto("/work")
    expect(page.get_by_text("Nobody is waiting.")).to_be_visible()


def test_a_missed_call_appears_live_and_two_screens_claim_it_once(window: Window, scene: Scene) -> None:
    ana, cam = live(window("ana")), live(window("cam"))
    scene.missed(BILL, "question about my bill")
    for page in (ana, cam):
        expect(page.get_by_text("question about my bill")).to_be_visible(timeout=SOON)
    ana.get_by_role("button", name="Mine", exact=True).click()
    expect(cam.get_by_text("A. Clerk has it")).to_be_visible(timeout=SOON)
    expect(cam.get_by_role("button", name="Mine", exact=True)).to_have_count(0)
    expect(ana.get_by_text("you have it")).to_be_visible(timeout=SOON)


def test_whoever_presses_second_is_told_who_was_first(window: Window, scene: Scene) -> None:
    scene.missed(BILL, "question about my bill")
    ana, cam = live(window("ana")), live(window("cam"))
    # The second one's screen is held still, as though both pressed in the same moment.
    cam.route("**/work/rows*", lambda route: route.abort())
    ana.get_by_role("button", name="Mine", exact=True).click()
    expect(ana.get_by_text("It is yours.").first).to_be_visible()
    cam.get_by_role("button", name="Mine", exact=True).click()
    expect(cam.locator(".toast")).to_contain_text("A. Clerk has it")
    (task,) = scene.tasks()
    assert task.owner == "ana"


def test_a_click_calls_back_and_the_row_closes_itself(window: Window, scene: Scene) -> None:
    clinic = scene.missed(BILL, "please call me")
    page = live(window("ana"))
    page.get_by_role("button", name="Call back").click()
    expect(page.locator(".toast")).to_contain_text("Your phone rings")
    until(lambda: scene.phones.rung == [("1001", BILL)], "the phone was rung")
    clinic.calls_back(BILL, talked=30)
    expect(page.get_by_text("Nobody is waiting.")).to_be_visible(timeout=2 * SOON)


def test_everything_by_keys(window: Window, scene: Scene) -> None:
    scene.missed(REFILL, "REFILL", ago=30)
    scene.missed(BILL, "what about my bill", ago=20)
    page = live(window("ana"))
    page.keyboard.press("j")
    first = page.locator(".task").first
    expect(first).to_be_focused()
    page.keyboard.press("t")
    expect(first.get_by_text("you have it")).to_be_visible()
    page.keyboard.press("c")
    until(lambda: len(scene.phones.rung) == 1, "the phone was rung")
    page.keyboard.press("d")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_label("Resolved without a call").check()
    page.keyboard.press("Enter")
    expect(page.locator(".task")).to_have_count(1)
    page.keyboard.press("/")
    page.keyboard.type("nothing like it")
    expect(page.locator(".task:visible")).to_have_count(0)
    expect(page.get_by_text("Nothing here has that in it.")).to_be_visible()
    left = page.locator(".task").first.get_attribute("data-row") or ""
    page.get_by_label("Find on this page").fill(left)
    expect(page.locator(".task:visible")).to_have_count(1)
    expect(page.get_by_text("Nothing here has that in it.")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator(".task").first).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()


def test_an_answer_by_keys_alone(window: Window, scene: Scene) -> None:
    scene.missed(BILL, "what about my bill")
    page = live(window("ana"))
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What happened")).to_be_visible()
    _tab_to(page, "textarea#words")
    page.keyboard.type("We will call you at three.")
    _tab_to(page, "button")
    expect(page.locator(":focus")).to_have_text("Send")
    page.keyboard.press("Enter")
    expect(page.locator(".bubble.out", has_text="We will call you at three.")).to_be_visible()


def _tab_to(page: Page, what: str) -> None:
    """Press Tab until that has the focus, as far as a page goes."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate("what => document.activeElement.matches(what)", what):
            return
    raise AssertionError(f"Tab does not lead to {what}")


def test_an_answer_is_counted_checked_and_sent(window: Window, scene: Scene) -> None:
    scene.missed(BILL, "what about my bill")
    page = live(window("ana"))
    page.get_by_role("link", name=re.compile("^More for")).click()
    box = page.get_by_label("Your text")
    box.fill("x" * 161)
    expect(page.locator("#parts")).to_contain_text("2 parts, 145 characters left")
    box.fill("Your test result is here.")
    expect(page.locator("#parts")).to_contain_text("'result' is a clinical word")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("clinical word")
    page.get_by_role("link", name="About a bill").click()
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("status").first).to_contain_text("Your text is on its way.")
    expect(page.locator(".bubble.out").last).to_contain_text("Our billing team will call you")


def test_the_board_during_a_ladder_and_an_alarm_until_it_is_signed(window: Window, scene: Scene) -> None:
    page = live(window("bo"))
    page.goto("/urgent")
    expect(page.get_by_text("Nobody urgent is waiting.")).to_be_visible()
    live(page)
    case = scene.urgent(URGENT)
    board = page.locator("section.urgent")
    expect(board).to_contain_text("wrote that it is urgent", timeout=SOON)
    expect(board.locator("li.now")).to_contain_text("B. Nurse and 2003 ringing")
    expect(board.locator(".clock")).to_have_text(re.compile(r"^\d\d:\d\d$"))
    scene.urgent_ends(case)
    expect(page.get_by_text("nobody on the ladder took an urgent call")).to_be_visible(timeout=2 * SOON)
    page.reload()
    page.get_by_role("button", name=re.compile("I know of it")).click()
    expect(page.get_by_text("nobody on the ladder took an urgent call")).to_have_count(0)
    expect(board).to_contain_text("knows of it · nobody has spoken with them yet")


def test_a_revoked_session_is_told_loudly(window: Window, scene: Scene) -> None:
    here, there = live(window("ana")), window("ana")
    there.goto("/account")
    there.get_by_role("button", name="End all but this one").click()
    expect(here.get_by_role("alert")).to_contain_text("You are signed out", timeout=15_000)
    here.reload()
    expect(here.get_by_role("heading", name="Sign in")).to_be_visible()


def test_without_script_they_read_claim_and_answer(window: Window, scene: Scene) -> None:
    scene.missed(BILL, "what about my bill")
    page = window("ana", script=False)
    expect(page.get_by_text("what about my bill")).to_be_visible()
    page.get_by_role("button", name="Mine", exact=True).click()
    expect(page.get_by_text("It is yours.")).to_be_visible()
    page.get_by_role("link", name=re.compile("^More for")).click()
    page.get_by_label("Your text").fill("We will call you at three.")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("We will call you at three.")).to_be_visible()
    page.get_by_text("Done", exact=True).first.click()
    page.get_by_label("What came of it?").select_option("spoke")
    page.get_by_role("button", name="Done").click()
    until(lambda: scene.tasks() == [], "the row is done")


def test_an_idle_page_asks_before_it_is_signed_out(window: Window, scene: Scene) -> None:
    page = window("ana", script=True)
    page.clock.install()
    page.goto("/account")
    page.clock.fast_forward("27:00")
    expect(page.get_by_role("alert")).to_have_count(0)
    page.clock.fast_forward("02:00")
    page.get_by_role("button", name="Stay signed in").click()
    expect(page.get_by_role("alert")).to_have_count(0)
