"""Serves an application over HTTP as one part of a service: stops when it is cancelled, and not before.

A port that is taken, or a certificate that cannot be used, costs these pages, never the rest of the service: it is
tried again until it can be had.
"""

import asyncio
import contextlib
import ipaddress
import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from secondring.certificates import Certificate, Renewal
from secondring.domain.errors import ConfigError

log = logging.getLogger(__name__)

TRY_AGAIN_SECONDS = 10
STOP_WITHIN = 2
"""Seconds that an open request has to end in."""
WAITING = 512
"""Connections that may wait to be taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where to listen, and who may come."""

    name: str
    """What is served, and by which key of the configuration, for the log."""
    host: str
    port: int
    certificate: Certificate | None = None
    """None: plain HTTP, for this machine and the proxies."""
    proxies: tuple[str, ...] = ()
    """Addresses whose `X-Forwarded-For` and `-Proto` are believed; anybody else's are not."""
    connections: int | None = None
    """More than so many at one time are told to come again."""


class _Server(uvicorn.Server):
    """Signals belong to whoever runs the whole service."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def nothing_endless() -> None:
    """No answer here goes on for ever."""


async def serve(
    application: Starlette, where: Listen, stopping: Callable[[], None] = nothing_endless
) -> None:
    """Serve until cancelled; what is being answered is answered to its end.

    `stopping` is called first when it is cancelled, so that endless answers may end.
    """
    renewal = await _shake_hands(where)
    listening = await _listen(where)
    server = _Server(
        uvicorn.Config(
            _doorway(application, where),
            ssl_context_factory=(lambda *_: renewal.context) if renewal else None,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=where.connections,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=STOP_WITHIN,
            lifespan="off",
            ws="none",
        )
    )
    port, how = listening.getsockname()[1], "TLS" if renewal else "plain HTTP"
    log.info("%s: listening on %s port %d, %s", where.name, where.host, port, how)
    work = asyncio.create_task(server.serve(sockets=[listening]), name=where.name)
    renewing = asyncio.create_task(renewal.run(), name=f"{where.name}: certificate") if renewal else None
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        stopping()
        server.should_exit = True
        await work
        raise
    finally:
        if renewing is not None:
            renewing.cancel()
        listening.close()


def _doorway(application: Starlette, where: Listen) -> ASGIApp:
    """The application, behind what is settled before it sees a request: whose word on the visitor's address counts."""
    inner: Any = ProxyHeadersMiddleware(application, list(where.proxies)) if where.proxies else application  # type: ignore[arg-type]
    return inner if where.certificate is not None else OnlyNear(inner, where.proxies)


class OnlyNear:
    """Plain HTTP is for this machine and the proxies: whoever comes past them is told so, and gets nothing."""

    def __init__(self, application: ASGIApp, proxies: tuple[str, ...]) -> None:
        self._application = application
        self._proxies = frozenset(ipaddress.ip_address(proxy) for proxy in proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        client = scope.get("client")
        answer: ASGIApp = self._application
        if not self._is_near(client[0] if client else ""):
            answer = PlainTextResponse("This address is for the web server before it. Use HTTPS there.", 403)
        await answer(scope, receive, send)

    def _is_near(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return found.is_loopback or found in self._proxies


async def _shake_hands(where: Listen) -> Renewal | None:
    while where.certificate is not None:
        try:
            return Renewal(where.certificate)
        except ConfigError as error:
            log.error("%s: %s Trying again every %d s", where.name, error, TRY_AGAIN_SECONDS)  # noqa: TRY400
            await asyncio.sleep(TRY_AGAIN_SECONDS)
    return None


def _bound(where: Listen) -> socket.socket:
    """A listening socket that says that it is TCP: only then does asyncio switch off Nagle's waiting, 40 ms a page."""
    family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((where.host, where.port))
        listening.listen(WAITING)
    except OSError:
        listening.close()
        raise
    return listening


async def _listen(where: Listen) -> socket.socket:
    while True:
        try:
            return _bound(where)
        except OSError as error:
            because = f"port {where.port} of {where.host} cannot be had ({error.strerror})"
            log.error("%s: %s; trying again every %d s", where.name, because, TRY_AGAIN_SECONDS)  # noqa: TRY400
            await asyncio.sleep(TRY_AGAIN_SECONDS)
