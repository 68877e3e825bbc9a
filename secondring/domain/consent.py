"""Consent: may this number be texted, and is an opt-out to be confirmed. What an opt-out leads to is in `optouts`.

An opt-out counts for every site, carrier and sender at once and until the patient takes it back.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Consent


class Source(StrEnum):
    """How a wish reached us."""

    TEXT = "text"
    STAFF = "staff"
    IVR = "ivr"
    CARRIER = "carrier"


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a number may be texted, and why."""

    may_text: bool
    because: str
    """Words without patients' data, for a decision record."""


NEVER_ASKED = Standing(may_text=True, because="no opt-out on record")


def standing(newest: Consent | None, zone: str = "UTC") -> Standing:
    """Where a number stands by its newest entry; None means there is none. Its day is that of `zone`."""
    if newest is None:
        return NEVER_ASKED
    what = "opted out" if newest.opted_out else "opted back in"
    because = f"{what} by {newest.source} on {newest.at.astimezone(ZoneInfo(zone)):%Y-%m-%d}"
    return Standing(may_text=not newest.opted_out, because=because)


def opted_out(number: PhoneNumber, at: datetime, source: Source, words: str = "") -> Consent:
    """The entry of an opt-out; `words` are the patient's own, whole, as proof of what was asked."""
    return Consent(number=number, opted_out=True, at=at, source=source.value, words=words)


def is_news(previous: Consent | None, *, opting_out: bool) -> bool:
    """Does this wish change anything? Asking twice for the same is kept, and answered once."""
    return opting_out == standing(previous).may_text


def wants_confirmation(previous: Consent | None, *, carrier_confirms: bool) -> bool:
    """Should we confirm an opt-out by one last text?

    One confirmation is lawful, within five minutes and without advertising (47 CFR 64.1200(a)(12)); a second is
    not. So none goes out when the carrier sends its own, nor to someone who had opted out before.
    """
    return is_news(previous, opting_out=True) and not carrier_confirms
