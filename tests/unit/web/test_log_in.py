"""Who gets in, who does not, and how long it lasts."""

from dataclasses import replace

import pytest

from secondring.domain.staff import Role
from secondring.web.entrance import COOKIE
from secondring.web.second_factor import code_at
from tests.support.pages import PASSWORD, SECRET, Pages, text_of


async def test_name_password_and_code_let_in(pages: Pages) -> None:
    browser = await pages.through_the_log_in()
    answer = await browser.get("/account")
    assert answer.status_code == 200
    assert "Ana A." in text_of(answer)
    assert [entry.action for entry in pages.audit()] == ["log-in"]


async def test_the_token_changes_at_each_step_and_the_books_never_have_it(pages: Pages) -> None:
    pages.user()
    browser = pages.browser()
    await browser.get("/log-in")
    await browser.post("/log-in", {"name": "ana", "password": PASSWORD})
    half = browser.token
    await browser.post("/log-in/code", {"code": code_at(SECRET, pages.now)})
    assert browser.token != half
    assert len(browser.token) >= 43
    (session,) = pages.sessions()
    assert browser.token not in session.token_hash
    browser.http.cookies.set(COOKIE, half, domain="127.0.0.1", path="/")
    assert (await browser.get("/account")).status_code == 303


async def test_cookies_are_out_of_reach_of_scripts_and_other_names(pages: Pages) -> None:
    pages.user()
    browser = pages.browser()
    await browser.get("/log-in")
    answer = await browser.post("/log-in", {"name": "ana", "password": PASSWORD})
    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("__host-session=")
    for word in ("secure", "httponly", "samesite=lax", "path=/"):
        assert word in cookie
    assert "domain" not in cookie


@pytest.mark.parametrize(
    ("name", "password"), [("ana", "not the right words"), ("nobody", PASSWORD), ("ana", ""), ("", "")]
)
async def test_a_wrong_name_and_a_wrong_password_look_the_same(
    pages: Pages, name: str, password: str
) -> None:
    pages.user()
    browser = pages.browser()
    answer = await browser.log_in(name, password)
    assert answer.status_code == 403
    assert "Check the name and the password" in text_of(answer)
    assert COOKIE not in answer.cookies
    assert pages.audit("log-in-failed")


async def test_a_code_is_good_once(pages: Pages) -> None:
    await pages.through_the_log_in()
    used = code_at(SECRET, pages.now)
    thief = pages.browser()
    await thief.get("/log-in")
    await thief.post("/log-in", {"name": "ana", "password": PASSWORD})
    answer = await thief.post("/log-in/code", {"code": used})
    assert answer.status_code == 403
    assert (await thief.get("/account")).status_code == 303


async def test_after_five_wrong_passwords_even_the_right_one_waits(pages: Pages) -> None:
    pages.user()
    browser = pages.browser()
    for _ in range(5):
        await browser.log_in("ana", "wrong wrong wrong")
    assert (await browser.log_in()).status_code == 403
    pages.wait(seconds=16)
    assert (await browser.log_in()).status_code == 303
    assert pages.saved().failures == 0


async def test_wrong_codes_lock_as_well(pages: Pages) -> None:
    pages.user()
    browser = pages.browser()
    await browser.get("/log-in")
    await browser.post("/log-in", {"name": "ana", "password": PASSWORD})
    for _ in range(5):
        await browser.post("/log-in/code", {"code": "000000"})
    answer = await browser.post("/log-in/code", {"code": code_at(SECRET, pages.now)})
    assert answer.status_code == 403


async def test_one_address_cannot_try_without_end(pages: Pages) -> None:
    browser = pages.browser()
    statuses = [(await browser.log_in(f"nobody-{n}")).status_code for n in range(11)]
    assert statuses == [403] * 10 + [429]


async def test_a_recovery_code_opens_once(pages: Pages) -> None:
    pages.user(totp=SECRET, totp_step=0)
    browser = pages.browser()
    await browser.get("/log-in")
    answer = await browser.post("/log-in", {"name": "ana", "password": PASSWORD})
    assert answer.headers["location"] == "/log-in/set-up"
    page = await browser.get("/log-in/set-up")
    assert "<svg" in page.text
    shown = await browser.post("/log-in/set-up", {"code": code_at(SECRET, pages.now)})
    codes = [word for word in text_of(shown).split() if word.count("-") == 3]
    assert len(codes) == 8
    assert not set(codes) & set(pages.saved().recovery)
    for expected in (303, 403):
        other = pages.browser()
        await other.get("/log-in")
        await other.post("/log-in", {"name": "ana", "password": PASSWORD})
        assert (await other.post("/log-in/code", {"code": codes[0]})).status_code == expected


async def test_the_second_factor_cannot_be_set_up_twice(pages: Pages) -> None:
    pages.user()
    browser = pages.browser()
    await browser.get("/log-in")
    await browser.post("/log-in", {"name": "ana", "password": PASSWORD})
    answer = await browser.get("/log-in/set-up")
    assert (answer.status_code, answer.headers["location"]) == (303, "/log-in/code")
    await browser.post("/log-in/set-up", {"code": code_at(SECRET, pages.now)})
    assert (await browser.get("/account")).status_code == 303


