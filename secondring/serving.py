"""Serves an application over HTTP as one part of a service: stops when it is cancelled, and not before.

A port that is taken costs these pages, never the rest of the service: it is tried again until it can be had.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette

log = logging.getLogger(__name__)

TRY_AGAIN_SECONDS = 10
STOP_WITHIN = 2
"""Seconds that an open request has to end in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """Where to listen."""

    name: str
    """What is served, and by which key of the configuration, for the log."""
    host: str
    port: int
    proxies: tuple[str, ...] = ()
    """Addresses whose `X-Forwarded-For` is believed; anybody else's is not."""
    connections: int = 500


class _Server(uvicorn.Server):
    """Signals belong to whoever runs the whole service."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(application: Starlette, where: Listen) -> None:
    """Serve until cancelled; what is being answered is answered to its end."""
    listening = await _listen(where)
    server = _Server(
        uvicorn.Config(
            application,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=bool(where.proxies),
            forwarded_allow_ips=list(where.proxies),
            limit_concurrency=where.connections,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=STOP_WITHIN,
            lifespan="off",
            ws="none",
        )
    )
    log.info("%s: listening on %s port %d", where.name, where.host, listening.getsockname()[1])
    work = asyncio.create_task(server.serve(sockets=[listening]), name=where.name)
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        server.should_exit = True
        await work
        raise
    finally:
        listening.close()


async def _listen(where: Listen) -> socket.socket:
    while True:
        try:
            family = socket.AF_INET6 if ":" in where.host else socket.AF_INET
            return socket.create_server((where.host, where.port), family=family, backlog=512)
        except OSError as error:
            because = f"port {where.port} of {where.host} cannot be had ({error.strerror})"
            log.error("%s: %s; trying again every %d s", where.name, because, TRY_AGAIN_SECONDS)  # noqa: TRY400
            await asyncio.sleep(TRY_AGAIN_SECONDS)
