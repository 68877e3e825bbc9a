"""What a message centre delivered, from the moment it is on disk until the gateway has taken it in.

Each delivery is a note, written before it is acknowledged. Texts of several parts wait here for the rest.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sms_gateway.carriers.smpp.parts import MISSING, Place, join, place_of, words_of
from sms_gateway.carriers.smpp.pdu import Delivery
from sms_gateway.carriers.smpp.receipts import Told, read_receipt

IN = "in:"
"""How the names of these notes begin."""
REST_WITHIN = timedelta(minutes=10)
"""So long after its first part a text waits for the others; then a person reads what there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A delivery as it was kept."""

    at: datetime
    print: str
    """Tells a delivery from all others but its own repetition."""
    source: str = field(repr=False)
    """Digits, with + where the centre says that they are international."""
    destination: str = field(repr=False)
    told: Told | None = None
    """What a receipt says; None for a text."""
    place: Place | None = None
    data_coding: int = 0
    words: bytes = field(default=b"", repr=False)

    @property
    def is_receipt(self) -> bool:
        """True when it tells of a text of ours."""
        return self.told is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A text with all its parts, or as many as ever came."""

    id: str
    at: datetime
    source: str = field(repr=False)
    destination: str = field(repr=False)
    body: str = field(repr=False)
    notes: tuple[str, ...]
    """What it was put together from."""


def keep(delivery: Delivery, at: datetime) -> Kept | None:
    """What of a delivery has to be kept; None for a receipt that says nothing that could be used."""
    source, destination = (_number(one.digits, one.ton) for one in (delivery.source, delivery.destination))
    told = read_receipt(delivery) if delivery.is_receipt else None
    if delivery.is_receipt and told is None:
        return None
    return Kept(
        at=at,
        print=_print(delivery),
        source=source,
        destination=destination,
        told=told,
        place=None if told else place_of(delivery),
        data_coding=delivery.data_coding,
        words=b"" if told else words_of(delivery),
    )


def write(kept: Kept) -> str:
    """As a note."""
    return json.dumps(
        {
            "at": kept.at.isoformat(),
            "print": kept.print,
            "source": kept.source,
            "destination": kept.destination,
            "told": [kept.told.id, kept.told.word, kept.told.error] if kept.told else None,
            "place": [kept.place.reference, kept.place.total, kept.place.number] if kept.place else None,
            "coding": kept.data_coding,
            "words": kept.words.hex(),
        }
    )


def read(words: str) -> Kept:
    """From a note."""
    found = json.loads(words)
    return Kept(
        at=datetime.fromisoformat(found["at"]),
        print=found["print"],
        source=found["source"],
        destination=found["destination"],
        told=Told(*found["told"]) if found["told"] else None,
        place=Place(*found["place"]) if found["place"] else None,
        data_coding=found["coding"],
        words=bytes.fromhex(found["words"]),
    )


def put_together(kept: Mapping[str, Kept], now: datetime, *, default: str = "gsm") -> list[Whole]:
    """The texts that are whole, and those that waited long enough for the rest, in order of their first part."""
    groups: dict[object, list[tuple[str, Kept]]] = {}
    for name, one in kept.items():
        if not one.is_receipt:
            group = (one.source, one.destination, one.place.reference, one.place.total) if one.place else name
            groups.setdefault(group, []).append((name, one))
    return [_whole(parts, default) for parts in groups.values() if _is_due(parts, now)]


def _is_due(parts: list[tuple[str, Kept]], now: datetime) -> bool:
    place = parts[0][1].place
    if place is None or len({one.place.number for _, one in parts if one.place}) == place.total:
        return True
    return now - parts[0][1].at >= REST_WITHIN


def _whole(parts: list[tuple[str, Kept]], default: str) -> Whole:
    name, first = parts[0]
    pieces = [(one.place.number if one.place else 1, one.words) for _, one in parts]
    total = first.place.total if first.place else 1
    body = join(pieces, total, first.data_coding, default=default)
    return Whole(
        id=name.removeprefix(IN),
        at=first.at,
        source=first.source,
        destination=first.destination,
        body=body.removesuffix(MISSING.rstrip()) if total == 1 else body,
        notes=tuple(name for name, _ in parts),
    )


def _number(digits: str, ton: int) -> str:
    return f"+{digits}" if ton == 1 and not digits.startswith("+") else digits


def _print(delivery: Delivery) -> str:
    """The centre's deliveries have no id of their own."""
    told = repr(
        (
            delivery.source.digits,
            delivery.destination.digits,
            delivery.esm_class,
            delivery.data_coding,
            delivery.user_data,
            sorted(delivery.options.items()),
        )
    )
    return hashlib.sha256(told.encode()).hexdigest()
