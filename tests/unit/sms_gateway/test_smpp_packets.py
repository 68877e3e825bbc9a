"""SMPP's packets, letters, parts and receipts: judged by another implementation, and by whatever bytes there may be."""

import pytest
from aiosmpplib.codec import find_codec_info
from aiosmpplib.protocol import BindTransceiver, DeliverSm, SmppMessage, SubmitSm
from aiosmpplib.state import NPI, RECEIPTED_MESSAGE_ID, TON, OptionalParam, PhoneNumber
from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.records import TextState
from sms_gateway.carriers.smpp import pdu
from sms_gateway.carriers.smpp.alphabet import GSM, decode, encode
from sms_gateway.carriers.smpp.parts import Place, cut, join, place_of, words_of
from sms_gateway.carriers.smpp.pdu import Address, Command, Delivery, Pdu, PduError, Tag
from sms_gateway.carriers.smpp.receipts import also_called, read_receipt
from sms_gateway.segments import BASIC, EXTENSION, Encoding, segments

gsm_texts = st.text(alphabet=sorted(BASIC | EXTENSION), min_size=1, max_size=600)
texts = st.one_of(gsm_texts, st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300))


def a_delivery(**more: object) -> Delivery:
    usual: dict[str, object] = {
        "source": Address("12025550123"),
        "destination": Address("12025550100"),
        "esm_class": 0,
        "data_coding": GSM,
        "user_data": b"",
    }
    return Delivery(**{**usual, **more})  # type: ignore[arg-type]


# ---------------------------------------------------------------- against aiosmpplib


@given(gsm_texts)
def test_our_septets_are_those_of_another_implementation(text: str) -> None:
    theirs = find_codec_info("gsm0338")
    assert encode(text, Encoding.GSM7) == theirs.encode(text)[0]
    assert decode(encode(text, Encoding.GSM7), GSM) == text


@given(gsm_texts.filter(lambda text: len(segments(text)) == 1))
def test_a_text_of_ours_reads_the_same_there(text: str) -> None:
    (part,) = cut(text, 0)
    body = pdu.submit(
        Address("12025550100"),
        Address("12025550123"),
        esm_class=part.esm_class,
        data_coding=part.data_coding,
        user_data=part.user_data,
    )
    raw = pdu.pack(Pdu(Command.SUBMIT_SM, 0, 7, body))
    header = SmppMessage.parse_header(raw[:16])
    theirs = SubmitSm.from_pdu(raw, header, "gsm0338")
    assert isinstance(theirs, SubmitSm)
    assert (theirs.short_message, theirs.destination.number, theirs.source.number) == (
        text,
        "12025550123",
        "12025550100",
    )
    assert (theirs.destination.ton, theirs.registered_delivery, theirs.sequence_num) == (
        TON.INTERNATIONAL,
        1,
        7,
    )


def test_our_bind_reads_the_same_there() -> None:
    raw = pdu.pack(Pdu(Command.BIND_TRANSCEIVER, 0, 1, pdu.bind("clinic", "secret", "VMA")))
    theirs = BindTransceiver.from_pdu(raw, SmppMessage.parse_header(raw[:16]))
    assert isinstance(theirs, BindTransceiver)
    assert (theirs.system_id, theirs.password, theirs.system_type) == ("clinic", "secret", "VMA")
    assert theirs.interface_version == 0x34


@given(gsm_texts.filter(lambda text: len(segments(text)) == 1))
def test_a_delivery_of_theirs_reads_the_same_here(text: str) -> None:
    theirs = DeliverSm(
        short_message=text,
        source=PhoneNumber("12025550123", TON.INTERNATIONAL, NPI.ISDN),
        destination=PhoneNumber("12025550100", TON.INTERNATIONAL, NPI.ISDN),
        optional_params=[OptionalParam(RECEIPTED_MESSAGE_ID, "77")],
    )
    ours = pdu.read_delivery(theirs.pdu()[16:])
    assert (ours.source.digits, ours.destination.digits) == ("12025550123", "12025550100")
    assert join([(1, words_of(ours))], 1, ours.data_coding) == text
    assert ours.options[Tag.RECEIPTED_MESSAGE_ID].rstrip(b"\0") == b"77"


# ---------------------------------------------------------------- parts


