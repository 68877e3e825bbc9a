"""Serves the pages until cancelled. A port that is taken costs the pages, never the rest of the service."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette

log = logging.getLogger(__name__)

TRY_AGAIN_SECONDS = 10
STOP_WITHIN = 2
"""Seconds that an open request has to end in."""
PROXIES = "127.0.0.1,::1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where, and with which certificate."""

    host: str
    port: int
    certificate: str | None = None
    certificate_key: str | None = None
    behind_proxy: bool = False


class _Server(uvicorn.Server):
    """Signals belong to whoever runs the whole service."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(application: Starlette, where: Listen, stopping: Callable[[], None]) -> None:
    """Serve until cancelled; `stopping` is called first then, so that endless answers may end."""
    listening = await _listen(where)
    server = _Server(
        uvicorn.Config(
            application,
            ssl_certfile=where.certificate,
            ssl_keyfile=where.certificate_key,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=where.behind_proxy,
            forwarded_allow_ips=PROXIES,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=STOP_WITHIN,
            lifespan="off",
            ws="none",
        )
    )
    log.info("staff's pages are served on %s port %d", where.host, where.port)
    work = asyncio.create_task(server.serve(sockets=[listening]), name="web server")
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        stopping()
        server.should_exit = True
        await work
        raise
    finally:
        listening.close()


def _bound(where: Listen) -> socket.socket:
    """A listening socket that says that it is TCP: only then does asyncio switch off Nagle's waiting, 40 ms a page."""
    family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((where.host, where.port))
        listening.listen(256)
    except OSError:
        listening.close()
        raise
    return listening


async def _listen(where: Listen) -> socket.socket:
    while True:
        try:
            return _bound(where)
        except OSError as error:
            because = f"web.port {where.port} of {where.host} cannot be had ({error.strerror})"
            log.error("%s: no pages; trying again every %d s", because, TRY_AGAIN_SECONDS)  # noqa: TRY400
            await asyncio.sleep(TRY_AGAIN_SECONDS)
