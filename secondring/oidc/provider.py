"""Asks the identity provider: where it is, which keys it has, and what a code of its stands for.

OpenID Connect Core 1.0 with the authorization code flow, PKCE (RFC 7636, S256) and the issuer in the answer (RFC 9207).
Nothing that comes back is believed before `token` has checked it.
"""

import base64
import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx

from secondring.domain.errors import PeerError
from secondring.domain.sign_on import Attempt, Identity, NotBelieved, identity_of
from secondring.oidc.token import Keys, KeyUnknown, check_claims

log = logging.getLogger(__name__)

TIMEOUT = 5.0
"""Seconds; somebody is waiting, and can log in by password instead."""
BODY_LIMIT = 256 * 1024
KNOWN_FOR = timedelta(hours=1)
"""How long what the provider tells of itself is taken as it was."""
KEYS_AGAIN_AFTER = timedelta(seconds=30)
"""A token with an unknown key makes us read the keys anew, but not for each such token."""
WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """Which provider, who we are to it, and what of it counts."""

    issuer: str
    client_id: str
    secret: str | None = field(repr=False)
    redirect: str
    button: str
    name_claim: str
    scopes: tuple[str, ...] = ("openid",)
    trusted_acr: tuple[str, ...] = ()
    trusted_amr: tuple[str, ...] = ()
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """What discovery told."""

    authorize: str
    token: str
    keys: str
    user_info: str
    secret_in_form: bool
    names_itself: bool
    read_at: datetime


