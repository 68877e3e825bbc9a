"""What the rules and the text gateway say to each other about one text."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from secondring.domain.phone import PhoneNumber


class Fault(StrEnum):
    """Whose fault it is that a text will not go."""

    RECIPIENT = "recipient"
    """This patient cannot be texted for another reason: the phone is off, the carrier blocks us."""
    OPTED_OUT = "opted-out"
    """This patient told the carrier to stop."""
    LANDLINE = "landline"
    """This number takes no texts."""
    BAD_NUMBER = "bad-number"
    """Nobody has this number."""
    SENDER = "sender"
    """Our account, number or configuration: the administrator can mend it."""
    CONTENT = "content"
    """The words: filtered or malformed. Never to be sent again as they are."""
    CARRIER = "carrier"
    """Never taken within the tries and the time that the text was worth."""
    OUTCOME_UNKNOWN = "outcome-unknown"
    """The carrier never said whether it took the text, and cannot be asked: the patient may have it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a text failed for good. `note` is in words without patients' data."""

    fault: Fault
    note: str
    code: str = ""


@dataclass(frozen=True, slots=True)
class Go:
    """The text may go now."""


@dataclass(frozen=True, slots=True)
class Hold:
    """The text has to wait; it is looked at again at `until`."""

    until: datetime
    because: str


@dataclass(frozen=True, slots=True)
class Cancel:
    """The text is not to go any more."""

    because: str


Permission = Go | Hold | Cancel


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A text that somebody sent to one of the clinic's numbers."""

    carrier: str
    carrier_id: str
    """With `carrier`, its natural key: the same text may be handed over many times."""
    sender: PhoneNumber
    to: PhoneNumber
    body: str = field(repr=False)
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """A text that came in and cannot be answered: from a short code or a name, or to no number of the settings."""

    carrier: str
    carrier_id: str
    """With `carrier`, its natural key, as an arrival's."""
    sender: str = field(repr=False)
    to: str = field(repr=False)
    """Both as the carrier writes them."""
    body: str = field(repr=False)
    at: datetime


Incoming = Arrival | Stray


def incoming(
    *,
    carrier: str,
    carrier_id: str,
    sender: PhoneNumber | str,
    to: PhoneNumber | str,
    body: str,
    at: datetime,
) -> Incoming:
    """A text that came in: an arrival when both ends are telephone numbers, else a stray."""
    if isinstance(sender, PhoneNumber) and isinstance(to, PhoneNumber):
        return Arrival(carrier=carrier, carrier_id=carrier_id, sender=sender, to=to, body=body, at=at)
    names = [end.e164 if isinstance(end, PhoneNumber) else end for end in (sender, to)]
    return Stray(carrier=carrier, carrier_id=carrier_id, sender=names[0], to=names[1], body=body, at=at)
