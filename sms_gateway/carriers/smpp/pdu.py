"""SMPP's packets (PDUs) as bytes, section 4 of the specification 3.4. Pure; nothing here may raise but PduError.

Only what a transceiver needs. What a message centre sends is read leniently: a status, a type of number or an
optional parameter that the specification does not know is kept as it is, never a reason to drop the link.
"""

from dataclasses import dataclass, field
from enum import IntEnum
from struct import Struct

HEADER = Struct("!IIII")
LONGEST = 70_000
"""Bytes: a message_payload may have 64 KB."""
RESPONSE = 0x80000000
VERSION = 0x34


class Command(IntEnum):
    """What a packet is for; the answer to each has RESPONSE set."""

    GENERIC_NACK = 0x80000000
    SUBMIT_SM = 0x4
    DELIVER_SM = 0x5
    UNBIND = 0x6
    BIND_TRANSCEIVER = 0x9
    ENQUIRE_LINK = 0x15


class Tag(IntEnum):
    """Optional parameters that we read."""

    RECEIPTED_MESSAGE_ID = 0x001E
    SAR_REFERENCE = 0x020C
    SAR_TOTAL = 0x020E
    SAR_NUMBER = 0x020F
    NETWORK_ERROR = 0x0423
    PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


OK = 0
INVALID_COMMAND = 0x3
TRY_AGAIN_LATER = 0x64
"""ESME_RX_T_APPN: we could not take it in just now."""
UDH_PRESENT = 0x40
RECEIPT = 0x04
KIND_OF_MESSAGE = 0x3C


class PduError(Exception):
    """Bytes that cannot be a packet; the message holds none of them."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """One packet."""

    command: int
    status: int
    sequence: int
    body: bytes = field(default=b"", repr=False)

    @property
    def is_response(self) -> bool:
        """True for an answer."""
        return bool(self.command & RESPONSE)


@dataclass(frozen=True, slots=True)
class Address:
    """A number with its type (TON) and plan (NPI)."""

    digits: str = field(repr=False)
    ton: int = 1
    npi: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A deliver_sm: a text for us, or a receipt."""

    source: Address
    destination: Address
    esm_class: int
    data_coding: int
    user_data: bytes = field(repr=False)
    """With its header, where UDH_PRESENT is set."""
    options: dict[int, bytes] = field(default_factory=dict, repr=False)

    @property
    def is_receipt(self) -> bool:
        """True when it tells what became of a text of ours."""
        return self.esm_class & KIND_OF_MESSAGE == RECEIPT

    @property
    def has_header(self) -> bool:
        """True when a user data header stands before the words."""
        return bool(self.esm_class & UDH_PRESENT)


def pack(pdu: Pdu) -> bytes:
    """The packet as it goes out."""
    return HEADER.pack(HEADER.size + len(pdu.body), pdu.command, pdu.status, pdu.sequence) + pdu.body


def length_of(header: bytes) -> int:
    """How many bytes follow a header. Raises PduError when that cannot be."""
    total: int = HEADER.unpack(header)[0]
    if not HEADER.size <= total <= LONGEST:
        raise PduError(f"a packet of {total} bytes")
    return total - HEADER.size


def unpack(header: bytes, body: bytes) -> Pdu:
    """A packet from its header and the bytes after it."""
    _, command, status, sequence = HEADER.unpack(header)
    return Pdu(command, status, sequence, body)


def answer(pdu: Pdu, status: int = OK) -> Pdu:
    """The response to a request; for deliver_sm with the empty message id that belongs into it."""
    body = b"\0" if pdu.command == Command.DELIVER_SM else b""
    return Pdu(pdu.command | RESPONSE, status, pdu.sequence, body)


def bind(system_id: str, password: str, system_type: str) -> bytes:
    """The body of a bind_transceiver."""
    return _words(system_id) + _words(password) + _words(system_type) + bytes([VERSION, 0, 0]) + b"\0"


def submit(
    source: Address, destination: Address, *, esm_class: int, data_coding: int, user_data: bytes
) -> bytes:
    """The body of a submit_sm that asks for a receipt, of a text or a part of one."""
    if len(user_data) > 254:
        raise PduError(f"{len(user_data)} bytes of text in one packet")
    return b"".join(
        [
            b"\0",  # service type: the centre's own
            _address(source),
            _address(destination),
            bytes([esm_class, 0, 0]),  # protocol, priority
            b"\0\0",  # send now, keep trying as long as is usual
            bytes([1, 0, data_coding, 0, len(user_data)]),  # receipt wanted, replaces nothing
            user_data,
        ]
    )


def message_id(body: bytes) -> str:
    """The id in a submit_sm_resp; empty when there is none."""
    return body.split(b"\0", 1)[0].decode("ascii", "replace")


def read_delivery(body: bytes) -> Delivery:
    """Read a deliver_sm. Raises PduError when its bytes run out."""
    reader = _Reader(body)
    reader.words()
    source, destination = reader.address(), reader.address()
    esm_class = reader.number(1)
    reader.number(2)
    reader.words()
    reader.words()
    reader.number(2)
    data_coding = reader.number(1)
    reader.number(1)
    user_data = reader.take(reader.number(1))
    options = reader.options()
    return Delivery(
        source=source,
        destination=destination,
        esm_class=esm_class,
        data_coding=data_coding,
        user_data=user_data or options.get(Tag.PAYLOAD, b""),
        options=options,
    )


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, count: int) -> bytes:
        piece = self._data[self._at : self._at + count]
        if len(piece) < count:
            raise PduError("a packet ends in the middle of a field")
        self._at += count
        return piece

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count), "big")

    def words(self) -> str:
        end = self._data.find(b"\0", self._at)
        if end < 0:
            raise PduError("a packet ends in the middle of a field")
        return self.take(end + 1 - self._at)[:-1].decode("latin-1")

    def address(self) -> Address:
        ton, npi = self.number(1), self.number(1)
        return Address(self.words(), ton, npi)

    def options(self) -> dict[int, bytes]:
        found = {}
        while self._at < len(self._data):
            tag = self.number(2)
            found[tag] = self.take(self.number(2))
        return found


def _words(value: str) -> bytes:
    if "\0" in value or not value.isascii():
        raise PduError("a name or password that is not plain ASCII")
    return value.encode("ascii") + b"\0"


def _address(address: Address) -> bytes:
    return bytes([address.ton, address.npi]) + _words(address.digits)
