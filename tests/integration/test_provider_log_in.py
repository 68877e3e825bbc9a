"""Staff log in by a real OpenID Connect provider, which says no to what is forged as well as yes to what is not."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from secondring.domain.errors import PeerError
from secondring.domain.sign_on import Attempt, Identity, NotBelieved
from secondring.oidc.provider import Provider, ProviderSettings
from secondring.web.app import make_app
from secondring.web.second_factor import code_at
from secondring.web.tokens import new_token
from tests.support.identity_provider import CLIENT, SECRET, IdentityProvider, answer_in, identity_provider
from tests.support.pages import ORIGIN, Browser, Pages, text_of
from tests.support.pages import SECRET as TOTP

REDIRECT = f"{ORIGIN}/log-in/provider/back"


@pytest.fixture(scope="module")
def issuer() -> Iterator[IdentityProvider]:
    with identity_provider(REDIRECT) as running:
        yield running


def right_now() -> datetime:
    return datetime.now(UTC)


def ask(issuer: IdentityProvider, *, clock: Callable[[], datetime] = right_now, **changes: Any) -> Provider:
    settings: dict[str, Any] = {
        "issuer": issuer.issuer,
        "client_id": CLIENT,
        "secret": SECRET,
        "redirect": REDIRECT,
        "button": "Clinic ID",
        "name_claim": "preferred_username",
        "scopes": ("openid", "profile"),
    }
    return Provider(ProviderSettings(**settings | changes), clock)


def an_attempt() -> Attempt:
    return Attempt(state=new_token(), nonce=new_token(), verifier=new_token(), began_at=datetime.now(UTC))


def pages_with(provider: Provider) -> Pages:
    pages = Pages(now=datetime.now(UTC))
    pages.desk = pages.make_desk(provider=provider)
    pages.app = make_app(pages.desk)
    return pages


async def there_and_back(browser: Browser, issuer: IdentityProvider) -> Any:
    sent = await browser.get("/log-in/provider")
    assert sent.status_code == 303, sent.text
    back = await issuer.visit(sent.headers["location"])
    assert back.startswith(REDIRECT)
    return await browser.get(back.removeprefix(ORIGIN))


async def test_ana_logs_in_with_the_provider_and_her_code(issuer: IdentityProvider) -> None:
    issuer.be("ana")
    pages = pages_with(ask(issuer, trusted_amr=("hwk",)))
    pages.user()
    browser = pages.browser()
    answer = await there_and_back(browser, issuer)
    assert (answer.status_code, answer.headers["location"]) == (303, "/log-in/code"), text_of(answer)
    answer = await browser.post("/log-in/code", {"code": code_at(TOTP, pages.now)})
    assert answer.status_code == 303
    assert "Ana A." in text_of(await browser.get("/account"))


async def test_a_second_factor_that_is_trusted_is_enough(issuer: IdentityProvider) -> None:
    issuer.be("ana", acr="phr", amr=["pwd", "hwk"])
    for provider in (ask(issuer, trusted_amr=("hwk",)), ask(issuer, trusted_acr=("phr",))):
        pages = pages_with(provider)
        pages.user()
        browser = pages.browser()
        answer = await there_and_back(browser, issuer)
        assert (answer.status_code, answer.headers["location"]) == (303, "/"), text_of(answer)


async def test_somebody_whom_only_the_provider_knows_stays_out(issuer: IdentityProvider) -> None:
    issuer.be("mallory")
    pages = pages_with(ask(issuer))
    pages.user()
    browser = pages.browser()
    assert (await there_and_back(browser, issuer)).status_code == 403
    assert not browser.token


async def test_names_that_only_its_user_info_tells() -> None:
    with identity_provider(REDIRECT, quiet_tokens=True) as issuer:
        provider, attempt = ask(issuer), an_attempt()
        back = await issuer.visit(await provider.way_there(attempt))
        assert (await provider.who_came_back(answer_in(back), attempt)).name == "ana"


async def test_what_the_provider_refuses_lets_nobody_in(issuer: IdentityProvider) -> None:
    """A code used twice, another verifier, another secret; and the right one, so that the others mean something."""
    issuer.be("ana")
    provider = ask(issuer)

    async def came_back(attempt: Attempt) -> dict[str, str]:
        return answer_in(await issuer.visit(await provider.way_there(attempt)))

    attempt = an_attempt()
    answer = await came_back(attempt)
    assert await provider.who_came_back(answer, attempt) == Identity(
        name="ana", issuer=issuer.issuer, subject="ana"
    )
    with pytest.raises(NotBelieved, match="does not take the code"):
        await provider.who_came_back(answer, attempt)
    answer = await came_back(attempt)
    with pytest.raises(NotBelieved, match="does not take the code"):
        await provider.who_came_back(answer, replace(attempt, verifier=new_token()))
    answer = await came_back(attempt)
    with pytest.raises(NotBelieved, match="does not take the code"):
        await ask(issuer, secret="a guess").who_came_back(answer, attempt)
    answer = await came_back(attempt)
    with pytest.raises(NotBelieved, match="nonce"):
        await provider.who_came_back(answer, replace(attempt, nonce=new_token()))
    answer = await came_back(attempt)
    del answer["iss"]
    with pytest.raises(NotBelieved, match="another provider"):
        await provider.who_came_back(answer, attempt)


async def test_it_may_change_its_keys(issuer: IdentityProvider) -> None:
    issuer.be("ana")
    ahead = timedelta(0)
    provider = ask(issuer, clock=lambda: datetime.now(UTC) + ahead)
    for _ in range(2):
        attempt = an_attempt()
        back = await issuer.visit(await provider.way_there(attempt))
        assert (await provider.who_came_back(answer_in(back), attempt)).name == "ana"
        issuer.rotate_keys()
        ahead = timedelta(seconds=40)


async def test_a_provider_that_is_down_keeps_nobody_out(issuer: IdentityProvider) -> None:
    with identity_provider(REDIRECT) as doomed:
        pages = pages_with(ask(doomed))
        pages.user()
        doomed.stop()
        browser = pages.browser()
        assert (await browser.get("/log-in/provider")).status_code == 503
        assert (await browser.log_in()).status_code == 303
        with pytest.raises(PeerError):
            await ask(doomed).way_there(an_attempt())
