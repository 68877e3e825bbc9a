"""What an identity provider may tell us, and every way in which it is not believed."""

import base64
import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.errors import PeerError
from secondring.domain.sign_on import Identity, NotBelieved
from tests.support.fake_issuer import (
    ATTEMPT,
    ISSUER,
    KEY,
    NOW,
    OTHER_KEY,
    FakeIssuer,
    claims,
    forged,
    signed,
)

CODE = {"code": "a-code", "state": ATTEMPT.state}
THEN = int(NOW.timestamp())


async def whom(issuer: FakeIssuer, answer: dict[str, str] | None = None, **settings: Any) -> Identity:
    return await issuer.provider(**settings).who_came_back(answer or CODE, ATTEMPT)


async def test_a_person_whom_the_provider_vouches_for() -> None:
    assert await whom(FakeIssuer()) == Identity(
        name="ana", issuer=ISSUER, subject="0815", second_factor=False
    )


async def test_what_the_browser_is_sent_with() -> None:
    way = urlsplit(await FakeIssuer().provider(trusted_acr=("phr",)).way_there(ATTEMPT))
    asked = {name: values[0] for name, values in parse_qs(way.query).items()}
    assert f"{way.scheme}://{way.netloc}{way.path}" == f"{ISSUER}/authorize"
    challenge = base64.urlsafe_b64encode(hashlib.sha256(ATTEMPT.verifier.encode()).digest())
    assert asked == {
        "response_type": "code",
        "client_id": "secondring",
        "redirect_uri": "https://desk.clinic.example/log-in/provider/back",
        "scope": "openid",
        "state": ATTEMPT.state,
        "nonce": ATTEMPT.nonce,
        "code_challenge": challenge.rstrip(b"=").decode(),
        "code_challenge_method": "S256",
        "acr_values": "phr",
    }
    assert ATTEMPT.verifier not in way.query


async def test_the_code_is_redeemed_with_the_verifier_and_our_secret() -> None:
    issuer = FakeIssuer()
    await whom(issuer)
    assert issuer.form() == {
        "grant_type": "authorization_code",
        "code": "a-code",
        "redirect_uri": "https://desk.clinic.example/log-in/provider/back",
        "code_verifier": ATTEMPT.verifier,
    }
    asked = next(request for request in issuer.asked if request.url.path == "/token")
    said = base64.b64decode(asked.headers["authorization"].removeprefix("Basic ")).decode()
    assert said == "secondring:a+b%26c"


async def test_a_provider_that_wants_the_secret_in_the_form_and_one_without_secrets() -> None:
    issuer = FakeIssuer(discovery={"token_endpoint_auth_methods_supported": ["client_secret_post"]})
    await whom(issuer)
    assert (issuer.form()["client_id"], issuer.form()["client_secret"]) == ("secondring", "a b&c")
    public = FakeIssuer()
    await whom(public, secret=None)
    assert public.form()["client_id"] == "secondring"
    assert "client_secret" not in public.form()


BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "nonce": {"nonce": "of another log-in"},
    "nonce missing": {"nonce": None},
    "aud": {"aud": "another-service"},
    "aud missing": {"aud": None},
    "aud many": {"aud": ["secondring", "another-service"]},
    "azp": {"azp": "another-service"},
    "iss": {"iss": "https://evil.example"},
    "iss missing": {"iss": None},
    "exp": {"exp": THEN - 61},
    "exp missing": {"exp": None},
    "exp no number": {"exp": "tomorrow"},
    "iat old": {"iat": THEN - 601},
    "iat ahead": {"iat": THEN + 61},
    "iat missing": {"iat": None},
    "nbf": {"nbf": THEN + 61},
    "sub missing": {"sub": None},
}


@pytest.mark.parametrize("wrong", BAD_CLAIMS.values(), ids=BAD_CLAIMS.keys())
async def test_a_token_whose_claims_do_not_hold(wrong: dict[str, Any]) -> None:
    with pytest.raises(NotBelieved, match="does not hold"):
        await whom(FakeIssuer(token=signed(claims(**wrong))))


def _mixed(token: str, other: str) -> str:
    header, _, signature = token.split(".")
    return f"{header}.{other.split('.')[1]}.{signature}"


PUBLIC = KEY.as_pem(private=False)
BAD_TOKENS: dict[str, object] = {
    "alg none": forged({"alg": "none"}, claims()),
    "alg none with a key's id": forged({"alg": "none", "kid": "k1"}, claims()),
    "alg NONE": forged({"alg": "NoNe", "kid": "k1"}, claims()),
    "HS256 with the public key": forged({"alg": "HS256", "kid": "k1"}, claims(), PUBLIC),
    "HS256 with our secret": forged({"alg": "HS256", "kid": "k1"}, claims(), b"a b&c"),
    "HS256 with nothing": forged({"alg": "HS256", "kid": "k1"}, claims(), b""),
    "another key of the same id": signed(claims(), OTHER_KEY),
    "a key of its own": signed(claims(), OTHER_KEY, jku="https://evil.example/keys"),
    "no signature": signed(claims()).rpartition(".")[0] + ".",
    "other claims under the signature": _mixed(signed(claims()), signed(claims(preferred_username="bo"))),
    "no token": "no token",
    "empty": "",
    "a number": 7,
    "not ASCII": "é.é.é",
}


