"""Serves the webhooks on a listener of their own."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import uvicorn
from starlette.applications import Starlette

from secondring.domain.errors import ConfigError
from sms_gateway.privacy import quiet_libraries


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenSettings:
    """Where to listen. Without a certificate a reverse proxy on this machine has to do the TLS."""

    host: str = "127.0.0.1"
    port: int = 8088
    certificate: str | None = None
    certificate_key: str | None = None
    connections: int = 100


class _Server(uvicorn.Server):
    """Signals belong to whoever runs the whole service; being cancelled is how it tells us to stop."""

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until cancelled or told to exit; what is being answered is answered to its end."""
        work = asyncio.create_task(self._serve_or_tell(sockets), name="webhooks")
        try:
            await asyncio.shield(work)
        except asyncio.CancelledError:
            self.should_exit = True
            await work
            raise

    async def _serve_or_tell(self, sockets: list[socket.socket] | None) -> None:
        try:
            await super().serve(sockets)
        except SystemExit as error:  # uvicorn's way of saying that it cannot listen there
            where = f"{self.config.host}:{self.config.port}"
            raise ConfigError(
                f"carriers.http: cannot listen on {where}; is the port taken, or not ours to open?"
            ) from error

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def make_server(application: Starlette, settings: ListenSettings) -> uvicorn.Server:
    """A server that is ready to `serve()`; set `should_exit` to end it once it has answered what it holds."""
    quiet_libraries()
    return _Server(
        uvicorn.Config(
            application,
            host=settings.host,
            port=settings.port,
            ssl_certfile=settings.certificate,
            ssl_keyfile=settings.certificate_key,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=settings.connections,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=5,
            lifespan="off",
            ws="none",
        )
    )
