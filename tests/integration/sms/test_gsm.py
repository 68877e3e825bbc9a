"""Boxes with SIM cards, against a scripted manager interface: no such box could be had. What is shown here is that we
say what their documentation asks for, understand what it promises, and let nothing of a patient out of its place."""

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_listener.session import AmiAccount, Timing
from secondring.carriers.manager import AmiManager
from secondring.domain.ids import TextId
from secondring.domain.records import TextState
from sms_gateway.carriers.ami.dialects import DIALECTS
from sms_gateway.carriers.ami.gsm import GsmCarrier, GsmSettings
from sms_gateway.carriers.port import Accepted, OutgoingText, Poll, Refused, TryLater, Unknown
from sms_gateway.notes import BookNotes
from tests.support.fake_ami import SECRET, USER, FakeAmi
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, Clock, World

HELLO = OutgoingText(id=TextId("M-1"), to=ANNA, sender=CLINIC, body='Say "BOOK" \\ now\nñ')
PORTS = {"dongle": "dongle0", "yeastar": "2", "openvox": "3"}
QUICK = Timing(connect=5, answer=1, first_pause=0.02, longest_pause=0.05)
FOLLOWS = ["Follows", "Privilege: Command"]


class Box:
    """A carrier and the manager that it speaks with."""

    def __init__(self, ami: FakeAmi, kind: str, world: World) -> None:
        self.ami = ami
        self.clock = Clock()
        account = AmiAccount(port=ami.port, user=USER, secret=SECRET)
        self.carrier = GsmCarrier(
            GsmSettings(name=kind, ports={CLINIC: PORTS[kind]}),
            DIALECTS[kind],
            AmiManager(account, QUICK),
            BookNotes(kind, self.clock, world.in_store),
            self.clock,
        )
        self.cursor: str | None = None

    def answers(self, action: str, *lines: str) -> None:
        self.ami.scripted[action] = lambda _: lines

    async def news(self) -> Poll:
        async with asyncio.timeout(15):
            while True:
                found = await self.carrier.poll(self.cursor)
                if found.inbound or found.receipts:
                    self.cursor = found.cursor
                    return found
                await asyncio.sleep(0.01)


@asynccontextmanager
async def a_box(kind: str, world: World | None = None) -> AsyncIterator[Box]:
    async with FakeAmi() as ami:
        box = Box(ami, kind, world or World())
        try:
            yield box
        finally:
            await box.carrier.close()


async def sent(box: Box, action: str, header: str, text: OutgoingText = HELLO) -> str:
    """What reached the box under a header."""
    await box.carrier.send(text)
    value: str = (await box.ami.got(action))[header][0]
    return value


# ---------------------------------------------------------------- out


async def test_dongle_gets_the_text_with_cs_escapes_and_our_id() -> None:
    async with a_box("dongle") as box:
        box.answers("DongleSendSMS", "Success", "Message: [dongle0] SMS queued for send")
        assert await box.carrier.send(HELLO) == Accepted("dongle-M-1")
        asked = await box.ami.got("DongleSendSMS")
        assert asked["Message"] == ['Say "BOOK" \\\\ now\\nñ']
        assert (asked["Device"], asked["Number"], asked["Payload"]) == (["dongle0"], [ANNA.e164], ["M-1"])
        assert asked["Report"] == ["yes"]


async def test_yeastar_gets_it_percent_encoded() -> None:
    async with a_box("yeastar") as box:
        box.answers("smscommand", "Follows", "Privilege: SMSCommand", "--END COMMAND--")
        assert await box.carrier.send(HELLO) == Accepted("tg-M-1")
        command = (await box.ami.got("smscommand"))["command"]
        assert command == [f'gsm send sms 2 {ANNA.e164} "Say%20%22BOOK%22%20%5C%20now%0A%C3%B1" M-1']


async def test_openvox_gets_it_in_quotes_and_waits_for_the_network() -> None:
    async with a_box("openvox") as box:
        box.answers("Command", *FOLLOWS, "Send SMS SUCCESSFULLY", "--END COMMAND--")
        assert await box.carrier.send(HELLO) == Accepted("vox-M-1")
        command = (await box.ami.got("Command"))["Command"]
        assert command == [f'gsm send syncsms 3 {ANNA.e164} "Say \\"BOOK\\" \\\\ now ñ" 20 M-1']


