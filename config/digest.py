"""The keys of the weekly digest, and what is built from them."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from config.alarms import Address
from config.fields import DAYS
from config.links import WebAddress
from config.section import Section


class Digest(Section):
    """The week's figures by e-mail, to one person who answers for them. The mail names no patient."""

    owner: Address | None = Field(examples=["manager@clinic.example"])
    """Who gets it; empty: nobody. Needs `mail`."""
    day: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] = Field(examples=["mon"])
    """The day on which the week before is sent."""
    hour: Annotated[int, Field(ge=0, le=23)] = Field(examples=["7"])
    """The hour, in the time zone of the first site."""
    pages: WebAddress | None = Field(examples=["https://desk.clinic.example"])
    """Where staff's pages are, for links to the rows behind each figure; empty: no links."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestSettings:
    """The weekly digest; nobody gets it when `owner` is None."""

    owner: str | None = field(repr=False)
    weekday: int
    """Monday is 0."""
    hour: int
    pages: str | None


def build_digest(keys: Digest) -> DigestSettings:
    """The settings as the wiring takes them."""
    return DigestSettings(owner=keys.owner, weekday=DAYS.index(keys.day), hour=keys.hour, pages=keys.pages)
