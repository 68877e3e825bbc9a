"""The keys of the log-in by the clinic's own identity provider (OpenID Connect), and what is built from them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from config.booking import host_only
from config.fields import AbsolutePath, Line
from config.links import SecretPlace, WebAddress
from config.section import Section

BACK = "/log-in/provider/back"
"""Where the provider sends people back to, below `oidc.pages`; the provider has to know the whole address."""


class Oidc(Section):
    """Log-in by the clinic's own identity provider (OpenID Connect), beside names and passwords."""

    issuer: WebAddress | None = Field(examples=["https://login.clinic.example"])
    """The provider, exactly as it names itself; empty: names and passwords alone."""
    client_id: Line | None = Field(examples=["secondring"])
    """What the provider calls us."""
    secret_file: SecretPlace | None = Field(examples=["credential:oidc-secret"])
    """The secret that it gave us; empty for a public client, which PKCE alone protects."""
    pages: Annotated[WebAddress, AfterValidator(host_only)] | None = Field(
        examples=["https://desk.clinic.example"]
    )
    """Where browsers find staff's pages; the provider sends people back to `/log-in/provider/back` there."""
    button: Line = Field(examples=["Sign in with Clinic ID"])
    """What the button on the log-in page says."""
    name_claim: Line = Field(examples=["preferred_username"])
    """Which claim is the name of a user here; `email` counts only when the provider has verified it."""
    scopes: tuple[Line, ...] = Field(examples=["[openid, profile]"])
    """What is asked for; `openid` has to be among them."""
    trusted_acr: tuple[Line, ...] = Field(examples=["[phr]"])
    """Values of `acr` that count as our second factor; empty: our own code is always asked for."""
    trusted_amr: tuple[Line, ...] = Field(examples=["[mfa, hwk]"])
    """Values of `amr` of which one counts as our second factor; empty: none does."""
    ca_file: AbsolutePath | None = Field(examples=["/etc/secondring/clinic-ca.pem"])
    """Certificate authority of the provider, when it is not a public one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSettings:
    """The identity provider."""

    issuer: str
    client_id: str
    secret: SecretStr | None
    redirect: str
    button: str
    name_claim: str
    scopes: tuple[str, ...]
    trusted_acr: tuple[str, ...]
    trusted_amr: tuple[str, ...]
    ca_file: Path | None
