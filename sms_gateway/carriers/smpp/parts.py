"""Texts of several parts: cut for sending, and put together again."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sms_gateway.carriers.smpp.alphabet import GSM, UCS2, decode, encode
from sms_gateway.carriers.smpp.pdu import UDH_PRESENT, Delivery, Tag
from sms_gateway.segments import Encoding, encoding, segments

MOST = 255
"""Parts of one text: their number is one byte."""
SHORT_REFERENCE, WIDE_REFERENCE = 0x00, 0x08
"""Information elements of a user data header (3GPP TS 23.040 section 9.2.3.24) that say which part this is."""
MISSING = " [\u2026] "
"""Stands for a part that never came."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a text, ready to be submitted."""

    esm_class: int
    data_coding: int
    user_data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Place:
    """Which part of which text this is."""

    reference: int
    total: int
    number: int


def cut(text: str, reference: int) -> list[Part]:
    """The parts of a text, in order; those of a longer one carry a header that says so."""
    alphabet = encoding(text)
    coding = UCS2 if alphabet is Encoding.UCS2 else GSM
    pieces = segments(text)
    if len(pieces) == 1:
        return [Part(0, coding, encode(text, alphabet))]
    return [
        Part(
            UDH_PRESENT,
            coding,
            bytes([5, SHORT_REFERENCE, 3, reference & 0xFF, len(pieces), number]) + encode(piece, alphabet),
        )
        for number, piece in enumerate(pieces, 1)
    ]


def place_of(delivery: Delivery) -> Place | None:
    """Where a delivery belongs in a longer text; None for one that is whole."""
    found = _in_header(_header(delivery)) or _in_options(delivery.options)
    if found is None or not 1 <= found.number <= found.total or found.total == 1:
        return None
    return found


def words_of(delivery: Delivery) -> bytes:
    """The bytes after the header, if there is one."""
    header = _header(delivery)
    return delivery.user_data[len(header) :]


def join(pieces: Iterable[tuple[int, bytes]], total: int, data_coding: int, *, default: str = "gsm") -> str:
    """A text from its parts, numbered from 1; pairs that were cut through come together again."""
    known = dict(pieces)
    runs: list[bytes] = [b""]
    for number in range(1, total + 1):
        piece = known.get(number)
        if piece is None:
            runs.append(b"")
        else:
            runs[-1] += piece
    words = [decode(run, data_coding, default=default) for run in runs]
    return MISSING.join(words) if len(words) > 1 else words[0]


def _header(delivery: Delivery) -> bytes:
    data = delivery.user_data
    if not delivery.has_header or not data:
        return b""
    return data[: data[0] + 1]


def _in_header(header: bytes) -> Place | None:
    at = 1
    while at + 1 < len(header):
        kind, size = header[at], header[at + 1]
        value = header[at + 2 : at + 2 + size]
        if kind == SHORT_REFERENCE and len(value) == 3:
            return Place(value[0], value[1], value[2])
        if kind == WIDE_REFERENCE and len(value) == 4:
            return Place(int.from_bytes(value[:2], "big"), value[2], value[3])
        at += 2 + size
    return None


def _in_options(options: dict[int, bytes]) -> Place | None:
    wanted = [options.get(tag) for tag in (Tag.SAR_REFERENCE, Tag.SAR_TOTAL, Tag.SAR_NUMBER)]
    if not all(wanted):
        return None
    reference, total, number = (int.from_bytes(value or b"", "big") for value in wanted)
    return Place(reference, total, number)
