"""Texts over the PBX's own SIP trunk, through a real Asterisk both ways: with a phone on the carrier's side."""

import asyncio
import base64
import re
import secrets
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from ami_listener.session import AmiAccount
from dialplan.texts import FAMILY, render_texter, render_texts
from lab import ports
from lab.pbx import Pbx
from lab.phones import Phone, State
from lab.service import Service
from lab.texts import Texter
from secondring.carriers.manager import AmiManager
from secondring.domain.ids import TextId
from secondring.domain.texting import Stray
from sms_gateway.carriers.ami.sip import SipCarrier, SipSettings
from sms_gateway.carriers.port import Accepted, OutgoingText, Refused, TryLater
from tests.support.until import until
from tests.unit.sms_gateway.fakes import ANNA, CLINIC

SECRET = secrets.token_urlsafe(24)
HELLO = OutgoingText(id=TextId("M-1"), to=ANNA, sender=CLINIC, body="Hello, reply BOOK")
HOSTILE = [
    "hi :) see (5: 3) ))) :1:2",
    "${SHELL(touch MARK)} $[1 + 1] ${EXTEN}",
    '"),System(touch MARK),NoOp("',
    "a,b;c|d&e\\f^g{h}",
    "one\r\ntwo\r\n\r\nEvent: Hangup\r\nUniqueid: 1\r\n\r\nend",
    "${BASE64_ENCODE(${SR_WORDS})}",
    "Sí, mañana 😀 漢字",
    "\t  spaces kept  ",
    "x" * 900,
    "(" * 300 + ")" * 300,
    "=|=",
]


@pytest.fixture(scope="module")
def ready(pbx: Pbx) -> Iterator[Pbx]:
    """The lab's PBX, with what a clinic installs."""
    version = ".".join(str(part) for part in pbx.asterisk.major_minor)
    files = [
        pbx.add_config("extensions", render_texts(), name="texts"),
        pbx.add_config("manager", render_texter("secondring-texts", SECRET, version), name="texts"),
    ]
    trunk = pbx.home / "etc/pjsip.conf"
    before = trunk.read_text()
    trunk.write_text(
        before.replace(
            "[carrier]\ntype = endpoint", "[carrier]\ntype = endpoint\nmessage_context = secondring-texts", 1
        )
    )
    pbx.reload()
    yield pbx
    trunk.write_text(before)
    for file in files:
        file.unlink()
    pbx.reload()


@pytest_asyncio.fixture
async def trunk(ready: Pbx) -> AsyncIterator[SipCarrier]:
    account = AmiAccount(host=ready.ami_host, port=ready.ami_port, user="secondring-texts", secret=SECRET)
    settings = SipSettings(
        endpoint="carrier",
        host=f"{ports.CARRIER_HOST}:{ready.carrier_port}",
        our_host=ports.PBX_HOST,
    )
    carrier = SipCarrier(settings, AmiManager(account))
    yield carrier
    await carrier.close()
    ready.cli(f"database deltree {FAMILY}")


