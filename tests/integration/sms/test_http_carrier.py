"""The plain http carrier against a real socket: what each answer means, and what goes over the wire."""

import asyncio
import json
import time
from datetime import timedelta

import pytest

from secondring.domain.errors import ConfigError
from secondring.domain.ids import TextId
from secondring.domain.texting import Fault
from sms_gateway.carriers.http import HttpCarrier, HttpSettings
from sms_gateway.carriers.port import Accepted, OutgoingText, Refused, SendResult, TryLater, Unknown
from tests.integration.sms.gateway_server import Answer, GatewayServer
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, Clock

LETTER = OutgoingText(id=TextId("M-1"), to=ANNA, sender=CLINIC, body="Reply BOOK")


async def send(gateway: GatewayServer, *answers: Answer, **settings: object) -> SendResult:
    gateway.script = list(answers)
    carrier = HttpCarrier(HttpSettings(url=gateway.url, **settings), Clock())  # type: ignore[arg-type]
    try:
        return await carrier.send(LETTER)
    finally:
        await carrier.close()


async def test_what_goes_over_the_wire(gateway: GatewayServer) -> None:
    await send(gateway, token="very-secret")
    seen = gateway.seen[0]
    assert seen.method == "POST"
    assert json.loads(seen.body) == {
        "id": "M-1",
        "to": ANNA.e164,
        "from": CLINIC.e164,
        "text": "Reply BOOK",
    }
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["authorization"] == "Bearer very-secret"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
async def test_any_2xx_is_acceptance(gateway: GatewayServer, status: int) -> None:
    assert await send(gateway, Answer(status, b"")) == Accepted("M-1")


@pytest.mark.parametrize(
    ("body", "carrier_id"),
    [
        (b'{"id": "abc"}', "abc"),
        (b'{"id": 17}', "17"),
        (b'{"id": true}', "M-1"),
        (b'{"id": ""}', "M-1"),
        (b'{"id": null}', "M-1"),
        (b'{"id": "a\\nb"}', "M-1"),
        (b'{"id": "' + b"x" * 500 + b'"}', "M-1"),
        (b"[1]", "M-1"),
        (b"<html>OK</html>", "M-1"),
        (b"\xff\xfe\x00", "M-1"),
        (b"[" * 60_000, "M-1"),
        (b"x" * 1_000_000, "M-1"),
    ],
)
async def test_whatever_the_body_a_2xx_stays_acceptance(
    gateway: GatewayServer, body: bytes, carrier_id: str
) -> None:
    assert await send(gateway, Answer(200, body)) == Accepted(carrier_id)


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (400, Fault.CONTENT),
        (422, Fault.CONTENT),
        (401, Fault.SENDER),
        (403, Fault.SENDER),
        (404, Fault.SENDER),
        (408, Fault.SENDER),
    ],
)
async def test_other_4xx_are_final(gateway: GatewayServer, status: int, fault: Fault) -> None:
    assert await send(gateway, Answer(status)) == Refused(fault, str(status), f"HTTP {status}")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), ("0", 0), ("Mon, 02 Mar 2026 17:01:00 GMT", 60), ("Mon, 02 Mar 2020 17:01:00 GMT", 0)],
)
@pytest.mark.parametrize("status", [429, 503])
async def test_not_now_and_when(gateway: GatewayServer, status: int, value: str, seconds: int) -> None:
    answer = Answer(status, headers={"Retry-After": value}, keeps_text=False)
    assert await send(gateway, answer) == TryLater(timedelta(seconds=seconds), f"HTTP {status}")


@pytest.mark.parametrize("value", ["soon", "-3", "9" * 40, "", "Mon, 99 Foo 2026"])
async def test_a_retry_after_that_is_none_is_passed_over(gateway: GatewayServer, value: str) -> None:
    assert await send(gateway, Answer(429, headers={"Retry-After": value})) == TryLater(None, "HTTP 429")


@pytest.mark.parametrize("status", [500, 502, 504, 599])
async def test_other_5xx_leave_it_open_whether_the_text_was_taken(
    gateway: GatewayServer, status: int
) -> None:
    assert await send(gateway, Answer(status)) == Unknown(f"HTTP {status}")


