"""What carriers have in common that are no web services: a host of their own, SIM cards, a wire that may be plain."""

import re
from typing import Annotated

from pydantic import Field, PlainValidator

from config.carriers.base import CarrierKeys
from config.fields import Country
from config.refusal import refusal
from secondring.domain.hosts import is_loopback
from secondring.domain.phone import PhoneNumber, parse_number

Port = Annotated[int, Field(ge=1, le=65535)]
_CARD = re.compile(r"[A-Za-z0-9._-]{0,64}")
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?")


def _cards(raw: object) -> dict[PhoneNumber, str]:
    if not isinstance(raw, dict) or not raw:
        raise refusal("is not a mapping of SIM cards to numbers", 'Write for example {"2": +1 202 555 0123}.')
    found: dict[PhoneNumber, str] = {}
    for card, number in raw.items():
        read = parse_number(number, "ZZ") if isinstance(number, str) else None
        if read is None:
            raise refusal(
                "is not a phone number", "Write it with + and country code: +1 202 555 0123.", (card,)
            )
        if not _CARD.fullmatch(str(card)):
            raise refusal(
                "has a name that is more than letters, digits, - and _", "Name it plainly.", (card,)
            )
        found[read] = str(card)
    return found


def _host(raw: object) -> str:
    if not (isinstance(raw, str) and _HOST.fullmatch(raw)):
        raise refusal("is no host name or address", "Write for example sip.carrier.example.")
    return raw


Cards = Annotated[dict[PhoneNumber, str], PlainValidator(_cards)]
"""Our numbers, and what the gateway calls the card that has each."""
Host = Annotated[str, PlainValidator(_host)]


def refuse_plain_wire(host: str, *, encrypted: bool, plain_wire: bool) -> None:
    """Texts are patients' data: unencrypted they go to this machine only, unless the wire is said to be safe."""
    if not encrypted and not plain_wire and not is_loopback(host.partition(":")[0]):
        raise refusal(
            "would get patients' data unencrypted",
            "Put it on a wire of its own (a VLAN, a tunnel) and add plain_wire: true.",
        )


class WireKeys(CarrierKeys):
    """A carrier that is no web service."""

    is_asked = True

    region: Country = Field(default="US", examples=["CA"])
    """Where numbers belong that come without their country (ISO 3166)."""


class CardKeys(WireKeys):
    """A carrier that sends from SIM cards: from no number that none of them has."""

    ports: Cards = Field(examples=['{"2": +1 202 555 0123}'])
    """The clinic's numbers, by what the gateway calls the device, span or port that has the SIM card."""

    @property
    def sends_from(self) -> tuple[PhoneNumber, ...]:
        return self.senders or tuple(self.ports)
