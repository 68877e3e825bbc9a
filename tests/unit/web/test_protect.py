"""What stands before every page: forged forms, strange names, large bodies, too many requests, and the headers."""

import pytest

from secondring.domain.staff import Role
from secondring.web.app import make_app
from secondring.web.protect import BODY_LIMIT
from secondring.web.routes import screens
from secondring.web.screens import MOST_FIELDS
from tests.support.pages import ORIGIN, PASSWORD, Pages


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://127.0.0.1:9999"},
    ],
)
async def test_a_form_from_elsewhere_is_refused(pages: Pages, headers: dict[str, str]) -> None:
    browser = await pages.signed_in()
    assert (await browser.post("/log-out", None, None, **headers)).status_code == 403
    assert pages.sessions()


async def test_a_form_that_does_not_say_where_it_comes_from_is_refused(pages: Pages) -> None:
    browser = await pages.signed_in()
    answer = await browser.http.post("/log-out", data={"csrf": browser.csrf})
    assert answer.status_code == 403


@pytest.mark.parametrize("csrf", ["", "0" * 64, "é"])
async def test_every_form_needs_its_token(pages: Pages, csrf: str) -> None:
    browser = await pages.signed_in("ana", Role.ADMIN)
    for screen in screens(pages.desk):
        if screen.method == "POST" and screen.stage is not None:
            path = screen.path.replace("{task}", "T-1").replace("{episode}", "E-1").replace("{case}", "U-1")
            answer = await browser.post(path, csrf=csrf)
            assert answer.status_code in (303, 403), screen.name
            assert answer.status_code == 403 or answer.headers["location"] == "/", screen.name
    assert pages.sessions()


async def test_the_log_in_form_needs_one_too(pages: Pages) -> None:
    pages.user()
    browser = pages.browser()
    await browser.get("/log-in")
    assert (await browser.post("/log-in", {"name": "ana", "password": PASSWORD}, csrf="0")).status_code == 403


async def test_the_token_of_another_session_is_none(pages: Pages) -> None:
    mine, theirs = await pages.signed_in(), await pages.signed_in("bo")
    assert (await mine.post("/log-out", csrf=theirs.csrf)).status_code == 403


async def test_every_answer_has_the_headers(pages: Pages) -> None:
    browser = await pages.signed_in()
    for path in ("/account", "/log-in", "/nowhere", "/audit", "/static/none.css"):
        headers = (await browser.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store", path
        assert "server" not in headers
        assert "strict-transport-security" not in headers


async def test_over_tls_browsers_are_told_to_stay_there(pages: Pages) -> None:
    pages.app = make_app(pages.make_desk(encrypted=True))
    assert "max-age" in (await pages.browser().get("/log-in")).headers["strict-transport-security"]


async def test_no_page_has_a_script_or_a_style_of_its_own(pages: Pages) -> None:
    browser = await pages.signed_in()
    page = (await browser.get("/account")).text
    assert page.count("<script") == 1
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick" not in page


async def test_style_and_script_may_be_kept_for_ever(pages: Pages) -> None:
    page = (await pages.browser().get("/log-in")).text
    address = page.partition('href="/static/style')[2].partition('"')[0]
    answer = await pages.browser().get(f"/static/style{address}")
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/css")


@pytest.mark.parametrize("name", ["..%2f__init__.py", "style.css", "../app.py", "%00"])
async def test_nothing_else_is_given_out(pages: Pages, name: str) -> None:
    assert (await pages.browser().get(f"/static/{name}")).status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "[::"])
async def test_a_strange_name_is_refused(pages: Pages, host: str) -> None:
    assert (await pages.browser().get("/log-in", host=host)).status_code == 421


async def test_a_large_body_is_refused(pages: Pages) -> None:
    browser = await pages.signed_in()
    answer = await browser.post("/account/password", {"old": "x" * BODY_LIMIT})
    assert answer.status_code == 413


async def test_a_large_body_that_does_not_say_so_is_refused(pages: Pages) -> None:
    browser = await pages.signed_in()

    async def endless() -> "object":
        for _ in range(BODY_LIMIT // 1000 + 2):
            yield b"x" * 1000

    answer = await browser.http.post("/log-out", content=endless(), headers={"origin": ORIGIN})  # type: ignore[arg-type]
    assert answer.status_code == 413


async def test_one_address_cannot_ask_without_end(pages: Pages) -> None:
    browser = pages.browser()
    answers = [(await browser.get("/static/none")).status_code for _ in range(601)]
    assert answers.count(429) == 1
    pages.wait(seconds=1)
    assert (await browser.get("/static/none")).status_code == 404


async def test_what_is_no_form_is_refused(pages: Pages) -> None:
    browser = await pages.signed_in()
    headers = {"origin": ORIGIN, "content-type": "application/json"}
    assert (await browser.http.post("/log-out", content=b"{}", headers=headers)).status_code == 415
    headers["content-type"] = "application/x-www-form-urlencoded"
    many = "&".join(f"f{n}=1" for n in range(MOST_FIELDS + 1)).encode()
    assert (await browser.http.post("/log-out", content=many, headers=headers)).status_code == 400
    assert (await browser.http.post("/log-out", content=b"\xff=\xff", headers=headers)).status_code == 400
