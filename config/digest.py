"""The keys of the weekly digest, and what is built from them."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from config.fields import DAYS, AbsolutePath, Line, PositiveDuration, refusal
from config.links import SecretPlace, WebAddress
from config.section import Section

_MAILBOX = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", re.ASCII)
Encryption = Literal["none", "starttls", "tls"]


def _mailbox(text: str) -> str:
    if not _MAILBOX.fullmatch(text) or len(text) > 254:
        raise refusal("is not an e-mail address", "Write one address: manager@clinic.example.")
    return text


Mailbox = Annotated[str, AfterValidator(_mailbox)]


class Smtp(Section):
    """The mail server that takes the digest."""

    host: Line = Field(examples=["mail.clinic.example"])
    """Where it is."""
    port: Annotated[int, Field(ge=1, le=65535)] = Field(examples=["587"])
    """Its port: 25 for the server on this machine, 587 with `starttls`, 465 with `tls`."""
    encryption: Encryption = Field(examples=["starttls"])
    """`starttls` or `tls`; `none` only where no password is sent."""
    ca_file: AbsolutePath | None = Field(examples=["/etc/secondring/letters-ca.pem"])
    """Certificate authority of the server; empty for the system's own list."""
    user: Line | None = Field(examples=["secondring@clinic.example"])
    """Whom to log in as; empty: nobody."""
    password_file: SecretPlace | None = Field(examples=["credential:smtp-password"])
    """Where the password is kept."""
    timeout: PositiveDuration = Field(examples=["30s"])
    """How long to wait for each answer."""


class Digest(Section):
    """The week's figures by e-mail, to one person who answers for them. The mail names no patient."""

    owner: Mailbox | None = Field(examples=["manager@clinic.example"])
    """Who gets it; empty: nobody."""
    sender: Mailbox | None = Field(examples=["secondring@clinic.example"])
    """Whom it comes from; the owner themselves when left out."""
    day: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] = Field(examples=["mon"])
    """The day on which the week before is sent."""
    hour: Annotated[int, Field(ge=0, le=23)] = Field(examples=["7"])
    """The hour, in the time zone of the first site."""
    pages: WebAddress | None = Field(examples=["https://desk.clinic.example"])
    """Where staff's pages are, for links to the rows behind each figure; empty: no links."""
    smtp: Smtp


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """The mail server."""

    host: str
    port: int
    encryption: Encryption
    ca_file: Path | None
    user: str | None
    password: SecretStr | None
    timeout: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSettings:
    """The weekly digest; nobody gets it when `owner` is None."""

    owner: str | None = field(repr=False)
    sender: str | None = field(repr=False)
    weekday: int
    """Monday is 0."""
    hour: int
    pages: str | None
    smtp: SmtpSettings


def build_digest(keys: Digest, password: SecretStr | None) -> DigestSettings:
    """The settings as the wiring takes them."""
    smtp = {name: value for name, value in keys.smtp if name != "password_file"}
    return DigestSettings(
        owner=keys.owner,
        sender=keys.sender,
        weekday=DAYS.index(keys.day),
        hour=keys.hour,
        pages=keys.pages,
        smtp=SmtpSettings(**smtp, password=password),
    )
