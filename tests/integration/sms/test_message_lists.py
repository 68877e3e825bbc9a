"""Carriers whose lists of messages are asked: what became of a text, and what came in (Twilio, SignalWire)."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from secondring.domain.errors import PeerError
from secondring.domain.ids import TextId
from secondring.domain.records import TextState
from secondring.domain.texting import Stray
from sms_gateway.carriers.port import (
    Accepted,
    Receipt,
    Unknown,
)
from tests.integration.sms.gateway_server import Answer, GatewayServer
from tests.support.api_carriers import KINDS, LETTER
from tests.support.fake_carrier.core import Core
from tests.support.fake_carrier.laml_dialect import TwilioDialect
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_a_text_counts_as_never_taken_only_when_it_stays_out_of_the_list(clock: Clock) -> None:
    core, dialect = Core(clock), TwilioDialect(list_lag=timedelta(seconds=60))
    async with dialect.serve(core) as subject:
        core.weather.lost_responses = 1.0
        assert isinstance(await subject.carrier.send(LETTER), Unknown)
        assert dialect.api is not None
        dialect.api.deaf = True
        assert isinstance(await subject.carrier.look_up(LETTER), Unknown)
        clock.forward(59)
        assert isinstance(await subject.carrier.look_up(LETTER), Unknown)
        dialect.api.deaf = False
        assert isinstance(await subject.carrier.look_up(LETTER), Accepted)
        dialect.api.deaf = True
        clock.forward(2)
        assert await subject.carrier.look_up(LETTER) is None


async def test_after_a_restart_the_wait_begins_with_the_first_look(clock: Clock) -> None:
    async with TwilioDialect(list_lag=timedelta(seconds=60)).serve(Core(clock)) as subject:
        assert isinstance(await subject.carrier.look_up(LETTER), Unknown)
        clock.forward(60)
        assert await subject.carrier.look_up(LETTER) is None


async def test_another_text_of_the_same_words_is_not_taken_for_it(clock: Clock) -> None:
    async with TwilioDialect().serve(Core(clock)) as subject:
        await subject.carrier.send(LETTER)
        assert await subject.carrier.look_up(replace(LETTER, id=TextId("M-2"))) is None


@pytest.mark.parametrize(
    "change",
    [{"body": "Reply BILLING"}, {"sender": ANNA}, {"to": CLINIC}],
    ids=["other words", "other sender", "other recipient"],
)
async def test_what_differs_is_not_it(clock: Clock, change: dict[str, Any]) -> None:
    core = Core(clock)
    async with TwilioDialect().serve(core) as subject:
        core.weather.lost_responses = 1.0
        await subject.carrier.send(LETTER)
        assert await subject.carrier.look_up(replace(LETTER, **change)) is None


async def test_what_a_carrier_does_to_quotes_and_spaces_changes_nothing(clock: Clock) -> None:
    core = Core(clock)
    async with TwilioDialect().serve(core) as subject:
        core.weather.lost_responses = 1.0
        await subject.carrier.send(replace(LETTER, body="“Maple”  Clinic – hi \n"))
        core.taken[0].body = 'Sent from your trial account - "Maple" Clinic - hi'
        assert await subject.carrier.look_up(replace(LETTER, body="“Maple”  Clinic – hi \n")) is not None


async def test_a_text_of_yesterday_is_not_it(clock: Clock) -> None:
    core = Core(clock)
    async with TwilioDialect().serve(core) as subject:
        core.weather.lost_responses = 1.0
        await subject.carrier.send(LETTER)
        clock.forward(3 * 3600)
        assert await subject.carrier.look_up(LETTER) is None


async def test_a_long_list_is_read_page_by_page_oldest_first(clock: Clock) -> None:
    core, dialect = Core(clock), TwilioDialect()
    async with dialect.serve(core) as subject:
        assert dialect.api is not None
        dialect.api.page = 3
        for number in range(10):
            core.says(ANNA.e164, f"reply {number}", to=CLINIC.e164)
            clock.forward(1)
        news = await subject.carrier.poll(None)
    assert [arrival.body for arrival in news.inbound] == [f"reply {number}" for number in range(10)]


async def test_a_reply_that_shows_up_late_is_still_found(clock: Clock) -> None:
    """Its time is nine minutes before the newest that was seen."""
    core = Core(clock)
    async with TwilioDialect().serve(core) as subject:
        core.says(ANNA.e164, "new", to=CLINIC.e164)
        first = await subject.carrier.poll(None)
        late = core.says(ANNA.e164, "late", to=CLINIC.e164)
        core.said[-1] = replace(late, at=clock.now - timedelta(minutes=9))
        clock.forward(5)
        second = await subject.carrier.poll(first.cursor)
    assert "late" in [arrival.body for arrival in second.inbound]


async def test_a_receipt_that_comes_hours_later_is_still_found(clock: Clock) -> None:
    core = Core(clock)
    async with TwilioDialect().serve(core) as subject:
        await subject.carrier.send(LETTER)
        cursor = (await subject.carrier.poll(None)).cursor
        found: list[Receipt] = []
        for _ in range(30):
            clock.forward(600)
            core.says(ANNA.e164, "hello", to=CLINIC.e164)
            cursor = (await subject.carrier.poll(cursor)).cursor
        core.carry()
        for _ in range(3):
            clock.forward(300)
            news = await subject.carrier.poll(cursor)
            cursor, found = news.cursor, [*found, *news.receipts]
    assert TextState.DELIVERED in {receipt.state for receipt in found}


async def test_the_first_poll_leaves_old_messages_alone_and_a_long_gap_is_caught_up(clock: Clock) -> None:
    core = Core(clock)
    async with TwilioDialect().serve(core) as subject:
        core.says(ANNA.e164, "before Second Ring", to=CLINIC.e164)
        clock.forward(2 * 86_400)
        first = await subject.carrier.poll(None)
        assert first.inbound == ()
        clock.forward(60)
        core.says(ANNA.e164, "while we were down", to=CLINIC.e164)
        clock.forward(3 * 86_400)
        second = await subject.carrier.poll(first.cursor)
    assert [arrival.body for arrival in second.inbound] == ["while we were down"]


@pytest.mark.parametrize("path", ["https://evil.example/x", "//evil.example/x", 7, "x"])
async def test_the_next_page_is_never_fetched_from_another_host(
    gateway: GatewayServer, clock: Clock, path: object
) -> None:
    page = json.dumps({"messages": [], "next_page_uri": path}).encode()
    gateway.lookup_script = [Answer(200, page)]
    carrier = KINDS[0].make(gateway.url, clock)
    await carrier.poll(None)
    await carrier.close()
    assert len(gateway.seen) == 1


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{}", b'{"messages": 3}', b'{"messages": [', b"x" * 5_000_000],
    ids=lambda b: str(b[:9]),
)
async def test_a_list_that_is_none_moves_no_cursor(gateway: GatewayServer, clock: Clock, body: bytes) -> None:
    gateway.lookup_script = [Answer(200, body)]
    carrier = KINDS[0].make(gateway.url, clock)
    with pytest.raises(PeerError):
        await carrier.poll(None)
    gateway.lookup_script = [Answer(200, body)]
    assert isinstance(await carrier.look_up(LETTER), Unknown)
    await carrier.close()


async def test_a_text_without_words_and_one_that_nobody_can_answer(
    gateway: GatewayServer, clock: Clock
) -> None:
    row = {
        "sid": "SM1",
        "direction": "inbound",
        "from": ANNA.e164,
        "to": CLINIC.e164,
        "body": "",
        "num_media": "2",
        "date_sent": "Mon, 02 Mar 2026 17:00:00 +0000",
    }
    rows = [row, row | {"sid": "SM2", "from": "22000"}, row | {"sid": "SM3", "from": "whatsapp:x"}, "rubbish"]
    gateway.lookup_script = [Answer(200, json.dumps({"messages": rows}).encode())]
    carrier = KINDS[0].make(gateway.url, clock)
    news = await carrier.poll(None)
    await carrier.close()
    whole, *strays = sorted(news.inbound, key=lambda one: one.carrier_id)
    assert (whole.carrier_id, whole.body[:10]) == ("SM1", "[a picture")
    assert [(one.carrier_id, one.sender) for one in strays if isinstance(one, Stray)] == [
        ("SM2", "22000"),
        ("SM3", "whatsapp:x"),
    ]
