"""Is an ID token what it says? The only place that knows the library of signatures (joserfc)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import ClaimError, InvalidKeyIdError, JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from secondring.domain.sign_on import NotBelieved

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""With a public key alone nobody can sign. `none` and the HMACs are not here: a public key would be their secret."""
LEEWAY = 60
"""Seconds that two clocks may differ."""
OLDEST = 600
"""Seconds since it was issued: it is made for this log-in, so it is young."""
SHORTEST_RSA = 2048


class KeyUnknown(NotBelieved):
    """No key of the provider's fits. It may have changed its keys since we read them."""


class Keys:
    """The provider's public keys for signatures, as it publishes them (JWKS)."""

    def __init__(self, published: Mapping[str, Any]) -> None:
        found = published.get("keys")
        self._keys = KeySet([key for raw in found if (key := _key(raw))] if isinstance(found, list) else [])

    @property
    def is_empty(self) -> bool:
        return not self._keys.keys

    def claims(self, token: str) -> dict[str, Any]:
        """What a token says, when its signature holds."""
        try:
            return dict(jwt.decode(token, self._keys, algorithms=list(ALGORITHMS)).claims)
        except InvalidKeyIdError:
            raise KeyUnknown(
                "the ID token was signed with a key that the provider does not publish"
            ) from None
        except (JoseError, ValueError) as error:
            raise NotBelieved(f"the ID token's signature does not hold ({_kind(error)})") from None


def _key(raw: object) -> RSAKey | ECKey | None:
    """A key of a kind that verifies signatures; None for all others, and for what is none."""
    if not isinstance(raw, dict) or raw.get("use", "sig") != "sig" or "d" in raw:
        return None
    kinds: dict[object, type[RSAKey | ECKey]] = {"RSA": RSAKey, "EC": ECKey}
    kind = kinds.get(raw.get("kty"))
    try:
        key = kind.import_key(raw) if kind else None
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    if isinstance(key, RSAKey) and key.public_key.key_size < SHORTEST_RSA:
        return None
    return key


def _kind(error: Exception) -> str:
    """Which error it was: its own words may quote the token."""
    return error.error if isinstance(error, JoseError) else type(error).__name__


def check_claims(
    claims: Mapping[str, Any], *, issuer: str, client_id: str, nonce: str, now: datetime
) -> None:
    """Whom it is from, whom it is for, which question it answers, and when. Raises NotBelieved."""
    registry = jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer},
        aud={"essential": True, "value": client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        registry.validate(dict(claims))
    except JoseError as error:
        what = error.claim if isinstance(error, ClaimError) else _kind(error)
        raise NotBelieved(f"the ID token's {what} does not hold") from None
    audience = claims["aud"]
    party = claims.get("azp")
    if party not in (None, client_id) or (isinstance(audience, list) and len(audience) > 1 and party is None):
        raise NotBelieved("the ID token's azp does not hold")
    if claims["iat"] < now.timestamp() - OLDEST:
        raise NotBelieved("the ID token's iat does not hold")
