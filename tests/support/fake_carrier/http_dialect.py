"""The plain `http` carrier's way of talking: JSON, as docs/carriers.md describes it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sms_gateway.carriers.http import HttpCarrier, HttpSettings
from sms_gateway.carriers.http_webhook import HttpWebhook
from sms_gateway.carriers.port import Driver, Knock
from sms_gateway.signature import sign
from tests.support.fake_carrier.core import Core, Said, Told, Trouble
from tests.support.fake_carrier.dialect import NO_LIMITS, Limits, Subject, knocked
from tests.support.fake_carrier.http_peer import Asked, Reply, http_peer

SECRET = "0123456789abcdef"
STATUS = {Trouble.BUSY: 429, Trouble.BROKEN: 500}


class HttpGateway:
    """Answers requests in the name of a core."""

    def __init__(self, core: Core) -> None:
        self.core = core

    async def __call__(self, asked: Asked) -> Reply | None:
        """POST sends, GET looks up by our id."""
        if self.core.weather.slow:
            await asyncio.sleep(self.core.weather.slow)
        if asked.method == "GET":
            return self._look_up(asked.path.rpartition("/")[2])
        letter = json.loads(asked.body)
        verdict = self.core.submit(
            to=letter["to"], sender=letter["from"], body=letter["text"], key=letter["id"]
        )
        if verdict.hang_up:
            return None
        if verdict.trouble is not None:
            if self.core.own_code:
                status = self.core.own_status(422)
                return Reply(status, json.dumps({"code": self.core.own_code}).encode())
            status = STATUS.get(verdict.trouble, 422)
            return Reply(status, json.dumps({"code": verdict.trouble}).encode())
        assert verdict.taken is not None
        return Reply(202, json.dumps({"id": verdict.taken.id}).encode())

    def _look_up(self, key: str) -> Reply:
        taken = self.core.by_key.get(key)
        return Reply(404) if taken is None else Reply(200, json.dumps({"id": taken.id}).encode())


def signed(path: str, found: dict[str, object], core: Core) -> Knock:
    """A request as the gateway signs it."""
    body = json.dumps(found).encode()
    stamp = str(int(core.clock().timestamp()))
    headers = {"x-timestamp": stamp, "x-signature": sign(SECRET, stamp, body)}
    return Knock(
        url=f"https://texts.clinic.example/carriers/http/{path}",
        path=path,
        headers=headers,
        body=body,
        at=core.clock(),
    )


@dataclass
class HttpDialect:
    """With an address to look texts up at, or without one and then knowing our ids again."""

    lookup: bool
    kind: str = "http"
    limits: Limits = NO_LIMITS

    @property
    def name(self) -> str:
        return "http with look-up" if self.lookup else "http"

    @asynccontextmanager
    async def serve(self, core: Core) -> AsyncIterator[Subject]:
        core.honours_keys = True
        gateway = HttpGateway(core)
        async with http_peer(gateway) as peer:
            lookup = f"{peer.url}/texts" if self.lookup else None
            carrier = HttpCarrier(HttpSettings(url=peer.url, lookup_url=lookup), core.clock)
            webhook = HttpWebhook((SECRET,))

            def write(one: Told | Said) -> Knock:
                return write_knock(one, core)

            news = knocked(core, webhook, write)
            yield Subject(Driver(carrier=carrier), core, news, webhook=webhook, knock=write)
            await carrier.close()


def write_knock(one: Told | Said, core: Core) -> Knock:
    """The request that tells of a receipt or a reply."""
    if isinstance(one, Said):
        return signed("inbound", {"id": one.id, "from": one.sender, "to": one.to, "text": one.body}, core)
    found: dict[str, object] = {"id": one.taken.id, "status": one.state.value}
    if one.trouble is not None:
        found["code"] = core.own_code or one.trouble.value
    return signed("receipt", found, core)