async def test_an_answer_that_is_lost_leaves_it_open(gateway: GatewayServer) -> None:
    result = await send(gateway, Answer(hang_up=True))
    assert isinstance(result, Unknown)
    assert "M-1" in gateway.texts


async def test_silence_ends_in_time(gateway: GatewayServer) -> None:
    began = time.monotonic()
    result = await send(gateway, Answer(silence=True), timeout=timedelta(milliseconds=200))
    assert isinstance(result, Unknown)
    assert time.monotonic() - began < 2


async def test_a_body_that_never_ends_takes_no_acceptance_back(gateway: GatewayServer) -> None:
    assert await send(gateway, Answer(200, drip=True)) == Accepted("M-1")


async def test_nobody_there_means_surely_not_sent() -> None:
    carrier = HttpCarrier(HttpSettings(url="http://127.0.0.1:1/"), Clock())
    assert await carrier.send(LETTER) == TryLater(None, "cannot connect: ConnectError")
    await carrier.close()


async def test_a_redirect_is_not_followed_with_a_patients_text(gateway: GatewayServer) -> None:
    result = await send(gateway, Answer(307, headers={"Location": "/elsewhere"}, keeps_text=False))
    assert isinstance(result, TryLater)
    assert [seen.path for seen in gateway.seen] == ["/"]


async def test_one_connection_serves_many_texts(gateway: GatewayServer) -> None:
    carrier = HttpCarrier(HttpSettings(url=gateway.url), Clock())
    for _ in range(5):
        await carrier.send(LETTER)
    await carrier.close()
    assert (len(gateway.seen), gateway.connections) == (5, 1)


@pytest.mark.parametrize("status", [401, 500, 302])
async def test_a_look_up_that_says_neither_yes_nor_no_decides_nothing(
    gateway: GatewayServer, status: int
) -> None:
    gateway.lookup_script = [Answer(status)]
    settings = HttpSettings(url=gateway.url, lookup_url=f"{gateway.url}/texts/")
    carrier = HttpCarrier(settings, Clock())
    assert await carrier.look_up(LETTER) == Unknown(f"the look-up answered HTTP {status}")
    await carrier.close()
    assert gateway.seen[0].path == "/texts/M-1"


async def test_a_look_up_address_may_say_where_the_id_goes(gateway: GatewayServer) -> None:
    gateway.lookup_script = [Answer(500)]
    settings = HttpSettings(url=gateway.url, lookup_url=f"{gateway.url}/texts/{{id}}/state")
    carrier = HttpCarrier(settings, Clock())
    await carrier.look_up(LETTER)
    await carrier.close()
    assert gateway.seen[0].path == "/texts/M-1/state"


@pytest.mark.parametrize(
    "url", ["http://sms.example.org/send", "ftp://sms.example.org", "sms.example.org", "https://", ""]
)
def test_addresses_that_would_leak_or_lead_nowhere_are_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="use an https:// address"):
        HttpCarrier(HttpSettings(url=url), Clock())


async def test_plain_http_goes_to_this_machine_or_where_it_is_allowed() -> None:
    for settings in (
        HttpSettings(url="http://localhost:9/"),
        HttpSettings(url="http://[::1]:9/"),
        HttpSettings(url="http://192.168.1.7/send", allow_plain_http=True),
    ):
        await HttpCarrier(settings, Clock()).close()


def test_secrets_do_not_show() -> None:
    assert "very-secret" not in repr(HttpSettings(url="https://sms.example.org", token="very-secret"))


async def test_many_texts_at_once_take_a_connection_each_and_few_are_kept(gateway: GatewayServer) -> None:
    carrier = HttpCarrier(HttpSettings(url=gateway.url, connections=2), Clock())
    for _ in range(2):
        results = await asyncio.gather(*(carrier.send(LETTER) for _ in range(5)))
        assert results == [Accepted("M-1")] * 5
    await carrier.close()
    assert gateway.connections <= 8
