"""The plain `http` carrier against a gateway that we did not write: Kannel with its fakesmsc, both ways."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote_plus, unquote_to_bytes

import pytest

from secondring.domain.ids import TextId
from sms_gateway.carriers.http import HttpCarrier, HttpSettings
from sms_gateway.carriers.port import Accepted, OutgoingText
from tests.integration.sms.test_webhooks import SECRET, a_door
from tests.support.kannel import Kannel, installed
from tests.support.until import until
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, Clock

pytestmark = pytest.mark.skipif(not installed(), reason="scripts/test installs kannel and kannel-extras")

HELLO = OutgoingText(id=TextId("M-1"), to=ANNA, sender=CLINIC, body="Hello (1) & reply BOOK, 100%?")


@pytest.fixture
def kannel(tmp_path: Path) -> Iterator[Kannel]:
    with Kannel(tmp_path) as running:
        yield running


async def test_a_text_reaches_a_phone_once_and_its_receipt_comes_back(kannel: Kannel) -> None:
    kannel.phones()
    async with a_door() as door:
        door.world.clock.now = datetime.now(UTC)
        door.world.queue("M-1", body=HELLO.body)
        await door.world.work()
        kannel.bridge.secret = SECRET
        kannel.bridge.ours = door.client.base_url.port or 0
        carrier = HttpCarrier(HttpSettings(url=f"http://127.0.0.1:{kannel.bridge.port}/texts"), Clock())
        assert await carrier.send(HELLO) == await carrier.send(HELLO) == Accepted("kannel-M-1")
        (got,) = await asyncio.to_thread(until, kannel.got, "the text on the phone")
        sender, to, kind, words = got.split(" ", 3)
        assert (sender, to, kind, unquote_plus(words)) == (CLINIC.e164, ANNA.e164, "text", HELLO.body)
        await asyncio.to_thread(until, lambda: kannel.bridge.answers, "the receipt at our door")
        assert kannel.bridge.answers[0] == 200
        await carrier.close()
    assert len(kannel.got()) == 1


async def test_letters_beyond_latin_arrive(kannel: Kannel) -> None:
    kannel.phones()
    carrier = HttpCarrier(HttpSettings(url=f"http://127.0.0.1:{kannel.bridge.port}/texts"), Clock())
    body = "¿Sí? 5 € 漢 ñ"
    await carrier.send(OutgoingText(id=TextId("M-2"), to=ANNA, sender=CLINIC, body=body))
    (got,) = await asyncio.to_thread(until, kannel.got, "the text on the phone")
    raw = unquote_to_bytes(got.split(" ", 3)[3].replace("+", " "))
    assert raw.decode("utf-16-be") == body
    await carrier.close()


async def test_a_reply_waits_in_kannel_until_our_door_is_open(kannel: Kannel) -> None:
    kannel.phones(f"{ANNA.e164} {CLINIC.e164} text STOP please & thanks")
    async with a_door() as door:
        door.world.clock.now = datetime.now(UTC)
        kannel.bridge.secret = SECRET
        kannel.bridge.ours = door.client.base_url.port or 0
        await asyncio.to_thread(until, lambda: kannel.bridge.answers, "the reply at our door")
        assert kannel.bridge.answers == [200]
        ((kind, id_),) = door.world.desk.told
        with door.world.store.reading() as books:
            text = books.text_by_carrier_id("http", id_, outgoing=False)
        assert kind == "received"
        assert text is not None
        assert (text.body, text.patient, text.ours) == ("STOP please & thanks", ANNA, CLINIC)
