"""The door that a gateway knocks at with replies and receipts, for the plain `http` carrier.

A request is answered with 2xx only once what it brings is on disk; whoever gets anything else sends it
again. Answers never repeat what was sent.
"""

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from secondring.domain.crowd import Crowd
from secondring.domain.errors import ConfigError, blame
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import TextState
from secondring.domain.texting import Arrival
from sms_gateway.carriers.http import NAME
from sms_gateway.carriers.port import Receipt
from sms_gateway.desk import Clock
from sms_gateway.inbound import Inbound
from sms_gateway.privacy import quiet_libraries
from sms_gateway.signature import is_genuine

log = logging.getLogger(__name__)

BODY_LIMIT = 64 * 1024
TEXT_LIMIT = 10_000
"""Characters; the longest text that phones put together is about 39,000 bits, far below."""
SHORTEST_SECRET = 16
STATES = {
    "accepted": TextState.ACCEPTED,
    "queued": TextState.ACCEPTED,
    "sent": TextState.ACCEPTED,
    "delivered": TextState.DELIVERED,
    "failed": TextState.FAILED,
    "undelivered": TextState.FAILED,
    "rejected": TextState.FAILED,
    "expired": TextState.FAILED,
}
"""What gateways call it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """Who may knock, and how often."""

    secrets: tuple[str, ...] = field(repr=False)
    """Any of them signs; two while one is being replaced."""
    per_second: float = 20.0
    """Requests from one address; `burst` at once."""
    burst: int = 100


class _RefusedError(Exception):
    """A request that is not taken in; `told` never repeats anything of it."""

    def __init__(self, status: int, told: str) -> None:
        super().__init__(told)
        self.status = status
        self.told = told


class Webhooks:
    """Two routes. Mount them in an application, or `application()` is one."""

    def __init__(self, inbound: Inbound, settings: WebhookSettings, *, clock: Clock) -> None:
        if not settings.secrets or any(len(secret) < SHORTEST_SECRET for secret in settings.secrets):
            raise ConfigError(
                f"carriers.http: the webhook secret has fewer than {SHORTEST_SECRET} characters;"
                " make one, for example with `openssl rand -hex 32`, and give it to the gateway"
            )
        quiet_libraries()
        self._inbound = inbound
        self._settings = settings
        self._clock = clock
        self._crowd = Crowd(settings.per_second, settings.burst)

    def routes(self) -> list[Route]:
        """POST /carriers/http/inbound and POST /carriers/http/receipt."""
        return [
            Route("/carriers/http/inbound", self._endpoint(self._take_text), methods=["POST"]),
            Route("/carriers/http/receipt", self._endpoint(self._take_receipt), methods=["POST"]),
        ]

    def application(self) -> Starlette:
        """The routes and nothing else."""
        return Starlette(routes=self.routes())

    def _endpoint(
        self, take: Callable[[dict[str, Any]], Awaitable[None]]
    ) -> Callable[[Request], Awaitable[JSONResponse]]:
        async def answer(request: Request) -> JSONResponse:
            try:
                await take(await self._genuine(request))
            except _RefusedError as refusal:
                log.warning("webhook refused: %d %s", refusal.status, refusal.told)
                headers = {"Retry-After": "1"} if refusal.status == 429 else None
                return JSONResponse({"error": refusal.told}, refusal.status, headers)
            except Exception as error:  # noqa: BLE001 - not on disk, so the gateway has to send it again
                log.error("webhook failed: %s", blame(error))  # noqa: TRY400
                return JSONResponse({"error": "not taken in, send it again"}, 503, {"Retry-After": "5"})
            return JSONResponse({"ok": True})

        return answer

    async def _genuine(self, request: Request) -> dict[str, Any]:
        now = self._clock()
        if not self._crowd.lets_in(request.client.host if request.client else "", now):
            raise _RefusedError(429, "too many requests")
        body = await _body(request)
        if not is_genuine(
            self._settings.secrets,
            timestamp=request.headers.get("x-timestamp", ""),
            signature=request.headers.get("x-signature", ""),
            body=body,
            now=now,
        ):
            raise _RefusedError(401, "X-Signature or X-Timestamp is missing, wrong or too old")
        return _json_object(body)

    async def _take_text(self, found: dict[str, Any]) -> None:
        arrival = Arrival(
            carrier=NAME,
            carrier_id=_word(found, "id"),
            sender=_number(found, "from"),
            to=_number(found, "to"),
            body=_text(found),
            at=self._clock(),
        )
        await self._inbound.text(arrival)

    async def _take_receipt(self, found: dict[str, Any]) -> None:
        state = STATES.get(_word(found, "status").lower())
        if state is None:
            raise _RefusedError(422, f"status: one of {', '.join(STATES)} is expected")
        receipt = Receipt(carrier=NAME, id=_word(found, "id"), state=state)
        if await self._inbound.receipts([receipt]):
            raise _RefusedError(404, "id: no text of that id was sent; send the receipt again later")


async def _body(request: Request) -> bytes:
    body = b""
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > BODY_LIMIT:
                raise _RefusedError(413, f"more than {BODY_LIMIT} bytes")
    except ClientDisconnect:
        raise _RefusedError(400, "the request broke off") from None
    return body


def _json_object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise _RefusedError(400, "the body must be a JSON object")
    return found


def _word(found: dict[str, Any], name: str) -> str:
    value = found.get(name)
    if not (isinstance(value, str) and value.isprintable() and 0 < len(value) <= 200):
        raise _RefusedError(400, f"{name}: a printable string of at most 200 characters is expected")
    return value


def _number(found: dict[str, Any], name: str) -> PhoneNumber:
    try:
        return PhoneNumber(_word(found, name))
    except ValueError:
        raise _RefusedError(400, f"{name}: an E.164 number is expected, + and digits") from None


def _text(found: dict[str, Any]) -> str:
    value = found.get("text")
    if not (isinstance(value, str) and len(value) <= TEXT_LIMIT):
        raise _RefusedError(400, f"text: a string of at most {TEXT_LIMIT} characters is expected")
    return value.encode("utf-8", "replace").decode()