@pytest.mark.parametrize("token", BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
async def test_a_token_that_the_provider_has_not_signed(token: object) -> None:
    with pytest.raises(NotBelieved):
        await whom(FakeIssuer(token=token))


@given(st.text(max_size=60) | st.builds("{}.{}.{}".format, *[st.text("abcXYZ019-_=", max_size=40)] * 3))
async def test_whatever_comes_as_a_token_is_refused_and_nothing_else(token: str) -> None:
    with pytest.raises(NotBelieved):
        await whom(FakeIssuer(token=token))


async def test_a_secret_key_among_the_published_ones_is_not_used() -> None:
    oct_key = {"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3JldA", "kid": "k1"}
    token = forged({"alg": "HS256", "kid": "k1"}, claims(), b"secret-secret-secret-secret-secret")
    with pytest.raises(PeerError, match="no key"):
        await whom(FakeIssuer(token=token, keys=[oct_key, {"kty": "RSA"}, "no key", {"kty": "new"}]))


@pytest.mark.parametrize(
    "answer",
    [
        CODE | {"iss": "https://evil.example"},
        CODE | {"iss": ISSUER + "/"},
        {"error": "access_denied", "state": ATTEMPT.state},
        {"state": ATTEMPT.state},
        {"state": ATTEMPT.state, "code": ""},
    ],
)
async def test_an_answer_that_is_another_providers_or_none(answer: dict[str, str]) -> None:
    issuer = FakeIssuer()
    with pytest.raises(NotBelieved):
        await whom(issuer, answer)
    assert issuer.count("/token") == 0, "a code is not handed to whom it may not belong to"


async def test_a_provider_that_names_itself_in_answers_has_to() -> None:
    issuer = FakeIssuer(discovery={"authorization_response_iss_parameter_supported": True})
    with pytest.raises(NotBelieved, match="another provider"):
        await whom(issuer)
    assert (await whom(issuer, CODE | {"iss": ISSUER})).name == "ana"


async def test_a_code_that_the_provider_does_not_take() -> None:
    with pytest.raises(NotBelieved, match="does not take the code"):
        await whom(FakeIssuer(status={"/token": 400}))


@pytest.mark.parametrize("status", [0, 500, 302])
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/token", "/keys"])
async def test_a_provider_that_is_down_is_no_forgery(path: str, status: int) -> None:
    with pytest.raises(PeerError):
        await whom(FakeIssuer(status={path: status}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "https://evil.example"},
        {"issuer": ISSUER + "/"},
        {"token_endpoint": "http://login.clinic.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": None},
    ],
)
async def test_a_provider_that_describes_itself_wrongly(wrong: dict[str, Any]) -> None:
    with pytest.raises(PeerError):
        await whom(FakeIssuer(discovery=wrong))


async def test_new_keys_are_read_once_a_token_needs_them_and_not_at_every_token() -> None:
    issuer = FakeIssuer()
    provider = issuer.provider()
    await provider.who_came_back(CODE, ATTEMPT)
    issuer.wait(minutes=1)
    new = OTHER_KEY.as_dict(private=False) | {"kid": "k2"}
    issuer.keys, issuer.token = [new], signed(claims(), OTHER_KEY, kid="k2")
    assert (await provider.who_came_back(CODE, ATTEMPT)).name == "ana"
    issuer.token = signed(claims(), OTHER_KEY, kid="k3")
    for _ in range(5):
        with pytest.raises(NotBelieved, match="does not publish"):
            await provider.who_came_back(CODE, ATTEMPT)
    assert issuer.count("/keys") == 2


async def test_what_it_told_of_itself_holds_while_it_does_not_answer() -> None:
    issuer = FakeIssuer()
    provider = issuer.provider()
    await provider.way_there(ATTEMPT)
    issuer.wait(hours=2)
    issuer.status["/.well-known/openid-configuration"] = 0
    assert (await provider.way_there(ATTEMPT)).startswith(f"{ISSUER}/authorize?")


async def test_a_name_that_only_the_user_info_has() -> None:
    token = signed(claims(preferred_username=None))
    told = {"sub": "0815", "preferred_username": "ana", "amr": ["mfa"]}
    found = await whom(FakeIssuer(token=token, user_info=told), trusted_amr=("mfa",))
    assert found == Identity(name="ana", issuer=ISSUER, subject="0815"), (
        "a second factor stands in the token alone"
    )
    with pytest.raises(NotBelieved, match="somebody else"):
        await whom(FakeIssuer(token=token, user_info=told | {"sub": "4711"}))
    with pytest.raises(NotBelieved, match="name_claim"):
        await whom(FakeIssuer(token=token, user_info={"sub": "0815"}))


async def test_an_unverified_address_is_nobodys_name() -> None:
    issuer = FakeIssuer(token=signed(claims(email="ana@clinic.example")))
    with pytest.raises(NotBelieved, match="not verified"):
        await whom(issuer, name_claim="email")
    issuer.token = signed(claims(email="ana@clinic.example", email_verified=True))
    assert (await whom(issuer, name_claim="email")).name == "ana@clinic.example"


@pytest.mark.parametrize(
    ("said", "counts"),
    [
        ({}, False),
        ({"acr": "phr"}, True),
        ({"acr": "0"}, False),
        ({"amr": ["pwd", "hwk"]}, True),
        ({"amr": ["pwd"]}, False),
        ({"amr": "hwk"}, False),
        ({"amr": [["hwk"]], "acr": ["phr"]}, False),
    ],
)
async def test_which_second_factors_count(said: dict[str, Any], counts: bool) -> None:
    issuer = FakeIssuer(token=signed(claims(**said)))
    found = await whom(issuer, trusted_acr=("phr",), trusted_amr=("hwk", "mfa"))
    assert found.second_factor is counts
    assert not (await whom(issuer)).second_factor, "none does unless the clinic says so"


async def test_nothing_secret_is_printed() -> None:
    issuer = FakeIssuer()
    assert "a b&c" not in repr(issuer.provider()._settings)
    for secret in (ATTEMPT.state, ATTEMPT.nonce, ATTEMPT.verifier):
        assert secret not in repr(ATTEMPT)