async def test_half_a_log_in_opens_nothing_and_ends_soon(pages: Pages) -> None:
    pages.user()
    browser = pages.browser()
    await browser.get("/log-in")
    await browser.post("/log-in", {"name": "ana", "password": PASSWORD})
    assert (await browser.get("/account")).headers["location"] == "/log-in/code"
    pages.wait(minutes=11)
    assert (await browser.get("/account")).headers["location"].startswith("/log-in?")


async def test_a_chosen_password_is_asked_for_before_anything_else(pages: Pages) -> None:
    browser = await pages.through_the_log_in("ana", Role.ADMIN, must_change=True)
    answer = await browser.get("/audit")
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/password")
    wrong = await browser.post("/account/password", {"old": PASSWORD, "new": "short"})
    assert wrong.status_code == 400
    answer = await browser.post("/account/password", {"old": PASSWORD, "new": "quite another set of words"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await browser.get("/audit")).status_code == 200


@pytest.mark.parametrize("new", [PASSWORD, "northside clinic", "aaaaaaaaaaaaaaaa", "password1234", "x" * 129])
async def test_bad_new_passwords(pages: Pages, new: str) -> None:
    browser = await pages.through_the_log_in()
    answer = await browser.post("/account/password", {"old": PASSWORD, "new": new})
    assert answer.status_code == 400
    assert pages.saved().password == pages.user("ana").password


async def test_sessions_end_by_idleness_by_age_and_by_hand(pages: Pages) -> None:
    browser = await pages.through_the_log_in()
    pages.wait(minutes=29)
    assert (await browser.get("/account")).status_code == 200
    pages.wait(minutes=31)
    assert (await browser.get("/account")).status_code == 303
    await browser.log_in()
    for _ in range(25):
        pages.wait(minutes=29)
        answer = await browser.get("/account")
    assert answer.status_code == 303, "twelve hours are over, however busy they were"


async def test_what_a_screen_does_by_itself_keeps_nobody_signed_in(pages: Pages) -> None:
    browser = await pages.through_the_log_in()
    for _ in range(3):
        pages.wait(minutes=11)
        answer = await browser.get("/account", **{"x-live": "1"})
    assert answer.status_code == 401


async def test_one_session_ends_another(pages: Pages) -> None:
    here, there = await pages.through_the_log_in(), await pages.through_the_log_in()
    assert len(pages.sessions()) == 2
    other = next(s for s in pages.sessions() if s.created_at == min(x.created_at for x in pages.sessions()))
    assert (await there.post("/account/end", {"session": other.token_hash[:16]})).status_code == 303
    assert (await here.get("/account")).status_code == 303
    assert (await there.get("/account")).status_code == 200


async def test_a_disabled_user_is_out_at_once(pages: Pages) -> None:
    browser = await pages.through_the_log_in()
    with pages.store.transaction() as books:
        books.save_user(replace(pages.saved(), disabled_at=pages.now))
    assert (await browser.get("/account")).status_code == 303
    assert (await browser.log_in()).status_code == 403


async def test_signing_out_ends_the_session_in_the_books(pages: Pages) -> None:
    browser = await pages.through_the_log_in()
    token = browser.token
    answer = await browser.post("/log-out")
    assert (answer.status_code, answer.headers["location"]) == (303, "/log-in")
    browser.http.cookies.set(COOKIE, token, domain="127.0.0.1", path="/")
    assert (await browser.get("/account")).status_code == 303


@pytest.mark.parametrize(
    "wanted", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:1"]
)
async def test_nobody_is_sent_elsewhere_after_the_log_in(pages: Pages, wanted: str) -> None:
    pages.user()
    browser = pages.browser()
    await browser.get("/log-in")
    await browser.post("/log-in", {"name": "ana", "password": PASSWORD, "next": wanted})
    answer = await browser.post("/log-in/code", {"code": code_at(SECRET, pages.now), "next": wanted})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


async def test_after_the_log_in_they_are_where_they_wanted_to_be(pages: Pages) -> None:
    pages.user()
    browser = pages.browser()
    asked = await browser.get("/account/password")
    assert asked.headers["location"] == "/log-in?next=/account/password"
    await browser.get("/log-in")
    await browser.post("/log-in", {"name": "ana", "password": PASSWORD, "next": "/account/password"})
    answer = await browser.post(
        "/log-in/code", {"code": code_at(SECRET, pages.now), "next": "/account/password"}
    )
    assert answer.headers["location"] == "/account/password"


async def test_a_session_alone_cannot_guess_the_password(pages: Pages) -> None:
    browser = await pages.through_the_log_in()
    for _ in range(5):
        await browser.post(
            "/account/password", {"old": "a guess of mine", "new": "quite another set of words"}
        )
    answer = await browser.post("/account/password", {"old": PASSWORD, "new": "quite another set of words"})
    assert "Too many" in text_of(answer)
