"""Twilio's and SignalWire's way of talking: form posts in, JSON out, lists by page, form posts to our door.

The official Twilio library talks to this peer too (tests/integration/sms/test_official_libraries.py), so that
it cannot drift away from the real thing.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

from sms_gateway.carriers.laml_webhook import sign
from sms_gateway.carriers.port import Driver, Knock
from sms_gateway.carriers.signalwire import SignalWireCarrier, SignalWireSettings, signalwire_webhook
from sms_gateway.carriers.twilio import TwilioCarrier, TwilioSettings, twilio_webhook
from sms_gateway.carriers.wire import basic
from tests.support.fake_carrier.core import Core, Said, State, Taken, Told, Trouble
from tests.support.fake_carrier.dialect import NO_LIMITS, Limits, Subject, polled
from tests.support.fake_carrier.http_peer import Asked, Reply, http_peer

ACCOUNT = "AC00000000000000000000000000000000"
KEY, SECRET = "SK00000000000000000000000000000000", "an-api-secret-of-the-tests"
AUTH_TOKEN = "an-auth-token-of-the-tests"
PROJECT, TOKEN = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab", "an-api-token-of-the-tests"
SIGNING_KEY = "a-signing-key-of-the-tests"
PUBLIC = "https://texts.clinic.example"
REFUSALS: dict[Trouble, tuple[int, int | None]] = {
    Trouble.OPTED_OUT: (400, 21610),
    Trouble.LANDLINE: (400, 21614),
    Trouble.BAD_NUMBER: (400, 21211),
    Trouble.SENDER: (400, 21606),
    Trouble.NOT_REGISTERED: (400, 21717),
    Trouble.ACCOUNT: (401, 20003),
    Trouble.BUSY: (429, 20429),
    Trouble.BROKEN: (500, 20500),
}
FAILURES = {
    Trouble.OPTED_OUT: 21610,
    Trouble.LANDLINE: 30006,
    Trouble.BAD_NUMBER: 30005,
    Trouble.FILTERED: 30007,
    Trouble.UNREACHABLE: 30003,
    Trouble.NO_REASON: 30008,
}
AT = "second-ring-noted-at"
"""A key of ours in each row: its time as it is compared."""
STATUS = {State.SENT: "sent", State.DELIVERED: "delivered", State.FAILED: "undelivered"}
TWILIO_LINES = {"mobile": "mobile", "landline": "landline", "internet": "nonFixedVoip"}
SIGNALWIRE_LINES = {"mobile": "wireless", "landline": "landline", "internet": "voip"}


@dataclass
class LamlApi:
    """Answers requests in the name of a core."""

    core: Core
    root: str
    """The path of the account."""
    login: str
    """What Authorization has to be."""
    account: str
    refusals: Mapping[Trouble, tuple[int, int | None]] = field(default_factory=lambda: REFUSALS)
    page: int = 50
    deaf: bool = False
    """Nothing of what was taken shows up in the list, as in the first moments."""

    async def __call__(self, asked: Asked) -> Reply | None:
        if self.core.weather.slow:
            await asyncio.sleep(self.core.weather.slow)
        if asked.headers.get("authorization") != self.login:
            return _problem(401, 20003)
        if asked.path == f"{self.root}/Messages.json":
            return self._send(asked) if asked.method == "POST" else self._list(asked)
        if asked.path.startswith("/v2/PhoneNumbers/"):
            return self._lookup(asked)
        if asked.path.startswith("/api/relay/rest/lookup/phone_number/"):
            return self._signalwire_lookup(asked)
        return _problem(404, 20404)

    def _send(self, asked: Asked) -> Reply | None:
        if asked.headers["content-type"] != "application/x-www-form-urlencoded":
            return _problem(415, 20415)
        form = {name: values[0] for name, values in parse_qs(asked.body.decode("ascii"), True).items()}
        if not {"To", "From", "Body"} <= form.keys():
            return _problem(400, 21604)
        verdict = self.core.submit(to=form["To"], sender=form["From"], body=form["Body"])
        if verdict.hang_up:
            return None
        if verdict.trouble is not None:
            if self.core.own_code:
                return _problem(self.core.own_status(400), self._own_code())
            return _problem(*self.refusals.get(verdict.trouble, (400, 20001)))
        assert verdict.taken is not None
        return Reply(201, _json(self._sent(verdict.taken) | {"status": "queued"}))

    def _list(self, asked: Asked) -> Reply:
        rows = [self._sent(taken) for taken in self.core.taken] + [self._said(s) for s in self.core.said]
        if self.deaf:
            rows = []
        rows = [row for row in rows if _fits(row, asked.query)]
        rows.sort(key=lambda row: (row[AT], row["sid"]), reverse=True)
        size = min(int(asked.query.get("PageSize", ["50"])[0]), self.page)
        start = int(asked.query.get("Page", ["0"])[0]) * size
        more = None
        if len(rows) > start + size:
            query = {name: values[0] for name, values in asked.query.items()} | {"Page": start // size + 1}
            more = f"{asked.path}?{urlencode(query)}"
        found = {
            "messages": rows[start : start + size],
            "next_page_uri": more,
            "page": start // size,
            "page_size": size,
            "uri": asked.path,
        }
        return Reply(200, _json(found))

    def _sent(self, taken: Taken) -> dict[str, Any]:
        row = self._row(taken.id, taken.sender, taken.to, taken.body, taken.at)
        code = (self._own_code() or FAILURES[taken.trouble]) if taken.trouble else None
        return row | {"direction": "outbound-api", "status": STATUS[taken.state], "error_code": code}

    def _own_code(self) -> int | None:
        """None where HTTP's status says all."""
        code = self.core.own_code
        return int(code) if code and self.core.own_status(0) == 0 else None

    def _said(self, said: Said) -> dict[str, Any]:
        row = self._row(said.id, said.sender, said.to, said.body, said.at)
        return row | {"direction": "inbound", "status": "received", "error_code": None}

    def _row(self, id_: str, sender: str, to: str, body: str, at: datetime) -> dict[str, Any]:
        date = format_datetime(at)
        return {
            AT: at,
            "sid": sid(id_),
            "account_sid": self.account,
            "api_version": "2010-04-01",
            "body": body,
            "from": sender,
            "to": to,
            "num_media": "0",
            "num_segments": "1",
            "date_created": date,
            "date_sent": date,
            "date_updated": date,
            "error_message": None,
            "messaging_service_sid": None,
            "price": None,
            "price_unit": "USD",
            "uri": f"{self.root}/Messages/{sid(id_)}.json",
            "subresource_uris": {},
        }

    def _lookup(self, asked: Asked) -> Reply:
        number = asked.path.removeprefix("/v2/PhoneNumbers/").replace("%2B", "+")
        line = self.core.line_of(number)
        kind = {"type": TWILIO_LINES.get(line)} if line in TWILIO_LINES else None
        wants = asked.query.get("Fields") == ["line_type_intelligence"]
        found = {
            "phone_number": number,
            "valid": line != "invalid",
            "line_type_intelligence": kind if wants else None,
        }
        return Reply(200, json.dumps(found).encode())

    def _signalwire_lookup(self, asked: Asked) -> Reply:
        number = asked.path.rpartition("/")[2].replace("%2B", "+")
        found: dict[str, Any] = {"e164": number}
        if asked.query.get("include") == ["carrier"]:
            found["carrier"] = {"linetype": SIGNALWIRE_LINES.get(self.core.line_of(number))}
        return Reply(200, json.dumps(found).encode())


