"""What holds for every carrier, proven on each of them."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import pytest_asyncio

from secondring.domain.ids import TextId
from sms_gateway.carriers.handset import HandsetCarrier
from sms_gateway.carriers.http import HttpCarrier, HttpSettings
from sms_gateway.carriers.port import Accepted, Carrier, OutgoingText
from sms_gateway.carriers.spool import Spool
from tests.integration.sms.gateway_server import GatewayServer
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, Clock

LETTER = OutgoingText(id=TextId("M-1"), to=ANNA, sender=CLINIC, body="Clínica “Uno”: 5 €\nsí")


@dataclass
class Subject:
    carrier: Carrier
    bodies: Callable[[], list[str]]
    """What Anna's phone got."""


@pytest_asyncio.fixture(params=["handset", "http", "http with look-up"])
async def subject(
    request: pytest.FixtureRequest, tmp_path: Path, gateway: GatewayServer
) -> AsyncIterator[Subject]:
    if request.param == "handset":
        spool = Spool(tmp_path / "air")
        yield Subject(HandsetCarrier(spool, Clock()), lambda: [line.body for line in spool.inbox(ANNA)])
        return
    lookup = f"{gateway.url}/texts" if "look-up" in request.param else None
    carrier = HttpCarrier(HttpSettings(url=gateway.url, lookup_url=lookup), Clock())
    yield Subject(carrier, lambda: [t["text"] for t in gateway.texts.values() if t["to"] == ANNA.e164])
    await carrier.close()


async def test_a_text_arrives_letter_by_letter_and_has_an_id(subject: Subject) -> None:
    result = await subject.carrier.send(LETTER)
    assert isinstance(result, Accepted)
    assert result.carrier_id
    assert subject.bodies() == [LETTER.body]


async def test_where_it_says_idempotent_the_same_text_twice_arrives_once(subject: Subject) -> None:
    assert subject.carrier.capabilities.idempotent
    await subject.carrier.send(LETTER)
    again = await subject.carrier.send(LETTER)
    assert isinstance(again, Accepted)
    assert subject.bodies() == [LETTER.body]


async def test_different_texts_of_the_same_words_both_arrive(subject: Subject) -> None:
    await subject.carrier.send(LETTER)
    await subject.carrier.send(replace(LETTER, id=TextId("M-2")))
    assert subject.bodies() == [LETTER.body] * 2


async def test_where_it_can_be_asked_it_knows_what_it_took_and_what_it_never_saw(subject: Subject) -> None:
    if not subject.carrier.capabilities.lookup:
        pytest.skip("this one cannot be asked")
    assert await subject.carrier.look_up(LETTER) is None
    sent = await subject.carrier.send(LETTER)
    assert isinstance(sent, Accepted)
    assert isinstance(await subject.carrier.look_up(LETTER), Accepted)


async def test_polling_goes_on_from_its_cursor(subject: Subject) -> None:
    first = await subject.carrier.poll(None)
    assert (first.inbound, first.receipts) == ((), ())
    again = await subject.carrier.poll(first.cursor)
    assert (again.inbound, again.cursor) == ((), first.cursor)


async def test_a_letter_shows_no_number_and_no_word_of_it(subject: Subject) -> None:
    assert ANNA.e164 not in repr(LETTER)
    assert "Uno" not in repr(LETTER)
    assert ANNA.e164 not in repr(subject.carrier)
