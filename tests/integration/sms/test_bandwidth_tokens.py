"""Bandwidth's tokens: fetched once, replaced in time, and without one nothing was sent."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from secondring.domain.errors import PeerError
from secondring.domain.ids import TextId
from secondring.domain.texting import Fault
from sms_gateway.carriers.bandwidth import BandwidthCarrier, BandwidthSettings
from sms_gateway.carriers.port import (
    Accepted,
    Refused,
    SendResult,
    TryLater,
)
from tests.integration.sms.gateway_server import Answer, GatewayServer
from tests.support.api_carriers import LETTER, PATIENT, hasty
from tests.support.fake_carrier import bandwidth_dialect
from tests.support.fake_carrier.bandwidth_dialect import APPLICATION, CLIENT, BandwidthApi
from tests.support.fake_carrier.core import Core
from tests.support.fake_carrier.http_peer import HttpPeer, http_peer
from tests.unit.sms_gateway.fakes import ANNA, Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


def a_bandwidth(url: str, clock: Clock) -> BandwidthCarrier:
    login = {"client": CLIENT, "secret": bandwidth_dialect.SECRET, "application": APPLICATION}
    settings = BandwidthSettings(account=bandwidth_dialect.ACCOUNT, url=url, api_url=url, **login)  # type: ignore[arg-type]
    return BandwidthCarrier(replace(settings, timeout=PATIENT), clock)


async def test_one_token_serves_many_texts_and_a_new_one_is_fetched_in_time(clock: Clock) -> None:
    api = BandwidthApi(Core(clock))
    async with http_peer(api) as peer:
        carrier = a_bandwidth(peer.url, clock)
        await asyncio.gather(*(carrier.send(replace(LETTER, id=TextId(f"M-{n}"))) for n in range(5)))
        clock.forward(3539)
        await carrier.send(LETTER)
        assert _tokens_fetched(peer) == 1
        clock.forward(2)
        assert isinstance(await carrier.send(LETTER), Accepted)
        await carrier.close()
    assert (_tokens_fetched(peer), len(api.core.taken)) == (2, 7)


def _tokens_fetched(peer: HttpPeer) -> int:
    return sum(asked.path.endswith("/token") for asked in peer.asked)


async def test_a_token_that_was_called_back_is_replaced_and_the_text_goes_once(clock: Clock) -> None:
    api = BandwidthApi(Core(clock))
    async with http_peer(api) as peer:
        carrier = a_bandwidth(peer.url, clock)
        await carrier.send(LETTER)
        api.token = "token-2"
        assert isinstance(await carrier.send(replace(LETTER, id=TextId("M-2"))), Accepted)
        await carrier.close()
    assert len(api.core.taken) == 2


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (Answer(401), Refused(Fault.SENDER, "unauthorized", "HTTP 401")),
        (Answer(500), TryLater(None, "no token: HTTP 500")),
        (Answer(429, headers={"Retry-After": "3"}), TryLater(timedelta(seconds=3), "no token: HTTP 429")),
        (Answer(200, b'{"access_token": "a b"}'), TryLater(None, "no token: HTTP 200")),
        (Answer(200, b"<html>"), TryLater(None, "no token: HTTP 200")),
        (Answer(silence=True), TryLater(None, "no token: no answer within 0.5 s")),
        (Answer(hang_up=True), TryLater(None, "no token: the connection broke: RemoteProtocolError")),
    ],
    ids=["not us", "broken", "busy", "no token", "no JSON", "silence", "hang-up"],
)
async def test_without_a_token_nothing_was_sent(
    gateway: GatewayServer, clock: Clock, answer: Answer, result: SendResult
) -> None:
    answer.keeps_text = False
    gateway.script = [answer]
    carrier = a_bandwidth(gateway.url, clock)
    if answer.silence:
        hasty(carrier)
    assert await carrier.send(LETTER) == result
    gateway.script = [answer]
    with pytest.raises(PeerError):
        await carrier.line_type(ANNA)
    await carrier.close()
    assert all(seen.path.endswith("/token") for seen in gateway.seen)
