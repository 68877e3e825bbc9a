"""A wire between two programs that can be cut, or left hanging with nothing getting through.

Bytes are not looked at. One thread serves all connections of one wire.
"""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self

CHUNK = 65536


class Wire:
    """Listens on a port of its own and connects through to an address."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._loop = asyncio.new_event_loop()
        self._links: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name="wire")
        self._flows = asyncio.Event()
        self._flows.set()
        self.port = 0
        self._thread.start()
        self.mend()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        self._do(self._wait_for_all())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self) -> None:
        """Break every connection and refuse new ones."""
        self._do(self._cut())

    def mend(self) -> None:
        """Listen again, on the same port."""
        self._do(self._listen())

    def stall(self) -> None:
        """Let nothing through, in either direction; connections stay."""
        self._loop.call_soon_threadsafe(self._flows.clear)

    def flow(self) -> None:
        """Let everything through that came meanwhile."""
        self._loop.call_soon_threadsafe(self._flows.set)

    # -- inside, on the loop's thread

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(20)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _cut(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for link in list(self._links):
            link.transport.abort()

    async def _wait_for_all(self) -> None:
        self._flows.set()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        await asyncio.gather(*others, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._links.add(writer)
        try:
            with contextlib.suppress(OSError):
                up_reader, up_writer = await asyncio.open_connection(*self._target)
                self._links.add(up_writer)
                try:
                    await asyncio.gather(self._pump(reader, up_writer), self._pump(up_reader, writer))
                finally:
                    self._links.discard(up_writer)
                    up_writer.transport.abort()
        finally:
            self._links.discard(writer)
            writer.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError):
                while data := await source.read(CHUNK):
                    await self._flows.wait()
                    target.write(data)
                    await target.drain()
        finally:
            target.transport.abort() if target.is_closing() else target.close()
