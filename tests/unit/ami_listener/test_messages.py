"""Bytes to messages: the same whatever the pieces, and nothing in them does harm."""

import itertools
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_listener.messages import Message, MissingHeader, Splitter, parse
from tests.support.ami_messages import hangup, newchannel, stream

JUNK = st.one_of(
    st.binary(max_size=40), st.sampled_from([b"\r\n\r\n", b"\r\n", b"Event: Hangup\r\n", b": ", b"\r"])
)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


def split(chunks: list[bytes], max_message: int = 64) -> tuple[list[bytes], int, bytes]:
    splitter = Splitter(max_message)
    blocks = [block for chunk in chunks for block in splitter.feed(chunk)]
    return blocks, splitter.take_oversized(), splitter.rest


@given(st.lists(JUNK, max_size=20).map(b"".join), st.lists(st.integers(min_value=0)))
def test_any_chunking_gives_the_same_messages(data: bytes, cuts: list[int]) -> None:
    whole = split([data, b"\r\n\r\n"])
    assert split([*pieces(data, cuts), b"\r\n\r\n"])[:2] == whole[:2]


@pytest.mark.parametrize("length", [7, 8, 9, 12, 13, 40])
@pytest.mark.parametrize("inside", [b"", b"\r", b"\r\n", b"\r\n\r"])
def test_a_message_at_the_limit_is_judged_alike_in_any_pieces(length: int, inside: bytes) -> None:
    data = (b"a" * length + inside + b"b" + b"\r\n\r\n") + b"next\r\n\r\n"
    whole = split([data], max_message=8)
    assert b"next" in whole[0]
    assert split([data[n : n + 1] for n in range(len(data))], max_message=8) == whole
    for cut in range(len(data)):
        assert split([data[:cut], data[cut:]], max_message=8) == whole


@given(st.binary(max_size=400))
def test_garbage_never_raises(data: bytes) -> None:
    for block in [*Splitter(64).feed(data + b"\r\n\r\n"), data]:
        parse(block)


def test_a_character_split_over_two_reads_stays_whole() -> None:
    data = stream(newchannel(CallerIDName="Zoë"))
    cut = data.index("ë".encode()) + 1
    (block,), _, _ = split([data[:cut], data[cut:]], 4096)
    message = parse(block)
    assert message
    assert message.get("CallerIDName") == "Zoë"


def test_a_name_that_is_not_utf8_costs_only_its_own_letters() -> None:
    message = parse(b"Event: Hangup\r\nCallerIDName: Jos\xe9\r\nUniqueid: 1.1")
    assert message
    assert message.get("CallerIDName") == "Jos\N{REPLACEMENT CHARACTER}"
    assert message.get("Uniqueid") == "1.1"


def test_a_header_of_a_megabyte_costs_one_message_and_no_memory() -> None:
    splitter = Splitter()
    assert len(splitter.feed(stream(newchannel()))) == 1
    for _ in range(64):
        assert splitter.feed(b"x" * 16384) == []
        assert len(splitter.rest) < 96 * 1024
    assert len(splitter.feed(b"\r\n\r\n" + stream(hangup()))) == 1
    assert splitter.take_oversized() == 1
    assert splitter.take_oversized() == 0


def test_a_repeated_header_keeps_all_its_values_in_order() -> None:
    message = parse(b"Event: X\r\nChanVariable: a=1\r\nChanVariable: b=2\r\nChanVariable: c=3")
    assert message
    assert message.all("ChanVariable") == ["a=1", "b=2", "c=3"]
    assert message.get("ChanVariable") == "a=1"
    assert message.all("Event") == ["X"]
    assert message.all("Nothing") == []


def test_an_empty_last_header_is_kept() -> None:
    (block,) = Splitter().feed(b"Event: VarSet\r\nVariable: __FROM_DID\r\nValue: \r\n\r\n")
    message = parse(block)
    assert message
    assert message.has("Value")
    assert message.get("Value", "absent") == ""


def test_stray_line_ends_between_messages_mean_nothing() -> None:
    assert Splitter().feed(b"\r\n\r\n\r\nEvent: A\r\n\r\n\r\n\r\nEvent: B\r\n\r\n") == [
        b"Event: A",
        b"Event: B",
    ]


def test_only_events_and_responses_are_messages() -> None:
    assert parse(b"GET / HTTP/1.1\r\nHost: pbx") is None
    response = parse(b"Asterisk Call Manager/11.0.0\r\nResponse: Success\r\nMessage: x")
    assert response
    assert response.succeeded


def test_a_missing_header_is_named_and_its_message_is_not_shown() -> None:
    message = Message({"Event": "Hangup", "CallerIDNum": "+12025550123", "Uniqueid": ""})
    with pytest.raises(MissingHeader, match=r"Hangup without a usable Uniqueid") as caught:
        message.need("Uniqueid")
    assert caught.value.where == "Hangup.Uniqueid"
    assert "5550123" not in repr(message)


@pytest.mark.parametrize("stamp", ["", "soon", "nan", "inf", "-1e30", "1e400"])
def test_an_unreadable_timestamp_is_none(stamp: str) -> None:
    assert Message({"Timestamp": stamp}).timestamp is None


def test_a_timestamp_is_read_to_the_microsecond() -> None:
    stamp = Message({"Timestamp": "1715000000.123456"}).timestamp
    assert stamp == datetime(2024, 5, 6, 12, 53, 20, 123456, tzinfo=UTC)
