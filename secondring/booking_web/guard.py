"""Stands before every page: how often an address may come, and what browsers are told about what they get."""

import ipaddress
from collections.abc import Awaitable, Callable
from datetime import datetime

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from secondring.domain.crowd import Crowd

CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No script at all, ours or anybody's."""
HEADERS = {
    "content-security-policy": CONTENT_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # The address of a page is the key to it: it goes nowhere.
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "x-robots-tag": "noindex, nofollow",
}
STRICT_TRANSPORT = "max-age=31536000"
"""One year: OWASP ASVS 5.0, 3.4.1."""
ADDRESSES_KEPT = 20_000

PREVIEWERS = (
    "facebookexternalhit", "facebot", "twitterbot", "whatsapp", "telegrambot", "slackbot", "discordbot", "skype",
    "linkedinbot", "googlebot", "google-safety", "bingbot", "bingpreview", "applebot", "proofpoint", "barracuda",
    "curl", "wget", "python", "go-http-client", "okhttp", "java/", "bot/", "bot;", "crawler", "spider", "preview",
)  # fmt: skip
"""What programs that look at links before people do call themselves; Messages on an iPhone borrows Facebook's."""

Refuse = Callable[[Request], Awaitable[Response]]


def is_preview(request: Request) -> bool:
    """True when this look at a link is a machine's, as far as it says so itself.

    Browsers that fetch ahead say so in `Sec-Purpose` or `Purpose`, previewers in their name. A scanner that
    passes itself off as a browser is counted as a click; nothing else happens on a GET, so nothing else can.
    """
    purpose = request.headers.get("sec-purpose", "") + request.headers.get("purpose", "")
    agent = request.headers.get("user-agent", "").lower()
    is_ahead = "prefetch" in purpose or "preview" in purpose or "x-moz" in request.headers
    return request.method != "GET" or is_ahead or not agent or any(name in agent for name in PREVIEWERS)


def from_elsewhere(request: Request) -> bool:
    """True when a browser says that a form was sent from somebody else's page."""
    return request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none")


def household(address: str) -> str:
    """Whose haste counts as one: an IPv4 address, or the /64 of an IPv6 one, within which anybody may change theirs."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))


class Guard:
    """The outermost layer of the application."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        per_minute: int,
        encrypted: bool,
        clock: Callable[[], datetime],
        too_hasty: Refuse,
    ) -> None:
        self._app = app
        self._clock = clock
        self._too_hasty = too_hasty
        self._crowd = Crowd(per_minute / 60, per_minute, kept=ADDRESSES_KEPT)
        self._headers = HEADERS | ({"strict-transport-security": STRICT_TRANSPORT} if encrypted else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        client = scope.get("client")
        answer: ASGIApp = self._app
        if not self._crowd.lets_in(household(client[0]) if client else "", self._clock()):
            answer = await self._too_hasty(Request(scope))
        await answer(scope, receive, self._with_headers(send))

    def _with_headers(self, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        return sending
