"""Logging in by the clinic's identity provider: what is remembered on the way there, and what comes back.

The provider says who somebody is, never what they may do: roles and sites stand in our own books, and whoever is not in
them is nobody.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from secondring.domain.errors import SecondRingError

ON_THE_WAY = timedelta(minutes=10)
"""How long somebody may take at the provider."""


class NotBelieved(SecondRingError):
    """What came back from the provider does not hold. Says why, for the audit; quotes nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One way to the provider and back. Whatever returns has to fit all of it, once."""

    state: str = field(repr=False)
    """Comes back with the browser: the answer belongs to a question of ours."""
    nonce: str = field(repr=False)
    """Comes back inside the token: it was made for this question."""
    verifier: str = field(repr=False)
    """Of PKCE: whoever asks for the token is who asked the question."""
    began_at: datetime
    back_to: str = ""
    """The page that they wanted."""

    def is_over(self, now: datetime) -> bool:
        """True when it took too long."""
        return now >= self.began_at + ON_THE_WAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whom the provider vouches for."""

    name: str
    """The name of a user here, if there is one."""
    issuer: str
    subject: str = field(repr=False)
    """Who this is to the provider: it never gives this to somebody else (OpenID Connect Core, 5.7)."""
    second_factor: bool = False
    """The provider saw a second factor of a kind that the clinic trusts."""

    @property
    def who(self) -> str:
        """Issuer and subject: together they are one person for good."""
        return f"{self.issuer} {self.subject}"

    def is_not(self, known: str | None) -> bool:
        """True when the user of this name came by the same provider before, and was somebody else."""
        return known is not None and known.partition(" ")[0] == self.issuer and known != self.who


def identity_of(
    claims: Mapping[str, object],
    *,
    name_claim: str,
    trusted_acr: Collection[str],
    trusted_amr: Collection[str],
) -> Identity:
    """The identity in claims that have been verified. Raises NotBelieved when there is no name that can be used."""
    name = claims.get(name_claim)
    if not isinstance(name, str) or not name.strip():
        raise NotBelieved(f"no claim {name_claim} (oidc.name_claim)")
    if name_claim == "email" and claims.get("email_verified") is not True:
        raise NotBelieved("the provider has not verified this e-mail address")
    methods = claims.get("amr")
    used = set(methods) if isinstance(methods, list) and all(isinstance(m, str) for m in methods) else set()
    trusted = claims.get("acr") in list(trusted_acr) or not used.isdisjoint(trusted_amr)
    return Identity(
        name=name.strip(), issuer=str(claims["iss"]), subject=str(claims["sub"]), second_factor=trusted
    )
