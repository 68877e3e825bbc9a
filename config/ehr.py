"""The keys of an EHR that keeps a site's appointments."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from config.fields import AbsolutePath, PositiveDuration
from config.links import SecretPlace, WebAddress
from config.refusal import refusal
from config.section import Section
from secondring.domain.ids import SiteId

LONGEST_WAIT = timedelta(seconds=30)


def _short(value: timedelta) -> timedelta:
    if value > LONGEST_WAIT:
        raise refusal("keeps patients waiting for too long", "Write 30s or less.")
    return value


def _schedule(text: str) -> str:
    kind, _, name = text.partition("/")
    if kind != "Schedule" or not name or not all(c.isalnum() or c in "-." for c in name):
        raise refusal("names no Schedule", "Write it as the EHR does: Schedule/12.")
    return text


class EhrKeys(Section):
    """An EHR that speaks FHIR R4 and keeps this site's appointments; see docs/booking.md."""

    url: WebAddress = Field(examples=["https://ehr.example/fhir/R4"])
    """Its FHIR address."""
    schedules: tuple[Annotated[str, AfterValidator(_schedule)], ...] = Field(
        min_length=1, examples=["[Schedule/12]"]
    )
    """Whose free Slots patients may choose."""
    token_file: SecretPlace | None = Field(default=None, examples=["credential:ehr-token"])
    """Sent as `Authorization: Bearer`; empty when a proxy on this machine signs in."""
    timeout: Annotated[PositiveDuration, AfterValidator(_short)] = Field(
        default=timedelta(seconds=8), examples=["8s"]
    )
    """How long patients wait for its answer, at most 30s; after that they are called instead."""
    ca_file: AbsolutePath | None = Field(default=None, examples=["/etc/secondring/ehr-ca.pem"])
    """Certificates to trust instead of the usual ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EhrSettings:
    """The EHR of one site."""

    url: str
    schedules: tuple[str, ...]
    token: SecretStr | None
    timeout: timedelta
    ca_file: Path | None


EhrsOfSites = Mapping[SiteId, EhrSettings]