@pytest.mark.parametrize(
    ("kind", "action", "lines", "code"),
    [
        ("dongle", "DongleSendSMS", ["Error", "Message: [dongle0] Device not found"], "no-device"),
        ("dongle", "DongleSendSMS", ["Error", "Message: [dongle0] Something else"], "refused"),
        ("yeastar", "smscommand", ["Error", "Message: Permission denied"], "denied"),
        ("yeastar", "smscommand", [*FOLLOWS, "No such command 'gsm send sms'", "--END COMMAND--"], "refused"),
        ("openvox", "Command", [*FOLLOWS, "Send SMS FAILED", "--END COMMAND--"], "not-sent"),
        ("openvox", "Command", [*FOLLOWS, "No such command 'gsm send syncsms'", "--END COMMAND--"], "denied"),
    ],
)
async def test_a_no_is_a_refusal_with_a_code(kind: str, action: str, lines: Sequence[str], code: str) -> None:
    async with a_box(kind) as box:
        box.answers(action, *lines)
        result = await box.carrier.send(HELLO)
        assert isinstance(result, Refused)
        assert result.code == code


async def test_a_modem_that_is_unplugged_is_a_later_try() -> None:
    async with a_box("dongle") as box:
        box.answers("DongleSendSMS", "Error", "Message: [dongle0] Device disconnected")
        assert isinstance(await box.carrier.send(HELLO), TryLater)


async def test_what_is_neither_yes_nor_no_is_unknown() -> None:
    async with a_box("openvox") as box:
        box.answers("Command", *FOLLOWS, "hm", "--END COMMAND--")
        assert isinstance(await box.carrier.send(HELLO), Unknown)


@pytest.mark.parametrize("kind", PORTS)
async def test_without_a_link_it_surely_did_not_go(kind: str) -> None:
    async with a_box(kind) as box:
        await box.ami.stop()
        assert isinstance(await box.carrier.send(HELLO), TryLater)


async def test_a_link_that_breaks_with_the_text_on_it_leaves_it_open() -> None:
    async with a_box("dongle") as box:
        assert await box.carrier._manager.up()
        box.ami.deaf_to = {"DongleSendSMS"}
        sending = asyncio.create_task(box.carrier.send(HELLO))
        await box.ami.got("DongleSendSMS")
        box.ami.cut()
        assert isinstance(await sending, Unknown)
        assert box.ami.names().count("DongleSendSMS") == 1


@pytest.mark.parametrize("kind", PORTS)
async def test_a_number_that_no_sim_card_has_and_a_text_too_long_for_the_wire_are_refused(kind: str) -> None:
    async with a_box(kind) as box:
        stranger = await box.carrier.send(replace(HELLO, sender=ANNA))
        long = await box.carrier.send(replace(HELLO, body="ñ" * 1200))
        assert isinstance(stranger, Refused)
        assert isinstance(long, Refused)
        assert (stranger.code, long.code) == ("no-port", "too-long")
        assert set(box.ami.names()) <= {"Login", "Ping"}


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_no_text_gets_out_of_its_place_in_a_command(body: str) -> None:
    text = replace(HELLO, body=body)
    yeastar = DIALECTS["yeastar"].action(text, "2")["command"]
    assert isinstance(yeastar, str)
    assert yeastar.count('"') == 2
    assert set(yeastar.split('"')[1]) <= set(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~%"
    )
    openvox = DIALECTS["openvox"].action(text, "2")["Command"]
    assert isinstance(openvox, str)
    quoted = openvox.removeprefix(f'gsm send syncsms 2 {ANNA.e164} "').removesuffix('" 20 M-1')
    assert '"' not in quoted.replace("\\\\", "").replace('\\"', "")
    assert not quoted.replace("\\\\", "").endswith("\\")
    for words in (yeastar, openvox, DIALECTS["dongle"].action(text, "2")["Message"]):
        assert not set("\r\n") & set(words)


@pytest.mark.parametrize("kind", PORTS)
@pytest.mark.parametrize("id_", ['M"1', "M 1", "M\n1", ""])
def test_an_id_that_is_more_than_a_name_never_reaches_a_box(kind: str, id_: str) -> None:
    with pytest.raises(ValueError):
        DIALECTS[kind].action(replace(HELLO, id=TextId(id_)), "2")