def send_raw(
    pbx: Pbx, body: str, *, sender: str = f'"Anna" <sip:{ANNA.e164}@127.0.0.2>', to: str = CLINIC.e164
) -> str:
    """A MESSAGE with whatever SIP can carry; gives the status of its answer."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.bind((ports.LOAD_HOST, 0))
        line.settimeout(5)
        host, port = line.getsockname()
        here = f"{host}:{port}"
        raw = body.encode()
        head = "\r\n".join(
            [
                f"MESSAGE sip:{to}@{pbx.sip_host}:{pbx.sip_port} SIP/2.0",
                f"Via: SIP/2.0/UDP {here};branch=z9hG4bK{secrets.token_hex(8)}",
                f"From: {sender};tag={secrets.token_hex(4)}",
                f"To: <sip:{to}@{pbx.sip_host}>",
                f"Call-ID: {secrets.token_hex(8)}",
                "CSeq: 1 MESSAGE",
                "Max-Forwards: 70",
                "Content-Type: text/plain",
                f"Content-Length: {len(raw)}",
                "",
                "",
            ]
        )
        line.sendto(head.encode() + raw, (pbx.sip_host, pbx.sip_port))
        return line.recv(4096).split(b" ", 2)[1].decode()


def waiting(pbx: Pbx) -> list[str]:
    """What the PBX keeps for us."""
    return re.findall(rf"/{FAMILY}/(\d+) ", pbx.cli(f"database show {FAMILY}"))


async def arrived(carrier: SipCarrier, times: int = 1) -> list[str]:
    async with asyncio.timeout(10):
        while len((found := await carrier.poll(None)).inbound) < times:  # noqa: ASYNC110 - the PBX sets no event
            await asyncio.sleep(0.02)
    return [arrival.body for arrival in found.inbound]


async def test_a_text_of_ours_reaches_the_phone_letter_by_letter(ready: Pbx, trunk: SipCarrier) -> None:
    phone = Texter(ready)
    body = '¿Sí? (mañana) 5 € 😀\nline two; ${EXTEN}, "quoted"'
    result = await trunk.send(OutgoingText(id=TextId("M-1"), to=ANNA, sender=CLINIC, body=body))
    assert isinstance(result, Accepted)
    sender, to, words = await asyncio.to_thread(phone.wait_for_text)
    assert words == body
    assert CLINIC.e164 in sender
    assert ANNA.e164 in to


async def test_a_text_from_a_phone_waits_in_the_pbx_until_it_was_taken_in(
    ready: Pbx, trunk: SipCarrier
) -> None:
    phone = Texter(ready)
    await asyncio.to_thread(phone.write, CLINIC.e164, "BOOK (please): now")
    until(lambda: waiting(ready), "the text is in the PBX's database")
    # the account of the lab's carrier has a name and no number: nobody can answer it, so a person reads it
    found = await trunk.poll(None)
    (stray,) = found.inbound
    assert isinstance(stray, Stray)
    assert stray.body == "BOOK (please): now"
    await trunk.poll(found.cursor)
    send_raw(ready, "BOOK (please): now")
    assert await arrived(trunk) == ["BOOK (please): now"]
    first = await trunk.poll(None)
    (arrival,) = first.inbound
    assert (arrival.sender, arrival.to) == (ANNA, CLINIC)
    assert (await trunk.poll(None)).inbound == first.inbound, "nobody has said that it was taken in"
    second = await trunk.poll((await trunk.poll(None)).cursor)
    assert second.inbound == ()
    assert waiting(ready) == []


async def test_it_waits_while_we_are_down_and_while_the_pbx_is(ready: Pbx, trunk: SipCarrier) -> None:
    send_raw(ready, "URGENT")
    until(lambda: waiting(ready), "the text is in the PBX's database")
    await asyncio.to_thread(ready.restart)
    assert await arrived(trunk) == ["URGENT"]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
async def test_whatever_is_in_a_text_is_words_and_nothing_else(
    ready: Pbx, trunk: SipCarrier, body: str, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    body = body.replace("MARK", str(mark))
    send_raw(ready, body)
    assert await arrived(trunk) == [body]
    assert not mark.exists()


async def test_a_hostile_name_and_a_strange_recipient_do_no_harm(ready: Pbx, trunk: SipCarrier) -> None:
    send_raw(ready, "one", sender=f'"x) :1:2 ${{EPOCH}} \\" <sip:+15550100@h>" <sip:{ANNA.e164}@127.0.0.2>')
    assert send_raw(ready, "two", to="%24%7BEPOCH%7D") == "404", "no such extension"
    send_raw(ready, "three")
    assert await arrived(trunk, 2) == ["one", "three"]


async def test_an_endpoint_that_is_not_there_is_a_refusal_and_no_pbx_a_later_try(ready: Pbx) -> None:
    account = AmiAccount(host=ready.ami_host, port=ready.ami_port, user="secondring-texts", secret=SECRET)
    settings = SipSettings(endpoint="nobody", host="127.0.0.2", our_host="127.0.0.1")
    carrier = SipCarrier(settings, AmiManager(account))
    result = await carrier.send(HELLO)
    await carrier.close()
    assert isinstance(result, Refused)
    assert result.code == "not-sent"
    nowhere = AmiAccount(host="127.0.0.1", port=ports.free_port(socket.SOCK_STREAM), user="x", secret=SECRET)
    carrier = SipCarrier(settings, AmiManager(nowhere))
    assert isinstance(await carrier.send(HELLO), TryLater)
    await carrier.close()
    assert base64.b64encode(HELLO.body.encode()).decode() not in repr(HELLO)


def test_a_missed_caller_is_texted_over_the_trunk_and_their_reply_finds_its_way(
    ready: Pbx, tmp_path: Path
) -> None:
    """The whole loop, with nothing but the PBX between clinic and patient."""
    (tmp_path / "credentials").mkdir(mode=0o700)
    secret = tmp_path / "credentials" / "ami-texts-secret"
    secret.touch(mode=0o600)
    secret.write_text(SECRET)
    trunk = {
        "name": "trunk",
        "kind": "sip",
        "secret_file": "credential:ami-texts-secret",
        "endpoint": "carrier",
        "host": f"{ports.CARRIER_HOST}:{ready.carrier_port}",
        "our_host": ports.PBX_HOST,
        "poll": "100ms",
    }
    phone, caller = Texter(ready), "+13125550123"
    with (
        Service(ready, home=tmp_path, config={"carriers": [trunk]}) as service,
        Phone.inside(ready, "1001") as desk,
        Phone.outside(ready, caller) as patient,
    ):
        call = patient.call("2025550100").wait_for(State.RINGING)
        desk.next_call().wait_for(State.RINGING)
        call.hang_up()
        sender, to, words = phone.wait_for_text(15)
        assert ("Northside" in words, CLINIC.e164 in sender, caller in to) == (True, True, True)
        send_raw(ready, "BOOK (please)", sender=f'"Ann" <sip:{caller}@127.0.0.2>')
        until(lambda: len(phone.texts) > 1, lambda: f"the answer: {service.log_tail()}")
        assert "book.northside.example" in phone.texts[-1][2]
        send_raw(ready, "STOP", sender=f"<sip:{caller}@127.0.0.2>")
        until(lambda: len(phone.texts) > 2, lambda: f"the last text: {service.log_tail()}")
        until(lambda: waiting(ready) == [], "the PBX keeps nothing of it")
        assert service.rows("episodes")[0]["caller"][-2:] == caller[-2:]
        assert caller[1:] not in service.log.read_text()
