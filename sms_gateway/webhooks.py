"""The doors that carriers knock at with replies and receipts: `/carriers/NAME/inbound` and `/carriers/NAME/receipt`.

Each carrier judges its own signature. A request is answered with 2xx only once what it brings is on disk; whoever
gets anything else sends it again. Answers never repeat what was sent.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from secondring.domain.crowd import Crowd
from secondring.domain.errors import blame
from sms_gateway.carriers.port import Knock, News, NotGenuine, Unreadable, Webhook
from sms_gateway.desk import Clock
from sms_gateway.inbound import Inbound
from sms_gateway.privacy import quiet_libraries

log = logging.getLogger(__name__)

BODY_LIMIT = 64 * 1024
PATHS = ("inbound", "receipt")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookSettings:
    """How often who may knock, and how we are called outside."""

    public_url: str = ""
    """How carriers reach us; what their signatures cover is built from it, never from the Host header."""
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
    """Two routes for each carrier. Mount them in an application, or `application()` is one."""

    def __init__(
        self, doors: Mapping[str, Webhook], inbound: Inbound, settings: WebhookSettings, *, clock: Clock
    ) -> None:
        """`doors` by the carriers' names."""
        quiet_libraries()
        self._doors = doors
        self._inbound = inbound
        self._settings = settings
        self._clock = clock
        self._crowd = Crowd(settings.per_second, settings.burst)

    def routes(self) -> list[Route]:
        """POST /carriers/NAME/inbound and POST /carriers/NAME/receipt, of every carrier."""
        return [
            Route(f"/carriers/{name}/{path}", self._endpoint(door, path), methods=["POST"])
            for name, door in self._doors.items()
            for path in PATHS
        ]

    def application(self) -> Starlette:
        """The routes and nothing else."""
        return Starlette(routes=self.routes())

    def _endpoint(self, door: Webhook, path: str) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            try:
                news = await self._news(door, path, request)
                await self._take(news)
            except _RefusedError as refusal:
                log.warning("webhook refused: %d %s", refusal.status, refusal.told)
                headers = {"Retry-After": "1"} if refusal.status == 429 else None
                return JSONResponse({"error": refusal.told}, refusal.status, headers)
            except Exception as error:  # noqa: BLE001 - not on disk, so the carrier has to send it again
                log.error("webhook failed: %s", blame(error))  # noqa: TRY400
                return JSONResponse({"error": "not taken in, send it again"}, 503, {"Retry-After": "5"})
            return Response(news.answer, news.status, media_type=news.media_type)

        return answer

    async def _news(self, door: Webhook, path: str, request: Request) -> News:
        now = self._clock()
        if not self._crowd.lets_in(request.client.host if request.client else "", now):
            raise _RefusedError(429, "too many requests")
        body = await _body(request)
        query = f"?{request.url.query}" if request.url.query else ""
        knock = Knock(
            url=f"{self._settings.public_url.rstrip('/')}{request.url.path}{query}",
            path=path,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
            at=now,
        )
        try:
            return door.read(knock)
        except NotGenuine as refusal:
            raise _RefusedError(401, str(refusal)) from None
        except Unreadable as refusal:
            raise _RefusedError(refusal.status, str(refusal)) from None

    async def _take(self, news: News) -> None:
        for arrival in news.inbound:
            await self._inbound.text(arrival)
        if news.receipts and await self._inbound.receipts(news.receipts):
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
