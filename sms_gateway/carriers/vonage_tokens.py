"""Vonage's tokens: ours, signed with the application's private key, and theirs, which sign their webhooks.

The only place here that knows the library of tokens (joserfc).
"""

import hashlib
import hmac
import uuid
import warnings
from datetime import datetime, timedelta

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import OctKey, RSAKey

from secondring.domain.errors import ConfigError

LIFE = timedelta(minutes=15)
EARLY = timedelta(minutes=5)
"""A new token is made so long before the old one ends."""
WINDOW = timedelta(hours=25)
"""Vonage sends again for 24 hours and does not say that it signs anew, so an older signature still counts. Within
that time a recording that is played back is known by its message's id."""
AHEAD = timedelta(minutes=5)


class Pass:
    """The token of one application, made anew when it is about to end."""

    def __init__(self, application: str, private_key: str, *, name: str) -> None:
        try:
            self._key = RSAKey.import_key(private_key)
            private = self._key.is_private
        except (JoseError, ValueError, TypeError):
            private = False
        if not private:
            raise ConfigError(
                f"carriers.{name}: the private key is no RSA key in PEM form; put the file private.key that"
                " Vonage made for the application in its place"
            )
        self._application = application
        self._token = ""
        self._until: datetime | None = None

    def at(self, now: datetime) -> str:
        """A token that is good now."""
        if self._until is None or now >= self._until - EARLY:
            self._until = now + LIFE
            claims = {
                "application_id": self._application,
                "iat": int(now.timestamp()),
                "exp": int(self._until.timestamp()),
                "jti": str(uuid.uuid4()),
            }
            self._token = jwt.encode({"alg": "RS256", "typ": "JWT"}, claims, self._key)
        return self._token


def signed_by(secret: str, token: str, body: bytes, now: datetime) -> bool:
    """True when a token was signed with the secret, lately, for just this body."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter(
                "ignore", SecurityWarning
            )  # how long the secret is was judged when we started
            claims = jwt.decode(token, OctKey.import_key(secret), algorithms=["HS256"]).claims
    except (JoseError, ValueError, TypeError, UnicodeError):
        return False
    issued, hashed = claims.get("iat"), claims.get("payload_hash")
    if not (isinstance(issued, int | float) and isinstance(hashed, str) and hashed.isascii()):
        return False
    age = now.timestamp() - issued
    fresh = -AHEAD.total_seconds() <= age <= WINDOW.total_seconds()
    return fresh and hmac.compare_digest(hashlib.sha256(body).hexdigest(), hashed.lower())