class Provider:
    """The port that the log-in page uses."""

    def __init__(
        self,
        settings: ProviderSettings,
        clock: Callable[[], datetime],
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`transport` takes the place of the network."""
        self._settings = settings
        self._clock = clock
        self._transport = transport
        self._known: _Places | None = None
        self._keys: Keys | None = None
        self._keys_read_at: datetime | None = None

    @property
    def button(self) -> str:
        """What the button on the log-in page says."""
        return self._settings.button

    async def way_there(self, attempt: Attempt) -> str:
        """The address to send a browser to. Raises PeerError when the provider does not answer."""
        async with self._http() as http:
            places = await self._places(http)
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._settings.redirect,
            "scope": " ".join(self._settings.scopes),
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": _challenge(attempt.verifier),
            "code_challenge_method": "S256",
        }
        if self._settings.trusted_acr:
            asked["acr_values"] = " ".join(self._settings.trusted_acr)
        return f"{places.authorize}{'&' if urlsplit(places.authorize).query else '?'}{urlencode(asked)}"

    async def who_came_back(self, answer: Mapping[str, str], attempt: Attempt) -> Identity:
        """Whom the provider vouches for. Raises NotBelieved, or PeerError when the provider does not answer."""
        async with self._http() as http:
            places = await self._places(http)
            self._check_sender(answer, places)
            told = await self._redeem(http, places, answer.get("code", ""), attempt)
            claims = await self._claims(http, places, told.get("id_token"))
            check_claims(
                claims,
                issuer=self._settings.issuer,
                client_id=self._settings.client_id,
                nonce=attempt.nonce,
                now=self._clock(),
            )
            if self._settings.name_claim not in claims:
                claims |= await self._name_from_user_info(http, places, told.get("access_token"), claims)
        return identity_of(
            claims,
            name_claim=self._settings.name_claim,
            trusted_acr=self._settings.trusted_acr,
            trusted_amr=self._settings.trusted_amr,
        )

    # -- what came back with the browser

    def _check_sender(self, answer: Mapping[str, str], places: _Places) -> None:
        """Against an answer of another provider's that is passed off as this one's (RFC 9207)."""
        sender = answer.get("iss")
        if (sender is None and places.names_itself) or sender not in (None, self._settings.issuer):
            raise NotBelieved("the answer is from another provider than was asked")
        if "error" in answer:
            raise NotBelieved("the provider refused")
        if not answer.get("code"):
            raise NotBelieved("there is no code in the answer")

    # -- what the provider itself says

    async def _redeem(
        self, http: httpx.AsyncClient, places: _Places, code: str, attempt: Attempt
    ) -> dict[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._settings.redirect,
            "code_verifier": attempt.verifier,
        }
        headers = {}
        secret = self._settings.secret
        if secret is None or places.secret_in_form:
            form["client_id"] = self._settings.client_id
        if secret is not None and places.secret_in_form:
            form["client_secret"] = secret
        elif secret is not None:
            # RFC 6749, 2.3.1: both are form-encoded before they are joined.
            pair = f"{quote_plus(self._settings.client_id)}:{quote_plus(secret)}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        told = await _ask(http.post(places.token, data=form, headers=headers), "token")
        if told is None:
            raise NotBelieved("the provider does not take the code (wrong, used before, or too old)")
        return told

    async def _claims(self, http: httpx.AsyncClient, places: _Places, token: object) -> dict[str, Any]:
        if not isinstance(token, str):
            raise NotBelieved("there is no ID token in the provider's answer")
        keys = await self._read_keys(http, places, fresh=False)
        try:
            return keys.claims(token)
        except KeyUnknown:
            return (await self._read_keys(http, places, fresh=True)).claims(token)

    async def _name_from_user_info(
        self, http: httpx.AsyncClient, places: _Places, access: object, claims: Mapping[str, Any]
    ) -> dict[str, Any]:
        """A name that the provider keeps out of its tokens; of the very same person, or none (Core 5.3.2)."""
        if not places.user_info or not isinstance(access, str):
            return {}
        headers = {"authorization": f"Bearer {access}"}
        told = await _ask(http.get(places.user_info, headers=headers), "user info") or {}
        if told.get("sub") != claims["sub"]:
            raise NotBelieved("the provider's user info is about somebody else")
        wanted = (self._settings.name_claim, "email_verified")
        return {name: told[name] for name in wanted if name in told}

    # -- what it tells of itself

    async def _places(self, http: httpx.AsyncClient) -> _Places:
        known, now = self._known, self._clock()
        if known is not None and now < known.read_at + KNOWN_FOR:
            return known
        try:
            known = await self._discover(http, now)
        except PeerError:
            if known is None:
                raise
            log.warning("the identity provider does not tell where it is; going by what it told before")
        self._known = known
        return known

    async def _discover(self, http: httpx.AsyncClient, now: datetime) -> _Places:
        issuer = self._settings.issuer
        told = await _ask(http.get(issuer.rstrip("/") + WELL_KNOWN), "discovery") or {}
        if told.get("issuer") != issuer:
            raise PeerError("the identity provider calls itself something else than oidc.issuer says")
        methods = told.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return _Places(
            authorize=_address(told, "authorization_endpoint"),
            token=_address(told, "token_endpoint"),
            keys=_address(told, "jwks_uri"),
            user_info=_address(told, "userinfo_endpoint") if "userinfo_endpoint" in told else "",
            secret_in_form="client_secret_basic" not in methods,
            names_itself=told.get("authorization_response_iss_parameter_supported") is True,
            read_at=now,
        )

    async def _read_keys(self, http: httpx.AsyncClient, places: _Places, *, fresh: bool) -> Keys:
        now = self._clock()
        valid_for = KEYS_AGAIN_AFTER if fresh else KNOWN_FOR
        if self._keys is not None and self._keys_read_at is not None and now < self._keys_read_at + valid_for:
            return self._keys
        keys = Keys(await _ask(http.get(places.keys), "keys") or {})
        if keys.is_empty:
            raise PeerError("the identity provider publishes no key that signatures can be checked with")
        self._keys, self._keys_read_at = keys, now
        return keys

    def _http(self) -> httpx.AsyncClient:
        """No proxy or password from the environment, and no redirect: what is asked goes to the provider alone."""
        ca_file = self._settings.ca_file
        verify = httpx.create_ssl_context(verify=str(ca_file)) if ca_file else True
        return httpx.AsyncClient(
            verify=verify,
            timeout=TIMEOUT,
            trust_env=False,
            follow_redirects=False,
            transport=self._transport,
        )


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


async def _ask(request: Any, what: str) -> dict[str, Any] | None:
    """The JSON object of an answer; None when the provider says no (4xx). Raises PeerError without quoting it."""
    try:
        answer: httpx.Response = await request
        told = (
            answer.json() if answer.status_code == httpx.codes.OK and len(answer.content) <= BODY_LIMIT else 0
        )
    except (httpx.HTTPError, ValueError) as error:
        raise PeerError(f"the identity provider does not answer ({what}: {type(error).__name__})") from None
    if httpx.codes.is_client_error(answer.status_code):
        return None
    if not isinstance(told, dict):
        raise PeerError(f"the identity provider's answer cannot be used ({what}: {answer.status_code})")
    return told


def _address(told: Mapping[str, Any], name: str) -> str:
    """An address from discovery: by TLS, or on this machine as its issuer is."""
    found = told.get(name)
    parts = urlsplit(found) if isinstance(found, str) else urlsplit("")
    if parts.scheme == "https" or (
        parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    ):
        return str(found)
    raise PeerError(f"the identity provider names no {name} that can be used")