def _json(found: object) -> bytes:
    """Our own note of the time goes along: whoever reads this has to pass over keys that they do not know."""
    return json.dumps(found, default=lambda at: at.isoformat()).encode()


def sid(id_: str) -> str:
    """The core's id as these carriers write ids."""
    return "SM" + hashlib.md5(id_.encode(), usedforsecurity=False).hexdigest()


def _problem(status: int, code: int | None) -> Reply:
    found = {"code": code, "message": "No.", "more_info": f"https://carrier.example/{code}", "status": status}
    return Reply(status, json.dumps(found).encode())


def _fits(row: dict[str, Any], query: Mapping[str, list[str]]) -> bool:
    since = query.get("DateSent>", [""])[0]
    after = not since or row[AT] >= datetime.fromisoformat(since)
    return after and all(row[name.lower()] == query[name][0] for name in ("To", "From") if name in query)


def write_knock(one: Told | Said, core: Core, name: str, header: str, secret: str) -> Knock:
    """The request that tells of a receipt or a reply, signed."""
    if isinstance(one, Said):
        path, form = (
            "inbound",
            {
                "MessageSid": sid(one.id),
                "SmsSid": sid(one.id),
                "From": one.sender,
                "To": one.to,
                "Body": one.body,
                "NumMedia": "0",
            },
        )
    else:
        path = "receipt"
        form = {
            "MessageSid": sid(one.taken.id),
            "MessageStatus": STATUS[one.state],
            "To": one.taken.to,
            "From": one.taken.sender,
        }
        if one.trouble:
            form["ErrorCode"] = str(FAILURES[one.trouble])
    url = f"{PUBLIC}/carriers/{name}/{path}"
    signed = url + "".join(key + form[key] for key in sorted(form))
    return Knock(
        url=url,
        path=path,
        headers={header: sign(secret, signed)},
        body=urlencode(form).encode(),
        at=core.clock(),
    )


