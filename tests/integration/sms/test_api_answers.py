"""What each answer of the five carriers with interfaces of their own means for a text."""

import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from secondring.domain.errors import ConfigError, PeerError
from secondring.domain.texting import Fault
from sms_gateway.carriers.port import (
    Accepted,
    Refused,
    SendResult,
    TryLater,
    Unknown,
)
from tests.integration.sms.gateway_server import Answer, GatewayServer
from tests.support.api_carriers import KINDS, LETTER, SECRET, Kind, hasty
from tests.support.fake_carrier.core import Core, Trouble
from tests.support.fake_carrier.telnyx_dialect import TelnyxDialect
from tests.unit.sms_gateway.fakes import ANNA, Clock

every = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


async def send(kind: Kind, gateway: GatewayServer, answer: Answer) -> SendResult:
    answer.keeps_text = False
    gateway.script = [answer]
    carrier = kind.make(gateway.url, Clock())
    if answer.silence:
        hasty(carrier)
    try:
        return await carrier.send(LETTER)
    finally:
        await carrier.close()


@every
async def test_yes_with_an_id_and_yes_without_one(kind: Kind, gateway: GatewayServer) -> None:
    assert await send(kind, gateway, Answer(201, json.dumps(kind.taken).encode())) == Accepted("SM1")
    for body in (b"", b"<html>", b'{"sid": "a\\nb", "id": 1e999, "data": []}', b"[" * 5_000):
        assert isinstance(await send(kind, gateway, Answer(200, body)), Accepted)


@every
@pytest.mark.parametrize("status", [400, 422])
async def test_no_with_its_own_code_and_nothing_of_its_words(
    kind: Kind, gateway: GatewayServer, status: int
) -> None:
    found = await send(kind, gateway, Answer(status, json.dumps(kind.refusal).encode()))
    assert found == Refused(Fault.CONTENT, kind.code, f"HTTP {status}")


@every
@pytest.mark.parametrize("body", [b"", b'{"code": "+12025550123", "errors": [{"code": "12025550123"}]}'])
async def test_no_without_a_code_has_that_of_http(kind: Kind, gateway: GatewayServer, body: bytes) -> None:
    assert await send(kind, gateway, Answer(403, body)) == Refused(Fault.SENDER, "403", "HTTP 403")


@every
async def test_too_many_means_surely_not_taken_and_when_to_come_back(
    kind: Kind, gateway: GatewayServer
) -> None:
    found = await send(kind, gateway, Answer(429, headers={"Retry-After": "7"}))
    assert found == TryLater(timedelta(seconds=7), "HTTP 429")


@every
@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 409])
async def test_what_says_nothing_of_the_text_leaves_it_open(
    kind: Kind, gateway: GatewayServer, status: int
) -> None:
    assert await send(kind, gateway, Answer(status)) == Unknown(f"HTTP {status}")


@every
async def test_silence_and_a_broken_line_leave_it_open(kind: Kind, gateway: GatewayServer) -> None:
    assert isinstance(await send(kind, gateway, Answer(silence=True)), Unknown)
    assert isinstance(await send(kind, gateway, Answer(hang_up=True)), Unknown)


@every
async def test_nobody_there_means_surely_not_taken(kind: Kind) -> None:
    carrier = kind.make("http://127.0.0.1:1", Clock())
    assert await carrier.send(LETTER) == TryLater(None, "cannot connect: ConnectError")
    await carrier.close()


@every
async def test_a_redirect_is_not_followed_with_a_patients_text(kind: Kind, gateway: GatewayServer) -> None:
    found = await send(kind, gateway, Answer(307, headers={"Location": "/elsewhere"}))
    assert isinstance(found, TryLater)
    assert len(gateway.seen) == 1


@every
async def test_one_connection_serves_many_texts(kind: Kind, gateway: GatewayServer) -> None:
    gateway.script = [Answer(200, keeps_text=False) for _ in range(3)]
    carrier = kind.make(gateway.url, Clock())
    for _ in range(3):
        await carrier.send(LETTER)
    await carrier.close()
    assert (len(gateway.seen), gateway.connections) == (3, 1)


@every
def test_it_speaks_to_others_over_tls_only(kind: Kind) -> None:
    with pytest.raises(ConfigError, match="use an https:// address"):
        kind.make("http://carrier.example", Clock())


@every
def test_a_secret_does_not_show(kind: Kind) -> None:
    carrier = kind.make("http://127.0.0.1:1", Clock())
    shown = repr(carrier) + "".join(repr(value) for value in vars(carrier).values())
    assert SECRET not in shown
    assert "PRIVATE KEY" not in shown


@every
@pytest.mark.parametrize("answer", [Answer(401), Answer(500), Answer(200, b"<html>"), Answer(200, drip=True)])
async def test_a_line_type_that_cannot_be_told_is_no_answer(
    kind: Kind, gateway: GatewayServer, answer: Answer
) -> None:
    answer.keeps_text = False
    gateway.script, gateway.lookup_script = [answer], [answer]
    carrier = hasty(kind.make(gateway.url, Clock()))
    ask: Callable[..., Awaitable[object]] = carrier.line_type  # type: ignore[attr-defined]
    with pytest.raises(PeerError) as told:
        await ask(ANNA)
    await carrier.close()
    assert ANNA.e164[1:] not in str(told.value)


@pytest.fixture
def clock() -> Clock:
    return Clock()


async def test_telnyx_gets_the_same_bytes_under_the_same_key_however_often_it_is_sent(clock: Clock) -> None:
    core = Core(clock)
    async with TelnyxDialect().serve(core) as subject:
        core.weather.lost_responses = 1.0
        assert isinstance(await subject.carrier.send(LETTER), Unknown)
        core.weather.lost_responses = 0.0
        clock.forward(300)
        assert isinstance(await subject.carrier.look_up(LETTER), Accepted)
        core.weather.storm = [Trouble.BROKEN]
        assert isinstance(await subject.carrier.send(LETTER), Unknown)
    assert core.bodies(ANNA.e164) == [LETTER.body]
