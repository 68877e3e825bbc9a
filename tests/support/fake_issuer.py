"""An identity provider in memory that says whatever it is told to, true or forged."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx
from joserfc import jwt
from joserfc.jwk import RSAKey

from secondring.domain.sign_on import Attempt
from secondring.oidc.provider import Provider, ProviderSettings

ISSUER = "https://login.clinic.example"
NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
KEY, OTHER_KEY = (RSAKey.generate_key(2048, {"kid": "k1", "use": "sig"}) for _ in range(2))
ATTEMPT = Attempt(state="s" * 43, nonce="n" * 43, verifier="v" * 43, began_at=NOW)


def claims(**changes: Any) -> dict[str, Any]:
    """What a good token says; None takes a claim out."""
    now = int(NOW.timestamp())
    good = {
        "iss": ISSUER,
        "aud": "secondring",
        "sub": "0815",
        "nonce": ATTEMPT.nonce,
        "iat": now,
        "exp": now + 300,
        "preferred_username": "ana",
    }
    return {name: value for name, value in (good | changes).items() if value is not None}


def signed(said: dict[str, Any], key: RSAKey = KEY, **header: str) -> str:
    """A token with a signature of this key's."""
    return jwt.encode({"alg": "RS256", "kid": "k1"} | header, said, key)


def forged(header: dict[str, str], said: dict[str, Any], secret: bytes | None = None) -> str:
    """A token made by hand: without a signature, or with an HMAC."""
    text = ".".join(_encoded(json.dumps(part).encode()) for part in (header, said))
    mac = hmac.new(secret, text.encode(), hashlib.sha256).digest() if secret is not None else b""
    return f"{text}.{_encoded(mac)}"


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class FakeIssuer:
    """Answers as its fields say, and remembers what it was asked."""

    token: Any = None
    user_info: dict[str, Any] | None = None
    discovery: dict[str, Any] = field(default_factory=dict)
    keys: list[Any] = field(default_factory=lambda: [KEY.as_dict(private=False)])
    status: dict[str, int] = field(default_factory=dict)
    asked: list[httpx.Request] = field(default_factory=list)
    now: datetime = NOW

    def provider(self, **changes: Any) -> Provider:
        settings: dict[str, Any] = {
            "issuer": ISSUER,
            "client_id": "secondring",
            "secret": "a b&c",
            "redirect": "https://desk.clinic.example/log-in/provider/back",
            "button": "Clinic ID",
            "name_claim": "preferred_username",
        }
        transport = httpx.MockTransport(self._answer)
        return Provider(ProviderSettings(**settings | changes), lambda: self.now, transport)

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)

    def count(self, path: str) -> int:
        return sum(request.url.path == path for request in self.asked)

    def form(self) -> dict[str, str]:
        """What the token was asked for with."""
        (asked,) = [request for request in self.asked if request.url.path == "/token"]
        return {name: values[0] for name, values in parse_qs(asked.content.decode()).items()}

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        path = request.url.path
        if self.status.get(path) == 0:
            raise httpx.ConnectError("nobody is there")
        return httpx.Response(self.status.get(path, 200), json=self._told(path))

    def _told(self, path: str) -> Any:
        if path == "/token":
            token = self.token if self.token is not None else signed(claims())
            return {"access_token": "an-access-token", "token_type": "Bearer", "id_token": token}
        if path == "/keys":
            return {"keys": self.keys}
        if path == "/me":
            return self.user_info
        return {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "userinfo_endpoint": f"{ISSUER}/me",
        } | self.discovery
