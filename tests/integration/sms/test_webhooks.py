"""The webhooks, served by the real server on a real socket."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import pytest_asyncio
import uvicorn

from secondring.domain.errors import ConfigError
from secondring.domain.records import TextState
from sms_gateway.carriers.http_webhook import HttpWebhook
from sms_gateway.inbound import Inbound
from sms_gateway.listener import ListenSettings, make_server
from sms_gateway.signature import sign
from sms_gateway.webhooks import BODY_LIMIT, Webhooks, WebhookSettings
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, FakeCarrier, World, until

SECRET = "0123456789abcdef"
REPLY = {"id": "r1", "from": ANNA.e164, "to": CLINIC.e164, "text": "BOOK please 😀"}


class HttpNamed(FakeCarrier):
    name = "http"


class Door:
    """A gateway's view of us."""

    inbound: Inbound
    server: uvicorn.Server
    serving: asyncio.Task[None]

    def __init__(self, world: World, client: httpx.AsyncClient) -> None:
        self.world = world
        self.client = client
        self.rings = 0

    async def ring(self) -> None:
        self.rings += 1

    async def knock(self, path: str, body: bytes | dict[str, Any], **headers: str) -> httpx.Response:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        stamp = headers.pop("stamp", str(int(self.world.clock().timestamp())))
        sent = {"X-Timestamp": stamp, "X-Signature": headers.pop("signature", sign(SECRET, stamp, raw))}
        return await self.client.post(f"/carriers/http/{path}", content=raw, headers=sent | headers)


@asynccontextmanager
async def a_door(**limits: float) -> AsyncIterator[Door]:
    world = World(carrier=HttpNamed())
    client = httpx.AsyncClient()
    door = Door(world, client)
    door.inbound = world.new_inbound(door.ring)
    settings = WebhookSettings(**limits)  # type: ignore[arg-type]
    doors = {"http": HttpWebhook((SECRET,))}
    application = Webhooks(doors, door.inbound, settings, clock=world.clock).application()
    door.server = server = make_server(application, ListenSettings(port=0))
    door.serving = serving = asyncio.create_task(server.serve())
    await until(lambda: server.started, "the server is up")
    port = server.servers[0].sockets[0].getsockname()[1]
    client.base_url = httpx.URL(f"http://127.0.0.1:{port}")
    try:
        yield door
    finally:
        await client.aclose()
        server.should_exit = True
        await asyncio.gather(serving, return_exceptions=True)


@pytest_asyncio.fixture
async def door() -> AsyncIterator[Door]:
    async with a_door() as opened:
        yield opened


async def test_a_signed_reply_is_on_disk_when_it_is_answered(door: Door) -> None:
    answer = await door.knock("inbound", REPLY)
    assert (answer.status_code, answer.json()) == (200, {"ok": True})
    with door.world.store.reading() as books:
        text = books.text_by_carrier_id("http", "r1", outgoing=False)
    assert text is not None
    assert (text.body, text.patient, text.ours) == (REPLY["text"], ANNA, CLINIC)
    assert door.rings == 1


async def test_the_same_reply_again_is_thanked_for_and_changes_nothing(door: Door) -> None:
    for _ in range(3):
        assert (await door.knock("inbound", REPLY)).status_code == 200
    assert (door.world.desk.told, door.rings) == ([("received", "r1")], 1)


@pytest.mark.parametrize("id_", ["M-1", "c-M-1"], ids=["our id", "their id"])
@pytest.mark.parametrize(
    ("status", "state"),
    [("delivered", TextState.DELIVERED), ("FAILED", TextState.FAILED), ("sent", TextState.ACCEPTED)],
)
async def test_a_receipt_by_our_id_or_theirs(door: Door, id_: str, status: str, state: TextState) -> None:
    door.world.queue()
    await door.world.work()
    answer = await door.knock("receipt", {"id": id_, "status": status})
    assert (answer.status_code, door.world.text().state) == (200, state)


async def test_a_receipt_before_its_text_is_known_is_asked_for_again(door: Door) -> None:
    assert (await door.knock("receipt", {"id": "c-M-1", "status": "delivered"})).status_code == 404


async def test_a_reply_that_could_not_be_kept_is_asked_for_again(door: Door) -> None:
    door.world.desk.hopeless = {"r1"}
    answer = await door.knock("inbound", REPLY)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    door.world.desk.hopeless = set()
    assert (await door.knock("inbound", REPLY)).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"signature": ""},
        {"signature": "0" * 64},
        {"signature": "sha256="},
        {"signature": sign("another-secret-00", "1", b"{}")},
        {"stamp": "1000000000"},
        {"stamp": "tomorrow"},
        {"stamp": ""},
    ],
)
async def test_the_unsigned_and_the_old_are_turned_away(door: Door, headers: dict[str, str]) -> None:
    assert (await door.knock("inbound", REPLY, **headers)).status_code == 401
    assert door.world.desk.told == []