@given(texts, st.integers(0, 1000))
def test_parts_come_together_again_in_any_order_and_fit_into_140_octets(text: str, reference: int) -> None:
    parts = cut(text, reference)
    deliveries = [
        a_delivery(esm_class=part.esm_class, data_coding=part.data_coding, user_data=part.user_data)
        for part in parts
    ]
    for part in parts:
        octets = -(-len(part.user_data) * 7 // 8) if part.data_coding == GSM else len(part.user_data)
        assert octets <= 141  # the header's 6 octets count as 7 septets, one of which is padding
    places = [place_of(one) or Place(0, 1, 1) for one in deliveries]
    pieces = [(place.number, words_of(one)) for place, one in zip(places, deliveries, strict=True)]
    assert join(reversed(pieces), len(parts), parts[0].data_coding) == text
    if len(parts) > 1:
        assert {place.reference for place in places} == {reference & 0xFF}


@pytest.mark.parametrize(
    ("data", "coding"),
    [("BOOK €".encode("utf-16-be"), 8), (b"BOOK \x1be", 0), ("BOOK €".encode("utf-16-be"), 0x18)],
)
def test_a_pair_that_a_sender_cut_through_comes_together(data: bytes, coding: int) -> None:
    for at in range(len(data)):
        assert join([(1, data[:at]), (2, data[at:])], 2, coding) == "BOOK €"


@pytest.mark.parametrize(
    ("header", "place"),
    [
        (bytes([5, 0, 3, 9, 3, 2]), Place(9, 3, 2)),
        (bytes([6, 8, 4, 1, 2, 3, 2]), Place(258, 3, 2)),
        (bytes([9, 5, 2, 1, 1, 0, 3, 9, 3, 2]), Place(9, 3, 2)),
        (bytes([4, 5, 2, 1, 1]), None),
        (bytes([5, 0, 3, 9, 3, 7]), None),
        (bytes([5, 0, 3, 9, 1, 1]), None),
        (bytes([0]), None),
        (bytes([200, 0, 3]), None),
    ],
)
def test_which_part_a_header_speaks_of(header: bytes, place: Place | None) -> None:
    one = a_delivery(esm_class=0x40, user_data=header + b"words")
    assert place_of(one) == place


def test_a_missing_part_shows() -> None:
    assert join([(1, b"one"), (3, b"three")], 3, GSM) == "one […] three"


# ---------------------------------------------------------------- receipts

WORDS = (
    b"id:%s sub:001 dlvrd:001 submit date:2603021700 done date:2603021701 stat:%s err:%s text:stat:UNDELIV"
)


@pytest.mark.parametrize(
    ("stat", "state"),
    [
        (b"DELIVRD", TextState.DELIVERED),
        (b"UNDELIV", TextState.FAILED),
        (b"EXPIRED", TextState.FAILED),
        (b"REJECTD", TextState.FAILED),
        (b"ACCEPTD", TextState.ACCEPTED),
        (b"ENROUTE", TextState.ACCEPTED),
        (b"UNKNOWN", TextState.ACCEPTED),
    ],
)
def test_receipts_in_words(stat: bytes, state: TextState) -> None:
    told = read_receipt(a_delivery(esm_class=4, user_data=WORDS % (b"0A1", stat, b"00B")))
    assert told is not None
    assert (told.id, told.word, told.state, told.error) == ("0A1", stat.decode(), state, "00B")


def test_parameters_go_before_words() -> None:
    options = {
        Tag.RECEIPTED_MESSAGE_ID: b"77\0",
        Tag.MESSAGE_STATE: b"\x05",
        Tag.NETWORK_ERROR: b"\x03\x00\x1f",
    }
    told = read_receipt(
        a_delivery(esm_class=4, user_data=WORDS % (b"1", b"DELIVRD", b"000"), options=options)
    )
    assert told is not None
    assert (told.id, told.word, told.error) == ("77", "UNDELIV", "31")


@pytest.mark.parametrize("words", [b"", b"id: stat:", b"id:7", b"stat:DELIVRD", b"Hello"])
def test_what_is_no_receipt_is_none(words: bytes) -> None:
    assert read_receipt(a_delivery(esm_class=4, user_data=words)) is None


def test_ids_in_hexadecimal_and_in_decimal_are_the_same() -> None:
    assert "3E9" in also_called("1001")
    assert "1001" in also_called("3e9")
    assert also_called("1001")[0] == "1001"
    assert "77" in also_called("00000077")


# ---------------------------------------------------------------- whatever comes


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(body: bytes) -> None:
    try:
        one = pdu.read_delivery(body)
    except PduError:
        return
    place_of(one)
    read_receipt(one)
    decode(words_of(one), one.data_coding)


@given(st.binary(max_size=300), st.integers(0, 255))
def test_no_bytes_break_the_alphabets(data: bytes, coding: int) -> None:
    decode(data, coding).encode()


@pytest.mark.parametrize("length", [0, 15, 70_001, 0xFFFFFFFF])
def test_a_length_that_cannot_be_is_refused(length: int) -> None:
    with pytest.raises(PduError):
        pdu.length_of(length.to_bytes(4, "big") + bytes(12))


@pytest.mark.parametrize("secret", ["naïve", "a\0b"])
def test_a_password_that_would_break_the_packet_is_refused_without_showing_it(secret: str) -> None:
    with pytest.raises(PduError) as caught:
        pdu.bind("clinic", secret, "")
    assert secret not in str(caught.value)
