"""The keys of the ways in which people learn of alarms."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.fields import AbsolutePath, AnyNumbers, Duration, Line
from config.links import SecretPlace
from config.refusal import refusal
from config.section import Section

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*")
_Port = Annotated[int, Field(ge=1, le=65535)]


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise refusal("is no e-mail address", "Write it bare, without a name: manager@clinic.example.")
    return text


Address = Annotated[str, AfterValidator(_address)]


class Mail(Section):
    """The mail server."""

    host: Line | None = Field(examples=["mail.clinic.example"])
    """Where e-mail is handed in; empty when none is sent."""
    port: _Port = Field(examples=["587"])
    """587 with starttls, 465 with tls."""
    security: Literal["starttls", "tls", "none"] = Field(examples=["starttls"])
    """How the link is encrypted; `none` only for a server on this machine."""
    ca_file: AbsolutePath | None = Field(examples=["/etc/secondring/mail-ca.pem"])
    """Certificate authority of the mail server; empty for the system's own list."""
    user: Line | None = Field(examples=["secondring@clinic.example"])
    """The login there; empty when the server asks for none."""
    password_file: SecretPlace | None = Field(examples=["credential:mail-password"])
    """Where its password is kept."""
    sender: Address | None = Field(examples=["secondring@clinic.example"])
    """The address that our e-mail comes from."""


class Alarms(Section):
    """Who learns of what an administrator or a nurse must know now."""

    texts: AnyNumbers = Field(examples=["[+1 202 555 0177]"])
    """Phones that are texted; such a text names no patient."""
    mail: tuple[Address, ...] = Field(examples=["[manager@clinic.example]"])
    """Addresses that get an e-mail; needs `mail`."""
    fold: Duration = Field(examples=["10m"])
    """Alarms of one kind at one site within this time are one, with a count; 1m at most where a caller waits."""


class Mqtt(Section):
    """The MQTT broker, for lamps, pagers and dashboards."""

    host: Line | None = Field(examples=["127.0.0.1"])
    """Where the broker is; empty when there is none."""
    port: _Port = Field(examples=["8883"])
    """8883 with tls, 1883 without."""
    tls: bool = Field(examples=["true"])
    """Encrypt the link; required when `host` is another machine."""
    ca_file: AbsolutePath | None = Field(examples=["/etc/secondring/mqtt-ca.pem"])
    """Certificate authority of the broker; empty for the system's own list."""
    user: Line | None = Field(examples=["secondring"])
    """The login there; empty when the broker asks for none."""
    password_file: SecretPlace | None = Field(examples=["credential:mqtt-password"])
    """Where its password is kept."""
