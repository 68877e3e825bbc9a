"""Telnyx' way of talking: JSON, a key against repetition, events signed with Ed25519."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sms_gateway.carriers.port import Driver, Knock
from sms_gateway.carriers.telnyx import TelnyxCarrier, TelnyxSettings, TelnyxWebhook
from tests.support.fake_carrier.core import Core, Said, State, Taken, Told, Trouble
from tests.support.fake_carrier.dialect import NO_LIMITS, Limits, Subject, knocked
from tests.support.fake_carrier.http_peer import Asked, Reply, http_peer

KEY = "an-api-key-of-the-tests"
PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = base64.b64encode(PRIVATE.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()
KEY_FORM = re.compile(r"[A-Za-z0-9_:-]{1,255}")
REFUSALS = {
    Trouble.OPTED_OUT: (400, "40300"),
    Trouble.LANDLINE: (400, "40301"),
    Trouble.BAD_NUMBER: (400, "40310"),
    Trouble.SENDER: (400, "40305"),
    Trouble.NOT_REGISTERED: (400, "40329"),
    Trouble.ACCOUNT: (401, "10009"),
    Trouble.BUSY: (429, "10011"),
    Trouble.BROKEN: (500, "10007"),
}
FAILURES = {
    Trouble.OPTED_OUT: "40300",
    Trouble.LANDLINE: "40001",
    Trouble.BAD_NUMBER: "40012",
    Trouble.FILTERED: "40015",
    Trouble.UNREACHABLE: "40005",
    Trouble.NO_REASON: "40008",
}
STATUS = {State.SENT: "sent", State.DELIVERED: "delivered", State.FAILED: "delivery_failed"}
LINES = {"mobile": "mobile", "landline": "fixed line", "internet": "voip"}


@dataclass
class TelnyxApi:
    """Answers requests in the name of a core."""

    core: Core
    seen: dict[str, bytes] = field(default_factory=dict)
    """The bytes that each key against repetition came with."""

    async def __call__(self, asked: Asked) -> Reply | None:
        if self.core.weather.slow:
            await asyncio.sleep(self.core.weather.slow)
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return _problem(401, "10009")
        if asked.path == "/v2/messages" and asked.method == "POST":
            return self._send(asked)
        if asked.path == "/v2/messaging_profiles":
            return Reply(200, b'{"data": [], "meta": {"total_results": 0}}')
        if asked.path.startswith("/v2/number_lookup/"):
            return self._lookup(asked)
        return _problem(404, "10005")

    def _send(self, asked: Asked) -> Reply | None:
        key = asked.headers.get("idempotency-key", "")
        if key and not KEY_FORM.fullmatch(key):
            return _problem(400, "10015")
        if key in self.core.by_key and self.seen[key] != asked.body:
            return _problem(422, "10015")
        if key:
            self.seen.setdefault(key, asked.body)
        letter = json.loads(asked.body)
        if not {"from", "to", "text"} <= letter.keys():
            return _problem(400, "10004")
        verdict = self.core.submit(to=letter["to"], sender=letter["from"], body=letter["text"], key=key)
        if verdict.hang_up:
            return None
        if verdict.trouble is not None:
            status, code = REFUSALS.get(verdict.trouble, (400, "10015"))
            if self.core.own_code:
                status, code = self.core.own_status(400), self.core.own_code
            return _problem(status, code)
        assert verdict.taken is not None
        return Reply(200, json.dumps({"data": payload(verdict.taken, "queued")}).encode())

    def _lookup(self, asked: Asked) -> Reply:
        number = asked.path.rpartition("/")[2].replace("%2B", "+")
        kind = LINES.get(self.core.line_of(number))
        carrier = {"type": kind, "error_code": None} if asked.query.get("type") == ["carrier"] else None
        found = {"record_type": "number_lookup", "phone_number": number, "carrier": carrier}
        return Reply(200, json.dumps({"data": found}).encode())


def _problem(status: int, code: str) -> Reply:
    found = {"errors": [{"code": code, "title": "No", "detail": "No."}]}
    return Reply(status, json.dumps(found).encode())


def payload(taken: Taken, status: str) -> dict[str, Any]:
    """A message that we sent, as answers and events hold it."""
    return {
        "record_type": "message",
        "direction": "outbound",
        "id": taken.id,
        "type": "SMS",
        "from": {"phone_number": taken.sender, "carrier": "TELNYX LLC", "line_type": "VoIP"},
        "to": [{"phone_number": taken.to, "status": status, "carrier": "", "line_type": "Wireless"}],
        "text": taken.body,
        "media": [],
        "parts": 1,
        "tags": [],
        "errors": [],
        "received_at": taken.at.isoformat(),
    }


def write_knock(one: Told | Said, core: Core) -> Knock:
    """The event that tells of a receipt or a reply, signed."""
    if isinstance(one, Said):
        kind = "message.received"
        found: dict[str, Any] = {
            "record_type": "message",
            "direction": "inbound",
            "id": one.id,
            "type": "SMS",
            "from": {"phone_number": one.sender, "carrier": "", "line_type": "Wireless"},
            "to": [{"phone_number": one.to, "status": "webhook_delivered"}],
            "text": one.body,
            "media": [],
        }
    else:
        kind = "message.sent" if one.state is State.SENT else "message.finalized"
        found = payload(one.taken, STATUS[one.state])
        if one.trouble:
            found["errors"] = [{"code": core.own_code or FAILURES[one.trouble], "title": "No"}]
    event = {
        "record_type": "event",
        "id": f"event-of-{found['id']}",
        "event_type": kind,
        "occurred_at": core.clock().isoformat(),
        "payload": found,
    }
    body = json.dumps({"data": event, "meta": {"attempt": 1}}).encode()
    stamp = str(int(core.clock().timestamp()))
    signature = base64.b64encode(PRIVATE.sign(stamp.encode() + b"|" + body)).decode()
    path = "inbound" if isinstance(one, Said) else "receipt"
    return Knock(
        url=f"https://texts.clinic.example/carriers/telnyx/{path}",
        path=path,
        headers={"telnyx-signature-ed25519": signature, "telnyx-timestamp": stamp},
        body=body,
        at=core.clock(),
    )


@dataclass
class TelnyxDialect:
    """Telnyx."""

    name: str = "telnyx"
    kind: str = "telnyx"
    limits: Limits = NO_LIMITS

    @asynccontextmanager
    async def serve(self, core: Core) -> AsyncIterator[Subject]:
        core.honours_keys = True
        async with http_peer(TelnyxApi(core)) as peer:
            settings = TelnyxSettings(key=KEY, url=peer.url, line_types=True, timeout=timedelta(seconds=5))
            carrier = TelnyxCarrier(settings, core.clock)
            webhook = TelnyxWebhook((PUBLIC,))

            def write(one: Told | Said) -> Knock:
                return write_knock(one, core)

            yield Subject(
                Driver(carrier=carrier, line_types=carrier, checks=carrier),
                core,
                knocked(core, webhook, write),
                webhook=webhook,
                knock=write,
            )
            await carrier.close()
