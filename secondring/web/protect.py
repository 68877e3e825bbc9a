"""Stands before every page: whom requests are for, how large and frequent they may be, what browsers are told."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 64 * 1024
"""Bytes; the largest form, a long reply, has some thousand."""
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not `no-referrer`: with that, browsers send no Origin that we could check.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
STRICT_TRANSPORT = "max-age=31536000"


@dataclass(frozen=True, slots=True)
class Pace:
    """So many requests a second from one address, and so many at once."""

    per_second: float
    burst: int


USUAL = Pace(per_second=100, burst=600)
"""A clinic's 200 screens may all come from one address, and ask anew at every change."""
LOG_INS = Pace(per_second=0.2, burst=10)
REMEMBERED = 10_000
"""Addresses whose pace is known."""


class Crowd:
    """A bucket of tokens for each address; the least recent one is forgotten first."""

    def __init__(self, pace: Pace, clock: Callable[[], datetime]) -> None:
        self._pace = pace
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def may(self, address: str) -> bool:
        """Take a token; False when there is none."""
        now = self._clock().timestamp()
        left, then = self._buckets.pop(address, (float(self._pace.burst), now))
        left = min(left + max(now - then, 0) * self._pace.per_second, self._pace.burst)
        allowed = left >= 1
        self._buckets[address] = (left - 1 if allowed else left, now)
        if len(self._buckets) > REMEMBERED:
            self._buckets.popitem(last=False)
        return allowed


class Protect:
    """The outermost layer of the application."""

    def __init__(
        self, app: ASGIApp, *, hosts: frozenset[str], encrypted: bool, clock: Callable[[], datetime]
    ) -> None:
        self._app = app
        self._hosts = hosts
        self._headers = HEADERS | ({"strict-transport-security": STRICT_TRANSPORT} if encrypted else {})
        self._crowd = Crowd(USUAL, clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        refusal = self._refusal(scope)
        answer: ASGIApp = refusal or self._app
        try:
            await answer(scope, _limited(receive), self._with_headers(send))
        except TooLarge:
            await _too_large()(scope, receive, self._with_headers(send))

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        if host_of(headers) not in self._hosts:
            return PlainTextResponse("This is not the name of this service. See web.public_name.", 421)
        if not self._crowd.may(scope["client"][0] if scope.get("client") else ""):
            return PlainTextResponse("Too many requests. Wait a moment.", 429, {"retry-after": "1"})
        length = headers.get("content-length", "0")
        if not length.isdigit() or int(length) > BODY_LIMIT:
            return _too_large()
        return None

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        return sending


class TooLarge(Exception):
    """A body goes on for longer than it may."""


def _too_large() -> PlainTextResponse:
    return PlainTextResponse(f"More than {BODY_LIMIT // 1024} KiB are not taken.", 413)


def _limited(receive: Receive) -> Receive:
    taken = 0

    async def receiving() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > BODY_LIMIT:
            raise TooLarge
        return message

    return receiving


def host_of(headers: Mapping[str, str]) -> str:
    """The name that a request is for, without its port."""
    return _name(f"//{headers.get('host', '')}")


def _name(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def comes_from_us(request: Request) -> bool:
    """True when a form was sent from one of our own pages. Browsers say so in one header or the other."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is None and origin is None:
        return False
    if site is not None and site != "same-origin":
        return False
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