async def test_a_signature_for_one_body_opens_for_no_other(door: Door) -> None:
    stamp = str(int(door.world.clock().timestamp()))
    signature = sign(SECRET, stamp, json.dumps(REPLY).encode())
    assert (await door.knock("inbound", REPLY | {"text": "STOP"}, signature=signature)).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 50_000,
        {},
        REPLY | {"id": ""},
        REPLY | {"id": 7},
        REPLY | {"id": "a\nb"},
        REPLY | {"id": "x" * 201},
        REPLY | {"from": "Mallory\t555"},
        REPLY | {"to": "Mallory 555"},
        REPLY | {"to": None},
        REPLY | {"text": ["BOOK"]},
        REPLY | {"text": "x" * 10_001},
    ],
)
async def test_bad_requests_are_told_so_without_repeating_them(
    door: Door, body: bytes | dict[str, Any]
) -> None:
    answer = await door.knock("inbound", body)
    assert answer.status_code == 400
    assert list(answer.json()) == ["error"]
    assert "Mallory" not in answer.text
    assert ANNA.e164 not in answer.text
    assert door.world.desk.told == []


async def test_a_text_of_a_short_code_is_taken_in_for_a_person(door: Door) -> None:
    for _ in range(2):
        assert (await door.knock("inbound", REPLY | {"from": "22000"})).status_code == 200
    assert door.world.desk.told == [("unanswerable", "r1")]


async def test_half_an_emoji_is_kept_as_far_as_it_can_be(door: Door) -> None:
    raw = json.dumps(REPLY).replace('"BOOK please', '"\\ud83d BOOK').encode()
    assert (await door.knock("inbound", raw)).status_code == 200
    with door.world.store.reading() as books:
        text = books.text_by_carrier_id("http", "r1", outgoing=False)
    assert text is not None
    assert text.body.encode().decode().startswith("? BOOK")


async def test_an_unknown_status_is_told_what_is_known(door: Door) -> None:
    answer = await door.knock("receipt", {"id": "M-1", "status": "exploded"})
    assert answer.status_code == 422
    assert "delivered" in answer.text
    assert "exploded" not in answer.text


async def test_a_body_too_large_is_not_read_to_its_end(door: Door) -> None:
    assert (await door.knock("inbound", b"x" * (BODY_LIMIT + 1))).status_code == 413


async def test_who_knocks_too_often_has_to_wait() -> None:
    async with a_door(per_second=1.0, burst=3) as door:
        codes = [(await door.knock("inbound", REPLY)).status_code for _ in range(5)]
        assert codes == [200, 200, 200, 429, 429]
        door.world.clock.forward(1)
        assert (await door.knock("inbound", REPLY)).status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
async def test_only_post_is_answered(door: Door, method: str) -> None:
    assert (await door.client.request(method, "/carriers/http/inbound")).status_code == 405


async def test_a_request_that_breaks_off_leaves_the_door_working(door: Door) -> None:
    base = door.client.base_url
    _, writer = await asyncio.open_connection(base.host, base.port)
    writer.write(b"POST /carriers/http/inbound HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await door.knock("inbound", REPLY)).status_code == 200


async def test_a_hundred_replies_at_once_are_all_kept(door: Door) -> None:
    began = time.monotonic()
    answers = await asyncio.gather(*(door.knock("inbound", REPLY | {"id": f"r{n}"}) for n in range(90)))
    assert {answer.status_code for answer in answers} == {200}
    assert len(door.world.desk.told) == 90
    assert time.monotonic() - began < 10


async def test_being_cancelled_closes_the_door_once_all_are_answered() -> None:
    async with a_door() as door:
        begun, slow = asyncio.Event(), asyncio.Event()
        kept = door.world.in_store

        def slowly(work: Any) -> Any:
            async def run() -> Any:
                begun.set()
                await slow.wait()
                return await kept(work)

            return run()

        door.inbound._in_store = slowly
        knocking = asyncio.create_task(door.knock("inbound", REPLY))
        await begun.wait()
        door.serving.cancel()
        await asyncio.sleep(0)
        slow.set()
        assert (await knocking).status_code == 200
        with pytest.raises(asyncio.CancelledError):
            await door.serving
        with pytest.raises(httpx.ConnectError):
            await door.knock("inbound", REPLY)


async def test_a_port_that_is_taken_is_told_plainly() -> None:
    taken = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", 0)
    port = taken.sockets[0].getsockname()[1]
    world = World()
    inbound = world.new_inbound(lambda: asyncio.sleep(0))
    webhooks = Webhooks({}, inbound, WebhookSettings(), clock=world.clock)
    with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1:{port}"):
        await make_server(webhooks.application(), ListenSettings(port=port)).serve()
    taken.close()
    await taken.wait_closed()


@pytest.mark.parametrize("secrets", [(), ("short",), ("",)])
def test_a_secret_that_is_none_is_refused(secrets: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match="openssl rand"):
        HttpWebhook(secrets)


def test_secrets_do_not_show() -> None:
    assert SECRET not in repr(HttpWebhook((SECRET,)))
