"""Vonage's way of talking: JSON, tokens signed with the application's key, and tokens that sign their webhooks."""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey, RSAKey

from sms_gateway.carriers.port import Driver, Knock
from sms_gateway.carriers.vonage import VonageCarrier, VonageSettings, VonageWebhook
from sms_gateway.carriers.wire import basic
from tests.support.fake_carrier.core import Core, Said, State, Told, Trouble
from tests.support.fake_carrier.dialect import Limits, Subject, knocked
from tests.support.fake_carrier.http_peer import Asked, Reply, http_peer

APPLICATION = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"
PRIVATE = RSAKey.generate_key(2048)
PRIVATE_PEM = PRIVATE.as_pem(private=True).decode()
SIGNATURE_SECRET = "a-signature-secret-of-the-tests"
ACCOUNT = ("a1b2c3d4", "an-api-secret-of-the-tests")
REFUSALS = {
    Trouble.OPTED_OUT: (422, "1240"),
    Trouble.BAD_NUMBER: (422, "1430"),
    Trouble.SENDER: (422, "1420"),
    Trouble.ACCOUNT: (402, "1070"),
    Trouble.BUSY: (429, "1000"),
    Trouble.BROKEN: (500, "1030"),
}
FAILURES = {
    Trouble.OPTED_OUT: "1240",
    Trouble.LANDLINE: "1310",
    Trouble.BAD_NUMBER: "1190",
    Trouble.FILTERED: "1210",
    Trouble.UNREACHABLE: "1180",
    Trouble.NO_REASON: "1330",
}
STATUS = {State.SENT: "submitted", State.DELIVERED: "delivered", State.FAILED: "rejected"}
LINES = {"mobile": "mobile", "landline": "landline", "internet": "virtual"}
ERRORS = "https://developer.vonage.com/api-errors/messages"


@dataclass
class VonageApi:
    """Answers requests in the name of a core."""

    core: Core

    async def __call__(self, asked: Asked) -> Reply | None:
        if self.core.weather.slow:
            await asyncio.sleep(self.core.weather.slow)
        if asked.path == "/ni/standard/json":
            return self._insight(asked)
        if not self._may(asked.headers.get("authorization", "")):
            return Reply(401, json.dumps({"type": "https://x.example/#unauthorized"}).encode())
        if asked.path == "/v1/messages" and asked.method == "POST":
            return self._send(asked)
        return Reply(404)

    def _may(self, authorization: str) -> bool:
        scheme, _, token = authorization.partition(" ")
        try:
            claims = jwt.decode(token, PRIVATE, algorithms=["RS256"]).claims
        except (JoseError, ValueError):
            return False
        now = self.core.clock().timestamp()
        return (
            scheme == "Bearer"
            and claims["application_id"] == APPLICATION
            and claims["iat"] <= now <= claims["exp"]
            and bool(claims["jti"])
        )

    def _send(self, asked: Asked) -> Reply | None:
        letter = json.loads(asked.body)
        right = (letter["channel"], letter["message_type"]) == ("sms", "text")
        if not (right and letter["to"].isdigit() and letter["from"].isdigit()):
            return _problem(422, "1020")
        verdict = self.core.submit(
            to="+" + letter["to"],
            sender="+" + letter["from"],
            body=letter["text"],
            key=letter.get("client_ref", ""),
        )
        if verdict.hang_up:
            return None
        if verdict.trouble is not None and self.core.own_code:
            return _problem(self.core.own_status(422), self.core.own_code)
        if verdict.trouble in (Trouble.LANDLINE, Trouble.NOT_REGISTERED):
            return _problem(422, "1020")
        if verdict.trouble is not None:
            return _problem(*REFUSALS.get(verdict.trouble, (422, "1020")))
        assert verdict.taken is not None
        return Reply(202, json.dumps({"message_uuid": verdict.taken.id}).encode())

    def _insight(self, asked: Asked) -> Reply:
        if asked.headers.get("authorization") != basic(*ACCOUNT):
            return Reply(401)
        number = asked.query["number"][0]
        line = self.core.line_of("+" + number)
        if line == "invalid":
            return Reply(200, json.dumps({"status": 3, "status_message": "Invalid request"}).encode())
        carrier = {"network_code": "0", "name": "", "country": "US", "network_type": LINES[line]}
        found = {"status": 0, "international_format_number": number, "current_carrier": carrier}
        return Reply(200, json.dumps(found).encode())


def _problem(status: int, code: str) -> Reply:
    found = {"type": f"{ERRORS}#{code}", "title": "No", "detail": "No.", "instance": "bf0ca0bf927b"}
    return Reply(status, json.dumps(found).encode())


def write_knock(one: Told | Said, core: Core) -> Knock:
    """The request that tells of a receipt or a reply, with the token that signs it."""
    now = core.clock()
    found: dict[str, Any]
    if isinstance(one, Said):
        path = "inbound"
        found = {
            "channel": "sms",
            "message_type": "text",
            "message_uuid": one.id,
            "to": one.to[1:],
            "from": one.sender.removeprefix("+"),
            "timestamp": now.isoformat(),
            "text": one.body,
        }
    else:
        path = "receipt"
        found = {
            "channel": "sms",
            "message_uuid": one.taken.id,
            "to": one.taken.to[1:],
            "from": one.taken.sender[1:],
            "timestamp": now.isoformat(),
            "status": STATUS[one.state],
            "client_ref": one.taken.key,
        }
        if one.trouble:
            code = core.own_code or FAILURES[one.trouble]
            found["error"] = {"type": f"{ERRORS}#{code}", "title": code, "detail": "No."}
    body = json.dumps(found).encode()
    return Knock(
        url=f"https://texts.clinic.example/carriers/vonage/{path}",
        path=path,
        headers={"authorization": f"Bearer {token(body, int(now.timestamp()))}"},
        body=body,
        at=now,
    )


def token(body: bytes, issued: int, secret: str = SIGNATURE_SECRET, **more: object) -> str:
    """What Vonage sends in Authorization."""
    claims = {
        "iat": issued,
        "jti": "c5ba8f24-1a14-4c10-bfdf-3fbe8ce511b5",
        "iss": "Vonage",
        "payload_hash": hashlib.sha256(body).hexdigest(),
        "api_key": ACCOUNT[0],
        "application_id": APPLICATION,
    }
    return jwt.encode({"alg": "HS256", "typ": "JWT"}, claims | more, OctKey.import_key(secret))


LIMITS = Limits(
    at_once={
        Trouble.NOT_REGISTERED: "Vonage gives no code for a registration when a text is handed over",
        Trouble.LANDLINE: "Vonage finds a landline only after it took the text, and says so by receipt",
    }
)


@dataclass
class VonageDialect:
    """Vonage."""

    name: str = "vonage"
    kind: str = "vonage"
    limits: Limits = LIMITS

    @asynccontextmanager
    async def serve(self, core: Core) -> AsyncIterator[Subject]:
        async with http_peer(VonageApi(core)) as peer:
            settings = VonageSettings(
                application=APPLICATION,
                private_key=PRIVATE_PEM,
                account=ACCOUNT,
                url=peer.url,
                line_types=True,
                timeout=timedelta(seconds=5),
            )
            carrier = VonageCarrier(settings, core.clock)
            webhook = VonageWebhook((SIGNATURE_SECRET,))

            def write(one: Told | Said) -> Knock:
                return write_knock(one, core)

            yield Subject(
                Driver(carrier=carrier, line_types=carrier),
                core,
                knocked(core, webhook, write),
                webhook=webhook,
                knock=write,
            )
            await carrier.close()
