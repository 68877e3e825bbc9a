"""Logging in by the clinic's identity provider: who is let in, who is not, and what the books say of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import pytest

from secondring.domain.errors import PeerError
from secondring.domain.sign_on import Attempt, Identity, NotBelieved
from secondring.domain.staff import Role, Stage
from secondring.web.app import make_app
from secondring.web.second_factor import code_at
from tests.support.pages import SECRET, Browser, Pages, text_of

FAR = "https://login.clinic.example/authorize"


def an_identity(name: str = "ana", subject: str = "0815", **changes: Any) -> Identity:
    return Identity(name=name, issuer="https://login.clinic.example", subject=subject, **changes)


@dataclass
class AProvider:
    """Vouches for whom it is told to, or fails as it is told to."""

    whom: Identity = field(default_factory=an_identity)
    fails: Exception | None = None
    attempts: list[Attempt] = field(default_factory=list)
    answers: list[Mapping[str, str]] = field(default_factory=list)
    button: str = "Sign in with Clinic ID"

    async def way_there(self, attempt: Attempt) -> str:
        if self.fails is not None:
            raise self.fails
        self.attempts.append(attempt)
        return f"{FAR}?{urlencode({'state': attempt.state})}"

    async def who_came_back(self, answer: Mapping[str, str], attempt: Attempt) -> Identity:
        self.answers.append(answer)
        if self.fails is not None:
            raise self.fails
        assert attempt == self.attempts[-1]
        return self.whom


@pytest.fixture
def provider() -> AProvider:
    return AProvider()


@pytest.fixture
def pages(provider: AProvider) -> Pages:
    made = Pages()
    made.desk = made.make_desk(provider=provider)
    made.app = make_app(made.desk)
    return made


async def there(browser: Browser, query: str = "") -> str:
    """To the provider; returns the path that it sends the browser back to."""
    answer = await browser.get(f"/log-in/provider{query}")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"{FAR}?")
    state = answer.headers["location"].partition("state=")[2]
    return f"/log-in/provider/back?code=a-code&state={state}"


async def test_whom_the_provider_vouches_for_still_gives_their_code(pages: Pages) -> None:
    pages.user()
    browser = pages.browser()
    assert "Sign in with Clinic ID" in text_of(await browser.get("/log-in"))
    answer = await browser.get(await there(browser, "?next=/account/password"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/log-in/code?next=/account/password")
    assert (await browser.get("/account")).headers["location"] == "/log-in/code"
    fields = {"code": code_at(SECRET, pages.now), "next": "/account/password"}
    answer = await browser.post("/log-in/code", fields)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/password")
    (session,) = pages.sessions()
    assert (session.stage, session.by_provider) == (Stage.FULL, True)
    assert pages.audit("log-in")[0].what == "signed in, by the identity provider"
    assert "by the clinic's sign-in" in (await browser.get("/account")).text.replace("&#39;", "'")


async def test_a_trusted_second_factor_takes_the_place_of_ours(pages: Pages, provider: AProvider) -> None:
    pages.user()
    provider.whom = an_identity("Ana", second_factor=True)
    browser = pages.browser()
    answer = await browser.get(await there(browser, "?next=/account/password"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/account/password")
    assert (await browser.get("/account")).status_code == 200
    assert [entry.about for entry in pages.audit("log-in")] == [pages.saved().id]
    cookie = answer.headers["set-cookie"].lower()
    for word in ("__host-session=", "secure", "httponly", "samesite=lax", '__host-provider=""'):
        assert word in cookie


async def test_their_session_lasts_and_ends_as_any_other(pages: Pages, provider: AProvider) -> None:
    pages.user()
    provider.whom = an_identity(second_factor=True)
    browser = pages.browser()
    await browser.get(await there(browser))
    pages.wait(minutes=31)
    assert (await browser.get("/account")).headers["location"].startswith("/log-in")
    await browser.get(await there(browser))
    assert (await browser.post("/log-out")).status_code == 303
    assert (await browser.get("/account")).headers["location"].startswith("/log-in")


async def test_a_password_that_was_chosen_for_them_does_not_stop_whoever_gave_none(
    pages: Pages, provider: AProvider
) -> None:
    pages.user("ana", Role.MANAGER, must_change=True)
    provider.whom = an_identity(second_factor=True)
    browser = pages.browser()
    await browser.get(await there(browser))
    assert (await browser.get("/audit")).status_code == 200


async def test_a_name_that_the_provider_gave_to_somebody_else_opens_nothing(
    pages: Pages, provider: AProvider
) -> None:
    pages.user()
    provider.whom = an_identity(second_factor=True)
    first = pages.browser()
    await first.get(await there(first))
    provider.whom = an_identity(subject="4711", second_factor=True)
    browser = pages.browser()
    answer = await browser.get(await there(browser))
    assert answer.status_code == 403
    assert not browser.token
    assert pages.audit("log-in-failed")[0].what == "provider: somebody else has this name there now"
    assert "0815" not in repr(pages.saved())


async def test_whom_a_name_belongs_to_is_settled_by_a_whole_log_in_only(
    pages: Pages, provider: AProvider
) -> None:
    pages.user()
    provider.whom = an_identity(subject="4711")
    stranger = pages.browser()
    assert (await stranger.get(await there(stranger))).headers["location"] == "/log-in/code"
    provider.whom = an_identity(second_factor=True)
    browser = pages.browser()
    await browser.get(await there(browser))
    assert (await browser.get("/account")).status_code == 200


@pytest.mark.parametrize("who", ["nobody", "disabled", "locked"])
@pytest.mark.parametrize("second_factor", [True, False])
async def test_who_is_nobody_here_stays_out(
    pages: Pages, provider: AProvider, who: str, second_factor: bool
) -> None:
    pages.user("disabled", disabled_at=pages.now)
    pages.user("locked", failures=6, failed_at=pages.now)
    provider.whom = an_identity(who, second_factor=second_factor)
    browser = pages.browser()
    answer = await browser.get(await there(browser))
    assert answer.status_code == 403
    assert "Ask your administrator" in text_of(answer)
    assert not browser.token
    assert pages.audit("log-in-failed")
    with pages.store.reading() as books:
        assert books.user_named("nobody") is None, "nobody is made by logging in"


async def test_an_answer_is_good_once(pages: Pages, provider: AProvider) -> None:
    pages.user()
    browser = pages.browser()
    back = await there(browser)
    cookie = browser.http.cookies.get("__Host-provider") or ""
    assert (await browser.get(back)).status_code == 303
    browser.http.cookies.set("__Host-provider", cookie, domain="127.0.0.1", path="/")
    assert (await browser.get(back)).status_code == 403
    assert len(provider.answers) == 1


@pytest.mark.parametrize(
    "kind", ["another state", "no state", "another browser", "too late", "not asked for"]
)
async def test_an_answer_to_no_question_of_ours(pages: Pages, provider: AProvider, kind: str) -> None:
    pages.user()
    browser = pages.browser()
    back = await there(browser)
    if kind == "another state":
        back = back[:-1] + "_"
    elif kind == "no state":
        back = back.partition("&state=")[0]
    elif kind == "another browser":
        browser = pages.browser()
    elif kind == "too late":
        pages.wait(minutes=10)
    else:
        browser, back = pages.browser(), "/log-in/provider/back?code=a-code&state="
    answer = await browser.get(back)
    assert answer.status_code == 403
    assert "Try again" in text_of(answer)
    assert not browser.token
    assert not provider.answers, "the provider is not even asked"
    assert pages.audit("log-in-failed")[0].what == "provider: the answer belongs to no question of ours"


async def test_what_does_not_hold_is_written_down_and_not_told(pages: Pages, provider: AProvider) -> None:
    pages.user()
    browser = pages.browser()
    back = await there(browser)
    provider.fails = NotBelieved("the ID token's nonce does not hold")
    answer = await browser.get(back)
    assert answer.status_code == 403
    assert "nonce" not in answer.text
    assert "The sign-in did not work" in text_of(answer)
    assert pages.audit("log-in-failed")[0].what == "provider: the ID token's nonce does not hold"
    assert not pages.sessions()


async def test_while_the_provider_is_down_a_password_lets_in(pages: Pages, provider: AProvider) -> None:
    pages.user()
    browser = pages.browser()
    back = await there(browser)
    provider.fails = PeerError("the identity provider does not answer")
    for path in (back, "/log-in/provider"):
        answer = await browser.get(path)
        assert answer.status_code == 503
        assert "Name and password work as ever" in text_of(answer)
    assert (await browser.log_in()).status_code == 303
    assert (await browser.get("/account")).status_code == 200


async def test_no_other_site_can_send_people_on_their_way(pages: Pages, provider: AProvider) -> None:
    answer = await pages.browser().get("/log-in/provider", **{"sec-fetch-site": "cross-site"})
    assert answer.status_code == 200
    assert not provider.attempts


@pytest.mark.parametrize("wanted", ["//evil.example/", "https://evil.example/", "/\\evil.example"])
async def test_nobody_is_sent_elsewhere_afterwards(pages: Pages, provider: AProvider, wanted: str) -> None:
    pages.user()
    provider.whom = an_identity(second_factor=True)
    browser = pages.browser()
    answer = await browser.get(await there(browser, f"?next={wanted}"))
    assert answer.headers["location"] == "/"


async def test_every_question_has_secrets_of_its_own(pages: Pages, provider: AProvider) -> None:
    browser = pages.browser()
    await there(browser)
    await there(browser)
    one, two = provider.attempts
    secrets = {one.state, one.nonce, one.verifier, two.state, two.nonce, two.verifier}
    assert len(secrets) == 6
    assert all(len(secret) == 43 for secret in secrets)


async def test_one_address_cannot_set_out_without_end(pages: Pages) -> None:
    browser = pages.browser()
    statuses = [(await browser.get("/log-in/provider")).status_code for _ in range(11)]
    assert statuses == [303] * 10 + [429]


@pytest.mark.parametrize("path", ["/log-in/provider", "/log-in/provider/back?code=a&state=b"])
async def test_without_a_provider_there_is_nothing(path: str) -> None:
    browser = Pages().browser()
    assert (await browser.get(path)).status_code == 404
    assert "/log-in/provider" not in (await browser.get("/log-in")).text
