"""The keys of the pages that staff work with, and what is built from them."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field

from config.fields import AbsolutePath, Line, PositiveDuration
from config.proxies import Proxies
from config.section import Section


class Web(Section):
    """The pages that staff work with."""

    host: Line = Field(examples=["127.0.0.1"])
    """Address to listen on. Another one than this machine's own needs a certificate, or `behind_proxy`."""
    port: Annotated[int, Field(ge=1, le=65535)] | None = Field(examples=["8440"])
    """Port to listen on; empty: no pages."""
    public_name: Line | None = Field(examples=["desk.clinic.example"])
    """What browsers call this machine; requests for another name are refused."""
    certificate: AbsolutePath | None = Field(examples=["/etc/secondring/web.crt"])
    """Certificate, with its chain; empty: plain HTTP, for this machine or the proxy. A renewed one is taken up."""
    certificate_key: AbsolutePath | None = Field(examples=["/etc/secondring/web.key"])
    """Its private key; not for everybody to read."""
    behind_proxy: bool = Field(examples=["true"])
    """A web server or tunnel, named in `proxies`, stands before it and does the TLS."""
    proxies: Proxies = Field(examples=["[127.0.0.1]"])
    """Its addresses: what it says of a visitor's address is believed, and nobody else's word."""
    idle: PositiveDuration = Field(examples=["30m"])
    """Whoever does nothing for so long is signed out; a screen that updates itself does nothing."""
    absolute: PositiveDuration = Field(examples=["12h"])
    """Everybody is signed out after this."""
    emergency: PositiveDuration | None = Field(examples=["1h"])
    """How long emergency access to every patient's rows lasts, for whoever gives a reason; empty: there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """Where and how staff's pages are served."""

    host: str
    port: int | None
    public_name: str | None
    certificate: Path | None
    certificate_key: Path | None
    behind_proxy: bool
    proxies: tuple[str, ...]
    idle: timedelta
    absolute: timedelta
    emergency: timedelta | None

    @property
    def encrypted(self) -> bool:
        """Browsers speak TLS to it, directly or by the web server before it."""
        return self.certificate is not None or self.behind_proxy
