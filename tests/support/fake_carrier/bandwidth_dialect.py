"""Bandwidth's way of talking: JSON, lists of events, a password instead of a signature."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sms_gateway.carriers.bandwidth import BandwidthCarrier, BandwidthSettings, BandwidthWebhook
from sms_gateway.carriers.port import Driver, Knock
from sms_gateway.carriers.wire import basic
from tests.support.fake_carrier.core import Core, Said, State, Told, Trouble
from tests.support.fake_carrier.dialect import Limits, Subject, knocked
from tests.support.fake_carrier.http_peer import Asked, Reply, http_peer

ACCOUNT, APPLICATION = "9900000", "93de2206-9669-4e07-948d-329f4b722ee2"
CLIENT, SECRET = "CLI-0001", "a-client-secret-of-the-tests"
CALLBACK_USER, CALLBACK_PASSWORD = "bandwidth", "a-callback-password-of-the-tests"
REFUSALS = {
    Trouble.ACCOUNT: (401, "unauthorized"),
    Trouble.BUSY: (429, "max-message-queue-size-exceeded"),
    Trouble.BROKEN: (500, "internal-error"),
}
LATER = frozenset({Trouble.OPTED_OUT, Trouble.LANDLINE, Trouble.BAD_NUMBER})
"""What Bandwidth finds out only after it took a text."""
FAILURES = {
    Trouble.OPTED_OUT: 4775,
    Trouble.LANDLINE: 4720,
    Trouble.BAD_NUMBER: 4721,
    Trouble.FILTERED: 4770,
    Trouble.UNREACHABLE: 4702,
    Trouble.NO_REASON: 9999,
}
TYPES = {
    State.SENT: "message-sent",
    State.DELIVERED: "message-delivered",
    State.FAILED: "message-failed",
}
LINES = {"mobile": "MOBILE", "landline": "FIXED", "internet": "VOIP"}


@dataclass
class BandwidthApi:
    """Answers requests in the name of a core."""

    core: Core
    token: str = "token-1"
    """The one that is good now."""
    life: int = 3600

    async def __call__(self, asked: Asked) -> Reply | None:
        if self.core.weather.slow:
            await asyncio.sleep(self.core.weather.slow)
        if asked.path == "/api/v1/oauth2/token":
            return self._give_token(asked)
        if asked.headers.get("authorization") != f"Bearer {self.token}":
            return _problem(401, "unauthorized")
        if asked.headers.get("content-type", "").partition(";")[0] != "application/json":
            return _problem(415, "unsupported-content-type")
        if asked.path == f"/api/v2/users/{ACCOUNT}/messages" and asked.method == "POST":
            return self._send(asked)
        if asked.path == f"/v2/accounts/{ACCOUNT}/phoneNumberLookup" and asked.method == "POST":
            return self._lookup(asked)
        return _problem(404, "not-found")

    def _give_token(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != basic(CLIENT, SECRET):
            return Reply(401, b'{"error": "invalid_client"}')
        if asked.body != b"grant_type=client_credentials":
            return Reply(400, b'{"error": "unsupported_grant_type"}')
        found = {"access_token": self.token, "token_type": "Bearer", "expires_in": self.life}
        return Reply(200, json.dumps(found).encode())

    def _send(self, asked: Asked) -> Reply | None:
        letter = json.loads(asked.body)
        to = letter.get("to")
        if letter.get("applicationId") != APPLICATION or not isinstance(to, list) or len(to) != 1:
            return _problem(400, "request-validation")
        phone = self.core.phones[to[0]]
        if phone.refuses in LATER or phone.opted_out:
            phone.fails, phone.refuses = phone.refuses or Trouble.OPTED_OUT, None
            phone.opted_out = False
        verdict = self.core.submit(
            to=to[0], sender=letter["from"], body=letter["text"], key=letter.get("tag", "")
        )
        if verdict.hang_up:
            return None
        if verdict.trouble is not None:
            status, code = REFUSALS.get(verdict.trouble, (400, "request-validation"))
            if self.core.own_code:
                status, code = self.core.own_status(400), self.core.own_code
            return _problem(status, code)
        taken = verdict.taken
        assert taken is not None
        found = {
            "id": taken.id,
            "owner": taken.sender,
            "applicationId": APPLICATION,
            "time": taken.at.isoformat(),
            "segmentCount": 1,
            "direction": "out",
            "to": [taken.to],
            "from": taken.sender,
            "text": taken.body,
            "tag": taken.key,
        }
        return Reply(202, json.dumps(found).encode())

    def _lookup(self, asked: Asked) -> Reply:
        (number,) = json.loads(asked.body)["phoneNumbers"]
        result = {"phoneNumber": number, "lineType": LINES.get(self.core.line_of(number))}
        data = {
            "requestId": "004223a0-8b17-41b1-bf81-20732adf5590",
            "status": "COMPLETE",
            "results": [result],
        }
        return Reply(200, json.dumps({"links": [], "data": data, "errors": []}).encode())


def _problem(status: int, kind: str) -> Reply:
    return Reply(status, json.dumps({"type": kind, "description": "No."}).encode())


def write_knock(one: Told | Said, core: Core) -> Knock:
    """The list of one event that tells of a receipt or a reply."""
    event: dict[str, Any]
    if isinstance(one, Said):
        path = "inbound"
        message = _message(one.id, one.to, "in", one.to, one.sender) | {"text": one.body}
        event = {"type": "message-received", "to": one.to, "message": message}
    else:
        path = "receipt"
        taken = one.taken
        message = _message(taken.id, taken.sender, "out", taken.to, taken.sender) | {"tag": taken.key}
        event = {"type": TYPES[one.state], "to": taken.to, "message": message}
        if one.trouble:
            event["errorCode"] = int(core.own_code or FAILURES[one.trouble])
    event |= {"time": core.clock().isoformat(), "description": "what happened"}
    return Knock(
        url=f"https://texts.clinic.example/carriers/bandwidth/{path}",
        path=path,
        headers={"authorization": basic(CALLBACK_USER, CALLBACK_PASSWORD)},
        body=json.dumps([event]).encode(),
        at=core.clock(),
    )


def _message(id_: str, owner: str, direction: str, to: str, sender: str) -> dict[str, Any]:
    return {
        "id": id_,
        "owner": owner,
        "applicationId": APPLICATION,
        "time": "2026-03-02T17:00:00Z",
        "segmentCount": 1,
        "direction": direction,
        "to": [to],
        "from": sender,
    }


LIMITS = Limits(
    at_once={
        Trouble.SENDER: "Bandwidth judges our number only after it took the text",
        Trouble.NOT_REGISTERED: "Bandwidth judges a registration only after it took the text",
    }
)


@dataclass
class BandwidthDialect:
    """Bandwidth."""

    name: str = "bandwidth"
    kind: str = "bandwidth"
    limits: Limits = LIMITS
    signs: bool = False

    @asynccontextmanager
    async def serve(self, core: Core) -> AsyncIterator[Subject]:
        async with http_peer(BandwidthApi(core)) as peer:
            settings = BandwidthSettings(
                account=ACCOUNT,
                application=APPLICATION,
                client=CLIENT,
                secret=SECRET,
                url=peer.url,
                api_url=peer.url,
                line_types=True,
                timeout=timedelta(seconds=5),
            )
            carrier = BandwidthCarrier(settings, core.clock)
            webhook = BandwidthWebhook(CALLBACK_USER, (CALLBACK_PASSWORD,))

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