@dataclass
class TwilioDialect:
    """Twilio."""

    name: str = "twilio"
    kind: str = "twilio"
    limits: Limits = NO_LIMITS
    api: LamlApi | None = field(default=None, repr=False)
    list_lag: timedelta = timedelta(0)

    @asynccontextmanager
    async def serve(self, core: Core) -> AsyncIterator[Subject]:
        self.api = LamlApi(core, f"/2010-04-01/Accounts/{ACCOUNT}", basic(KEY, SECRET), ACCOUNT)
        async with http_peer(self.api) as peer:
            carrier = TwilioCarrier(
                TwilioSettings(
                    account=ACCOUNT,
                    key=KEY,
                    secret=SECRET,
                    url=peer.url,
                    lookups_url=peer.url,
                    line_types=True,
                    list_lag=self.list_lag,
                    timeout=timedelta(seconds=5),
                ),
                core.clock,
            )
            yield Subject(
                Driver(carrier=carrier, line_types=carrier, checks=carrier),
                core,
                polled(carrier),
                webhook=twilio_webhook((AUTH_TOKEN,)),
                knock=lambda one: write_knock(one, core, "twilio", "x-twilio-signature", AUTH_TOKEN),
            )
            await carrier.close()


@dataclass
class SignalWireDialect:
    """SignalWire, by its compatibility interface."""

    name: str = "signalwire"
    kind: str = "signalwire"
    limits: Limits = NO_LIMITS

    @asynccontextmanager
    async def serve(self, core: Core) -> AsyncIterator[Subject]:
        root = f"/api/laml/2010-04-01/Accounts/{PROJECT}"
        refusals = REFUSALS | {Trouble.ACCOUNT: (401, None)}
        api = LamlApi(core, root, basic(PROJECT, TOKEN), PROJECT, refusals=refusals)
        async with http_peer(api) as peer:
            carrier = SignalWireCarrier(
                SignalWireSettings(
                    url=peer.url,
                    project=PROJECT,
                    token=TOKEN,
                    line_types=True,
                    list_lag=timedelta(0),
                    timeout=timedelta(seconds=5),
                ),
                core.clock,
            )
            header = "x-signalwire-signature"
            yield Subject(
                Driver(carrier=carrier, line_types=carrier, checks=carrier),
                core,
                polled(carrier),
                webhook=signalwire_webhook((SIGNING_KEY,)),
                knock=lambda one: write_knock(one, core, "signalwire", header, SIGNING_KEY),
            )
            await carrier.close()
