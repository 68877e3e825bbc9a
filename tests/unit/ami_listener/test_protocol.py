"""What may be sent, how long we wait to reconnect, and what reading never does."""

import asyncio
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_listener import protocol as protocol_module
from ami_listener.backlog import Backlog
from ami_listener.connection import pause_after
from ami_listener.messages import Message, parse
from ami_listener.protocol import Protocol, Request, check_fields
from ami_listener.session import AmiAccount, Timing
from ami_listener.stats import LinkStats
from secondring.domain.errors import PeerError
from tests.support.ami_messages import hangup, newchannel, stream
from tests.support.fake_ami import GREETING, wire


class Wire(asyncio.Transport):
    """A transport that only remembers."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def abort(self) -> None:
        self.aborted = True

    def is_closing(self) -> bool:
        return self.aborted


class Rig:
    """A protocol whose bytes come from a test."""

    def __init__(self, *, greeted: bool = True) -> None:
        self.heard: list[Message] = []
        self.stats = LinkStats()
        self.wire = Wire()
        self.protocol = Protocol(sink=self.heard.extend, stats=self.stats)
        self.protocol.connection_made(self.wire)
        if greeted:
            self.protocol.data_received(GREETING)

    def names(self) -> list[str]:
        return [message.name for message in self.heard]


@pytest.mark.parametrize("evil", ["x\r\nApplication: System", "x\n", "\r", "a\0b"])
@pytest.mark.parametrize("name", ["CallerID", "Variable"])
async def test_a_value_cannot_break_out_of_its_line(name: str, evil: str) -> None:
    with pytest.raises(ValueError, match="line break or NUL") as caught:
        Request({"Action": "Originate", name: ["fine", evil]})
    assert "System" not in str(caught.value)


@pytest.mark.parametrize("name", ["Caller ID", "A\r\nB", "", "X:", "-"])
def test_a_header_name_must_be_one(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a header name"):
        check_fields({"Action": "Ping", name: "x"})


def test_what_asterisk_would_not_read_whole_is_not_sent() -> None:
    with pytest.raises(ValueError, match="longer than Asterisk reads"):
        check_fields({"Action": "Ping", "X": "é" * 512})
    with pytest.raises(ValueError, match="129 headers"):
        check_fields({"Action": "Ping", "Variable": ["a=1"] * 128})


@given(st.dictionaries(st.from_regex(r"X[a-z]{0,8}", fullmatch=True), st.text(max_size=40), max_size=5))
async def test_what_is_sent_is_read_back_as_it_was(fields: dict[str, str]) -> None:
    whole = {**fields, "Action": "Ping", "ActionID": "a1", "Response": "x"}
    try:
        sent = str(Request(whole)).encode()
    except ValueError:
        assert any(set("\r\n\0") & set(value) for value in whole.values())
        return
    assert sent.endswith(b"\r\n\r\n")
    back = parse(sent.removesuffix(b"\r\n\r\n"))
    assert back
    assert back.headers == whole


async def test_one_message_that_cannot_be_handled_costs_only_itself(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def buggy(block: bytes) -> Message | None:
        if b"Newchannel" in block:
            raise RuntimeError("+12025550123")
        return parse(block)

    monkeypatch.setattr(protocol_module, "parse", buggy)
    rig = Rig()
    rig.protocol.data_received(stream(hangup(), newchannel(), hangup()))
    assert rig.names() == ["Hangup", "Hangup"]
    assert rig.stats.broken == 1
    assert not rig.wire.aborted
    assert "5550123" not in caplog.text


async def test_an_event_with_an_action_id_we_wait_for_is_still_heard() -> None:
    rig = Rig()
    request = Request({"Action": "Originate", "ActionID": "o1"}, until="OriginateResponse")
    sent = rig.protocol.send(request)
    rig.protocol.data_received(
        stream({"Response": "Success", "ActionID": "o1"}, newchannel(ActionID="o1"), hangup(ActionID="o1"))
        + wire({"Event": "OriginateResponse", "ActionID": "o1", "Reason": "4"})
    )
    assert rig.names() == ["Newchannel", "Hangup"]
    reply = await sent
    assert reply.ok
    assert [event.name for event in reply.events] == ["Newchannel", "Hangup", "OriginateResponse"]


async def test_an_originate_without_an_async_header_is_just_an_action() -> None:
    rig = Rig()
    sent = rig.protocol.send(Request({"Action": "Originate", "ActionID": "o1"}))
    rig.protocol.data_received(
        wire({"Response": "Success", "ActionID": "o1", "Message": "Originate successfully queued"})
    )
    assert (await sent).ok
    assert not rig.wire.aborted


async def test_a_refused_action_is_over_at_once_whatever_it_waited_for() -> None:
    rig = Rig()
    sent = rig.protocol.send(Request({"Action": "Originate", "ActionID": "o1"}, until="OriginateResponse"))
    rig.protocol.data_received(
        wire({"Response": "Error", "ActionID": "o1", "Message": "Originate Access Forbidden"})
    )
    reply = await sent
    assert (reply.ok, reply.why) == (False, "Originate Access Forbidden")


async def test_whoever_waits_when_the_link_breaks_is_told() -> None:
    rig = Rig()
    sent = rig.protocol.send(Request({"Action": "Originate"}))
    rig.protocol.connection_lost(ConnectionResetError("reset"))
    with pytest.raises(PeerError, match="no answer to Originate: ConnectionResetError"):
        await sent
    with pytest.raises(PeerError, match="is down"):
        rig.protocol.send(Request({"Action": "Ping"}))


async def test_a_greeting_may_come_in_pieces() -> None:
    rig = Rig(greeted=False)
    for byte in GREETING + stream(hangup()):
        rig.protocol.data_received(bytes([byte]))
    assert rig.protocol.greeted.result() == "11.0.0"
    assert rig.names() == ["Hangup"]


@pytest.mark.parametrize(
    "greeting", [b"SSH-2.0-OpenSSH_9\r\n", b"\x15\x03\x01", b"Asterisk Call Manager/" + b"1" * 999]
)
async def test_what_does_not_greet_as_an_ami_is_hung_up_on(greeting: bytes) -> None:
    rig = Rig(greeted=False)
    rig.protocol.data_received(greeting)
    with pytest.raises(PeerError, match="does not greet"):
        await rig.protocol.greeted
    assert rig.wire.aborted


def test_the_pause_before_a_reconnect_doubles_up_to_its_cap_with_some_chance_in_it() -> None:
    timing = Timing(first_pause=1, longest_pause=30)
    for failures, longest in [(1, 1), (2, 2), (3, 4), (6, 30), (5000, 30)]:
        pauses = {pause_after(failures, timing) for _ in range(50)}
        assert longest / 2 <= min(pauses) < max(pauses) <= longest


async def test_a_full_backlog_stops_the_reader_once_and_starts_it_at_half() -> None:
    stats, gate = LinkStats(), list[str]()
    backlog: Backlog[int] = Backlog(
        4, stats, stop=lambda: gate.append("stop"), go_on=lambda: gate.append("go on")
    )
    backlog.put([1, 2, 3])
    assert backlog.has_room
    backlog.put([4, 5])
    backlog.put([6])
    assert (gate, stats.backlog_peak, stats.pauses) == (["stop"], 6, 1)
    assert await backlog.take(3) == [1, 2, 3]
    assert gate == ["stop"]
    assert await backlog.take(1) == [4]
    assert gate == ["stop", "go on"]
    assert await backlog.take(10) == [5, 6]
    assert stats.backlog == 0
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(backlog.take(1), 0.01)


async def test_a_backlog_warns_once_for_each_time_it_is_full(caplog: pytest.LogCaptureFixture) -> None:
    backlog: Backlog[int] = Backlog(1, LinkStats(), stop=lambda: None, go_on=lambda: None)
    with caplog.at_level(logging.WARNING):
        for number in range(5):
            backlog.put([number])
    assert len(caplog.records) == 1


def test_the_secret_is_not_shown() -> None:
    assert "hush" not in repr(AmiAccount(user="secondring", secret="hush"))
