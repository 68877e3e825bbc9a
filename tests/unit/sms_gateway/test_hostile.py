"""Every webhook, by every method, signed and unsigned, with any JSON and with what is none: it never falls over, never
gives back what was sent, and takes in nothing that is not signed."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sms_gateway.carriers.http_webhook import HttpWebhook
from sms_gateway.signature import sign
from sms_gateway.webhooks import Webhooks, WebhookSettings
from tests.support import hostile
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, FakeCarrier, World

SECRET = "0123456789abcdef"


class HttpNamed(FakeCarrier):
    name = "http"


class Door:
    """The webhooks of a little world."""

    def __init__(self) -> None:
        self.world = World(carrier=HttpNamed())
        loose = WebhookSettings(per_second=1_000_000, burst=1_000_000)
        doors = {"http": HttpWebhook((SECRET,))}
        self.hooks = Webhooks(doors, self.world.new_inbound(self._ring), loose, clock=self.world.clock)
        transport = httpx.ASGITransport(app=self.hooks.application())
        self.web = httpx.AsyncClient(transport=transport, base_url="https://clinic.example")

    async def _ring(self) -> None:
        """Nobody sends anything here."""

    def signed(self, body: bytes) -> dict[str, str]:
        stamp = str(int(self.world.clock().timestamp()))
        return {"x-timestamp": stamp, "x-signature": sign(SECRET, stamp, body)}

    async def takes(self, method: str, path: str, body: bytes, **headers: Any) -> str:
        answer = await self.web.request(method, path, content=body, headers=headers)
        return hostile.complaint(answer)


PATHS = sorted({route.path for route in Door().hooks.routes()})

words = st.sampled_from(
    [*hostile.VALUES, "delivered", "failed", "sent", ANNA.e164, CLINIC.e164, "r1"]
) | st.text(max_size=40)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
letters = st.dictionaries(
    st.sampled_from(["id", "from", "to", "text", "status", "x"]), words | anything, max_size=6
)


@pytest.mark.parametrize("path", PATHS)
@settings(max_examples=60)
@given(found=letters | anything)
def test_whatever_a_gateway_signs_is_taken_in_or_refused(path: str, found: object) -> None:
    async def ask() -> str:
        door = Door()
        body = json.dumps(found).encode("utf-8", "surrogatepass")
        return await door.takes("POST", path, body, **door.signed(body))

    assert asyncio.run(ask()) == ""


@pytest.mark.parametrize("path", PATHS)
async def test_no_method_header_or_body_makes_it_fall_over(path: str) -> None:
    door = Door()
    bodies = (
        b"",
        b"\xff\xfe",
        b"[" * 10_000,
        b'{"id": "' + hostile.VALUES[0].encode() + b'"}',
        b"x" * 70_000,
    )
    tries: list[tuple[str, bytes, dict[str, Any]]] = [
        (method, body, headers)
        for method in hostile.METHODS
        for body in bodies
        for headers in ({}, door.signed(body))
    ]
    tries += [("POST", bodies[3], hostile.headers(turn)) for turn in range(6)]
    found = [await door.takes(method, path, body, **headers) for method, body, headers in tries]
    assert [one for one in found if one] == []


@pytest.mark.parametrize("path", PATHS)
async def test_nothing_unsigned_is_taken_in(path: str) -> None:
    door = Door()
    body = json.dumps(
        {"id": "r1", "from": ANNA.e164, "to": CLINIC.e164, "text": "STOP", "status": "delivered"}
    ).encode()
    signed = door.signed(body)
    for headers in ({}, signed | {"x-signature": "0" * 64}, signed | {"x-timestamp": "1"}):
        answer = await door.web.post(path, content=body, headers=headers)
        assert answer.status_code == 401
