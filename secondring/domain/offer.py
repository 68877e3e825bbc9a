"""In the call: what a caller is offered by key, and what the keys do."""

from dataclasses import dataclass, field
from enum import StrEnum

from secondring.domain.ids import SiteId, Uniqueid


@dataclass(frozen=True, slots=True, kw_only=True)
class InCall:
    """A caller who is on the line, as the PBX shows them."""

    uniqueid: Uniqueid
    caller: str = field(repr=False)
    """As the PBX shows it; empty when there is none."""
    withheld: bool = False
    did: str = field(default="", repr=False)
    language: str = ""
    """Of the channel: `en`, `es_MX`, ...; empty when unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """What to say to a caller, and in which language."""

    site: SiteId
    language: str
    is_open: bool


class Promise(StrEnum):
    """What came of asking for a text."""

    SENT = "sent"
    """It is on its way."""
    ALREADY = "already"
    """It was on its way before: one text a call."""
    ASK = "ask"
    """Their own number cannot be texted (withheld, or a landline): ask for a mobile."""
    OPTED_OUT = "opted-out"
    """They once asked for no texts; one more key takes that back."""
    NO = "no"
    """No text may go: too many of them, a country that is not allowed, a number that is blocked."""