@pytest.mark.parametrize("port", ["2 3", "2\n", '2"', ""])
def test_a_port_that_is_more_than_a_name_is_refused_at_the_start(port: str) -> None:
    with pytest.raises(ValueError):
        GsmSettings(name="x", ports={CLINIC: port})


# ---------------------------------------------------------------- in


async def test_dongle_hears_texts_in_base64_and_reports_by_our_id() -> None:
    async with a_box("dongle") as box:
        await box.carrier.poll(None)
        words = "Sí\r\n\r\nEvent: Hangup 😀"
        box.ami.say(
            {
                "Event": "DongleNewSMSBase64",
                "Device": "dongle0",
                "From": ANNA.e164,
                "Message": base64.b64encode(words.encode()).decode(),
            }
        )
        (arrival,) = (await box.news()).inbound
        assert (arrival.sender, arrival.to, arrival.body) == (ANNA, CLINIC, words)
        report = {"Event": "DongleReport", "Device": "dongle0", "Payload": "M-1", "Report": "000,"}
        box.ami.say({**report, "Success": "1", "DT": "2026-03-02 12:00:00 -05:00"})
        box.ami.say({**report, "Success": "0", "DT": "", "Payload": "M-2"})
        box.ami.say({**report, "Success": "1", "DT": "", "Payload": "M-3"})
        found: list[tuple[str, TextState]] = []
        while len(found) < 3:
            found += [(one.id, one.state) for one in (await box.news()).receipts]
        assert found == [
            ("M-1", TextState.DELIVERED),
            ("M-2", TextState.FAILED),
            ("M-3", TextState.ACCEPTED),
        ]


async def test_yeastar_sends_long_texts_in_parts_and_says_what_went_out() -> None:
    async with a_box("yeastar") as box:
        await box.carrier.poll(None)
        part = {
            "Event": "ReceivedSMS",
            "GsmSpan": "2",
            "Sender": ANNA.e164,
            "ID": "9",
            "Smsc": "+1",
            "Total": "2",
        }
        box.ami.say({**part, "Index": "2", "Content": "and+STOP+%F0%9F%98%80"})
        box.ami.say({**part, "Index": "1", "Content": "S%C3%AD%0A"})
        (arrival,) = (await box.news()).inbound
        assert arrival.body == "Sí\nand STOP 😀"
        box.ami.say({"Event": "UpdateSMSSend", "ID": "M-1", "Status": "0", "Smsc": "+1"})
        (receipt,) = (await box.news()).receipts
        assert (receipt.id, receipt.state, receipt.code) == ("M-1", TextState.FAILED, "not-sent")


async def test_what_was_heard_outlives_us() -> None:
    world = World()
    async with a_box("yeastar", world) as box:
        await box.carrier.poll(None)
        box.ami.say(
            {"Event": "ReceivedSMS", "GsmSpan": "2", "Sender": ANNA.e164, "Content": "URGENT", "Total": "1"}
        )
        first = await box.news()
    async with a_box("yeastar", world) as again:
        assert (await again.news()).inbound == first.inbound


async def test_rubbish_among_the_events_costs_itself() -> None:
    async with a_box("dongle") as box:
        await box.carrier.poll(None)
        new = {"Event": "DongleNewSMSBase64", "Device": "dongle0", "From": ANNA.e164}
        box.ami.say({**new, "Message": "no base64!"}, {"Event": "DongleReport", "Device": "x"})
        box.ami.say({**new, "Message": base64.b64encode(b"BOOK").decode()})
        assert [arrival.body for arrival in (await box.news()).inbound] == ["BOOK"]


async def test_the_log_shows_no_number_and_no_word(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    async with a_box("dongle") as box:
        await box.carrier.send(HELLO)
        box.ami.say(
            {"Event": "DongleNewSMSBase64", "Device": "other", "From": ANNA.e164, "Message": "c2VjcmV0"}
        )
        box.ami.say({"Event": "DongleNewSMSBase64", "Device": "dongle0", "From": "x", "Message": "secret!"})
        await box.ami.restart()
        await box.ami.got("Login", 2)
    for secret in (ANNA.e164[1:], "BOOK", "c2VjcmV0", "secret!"):
        assert secret not in caplog.text
