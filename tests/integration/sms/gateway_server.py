"""A text gateway on a real socket, with a memory and a script: what the `http` carrier talks to."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass
class Answer:
    """What the gateway does with one request."""

    status: int = 202
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    keeps_text: bool = True
    hang_up: bool = False
    """Close the connection instead of answering."""
    silence: bool = False
    """Never answer."""
    drip: bool = False
    """Send status and headers, and then the body never ends."""


@dataclass(frozen=True)
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class GatewayServer:
    """Keeps each id once, like a gateway that honours the contract."""

    def __init__(self) -> None:
        self.script: list[Answer] = []
        self.lookup_script: list[Answer] = []
        self.seen: list[Seen] = []
        self.texts: dict[str, dict[str, str]] = {}
        self.connections = 0
        self.url = ""
        self._released = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while (seen := await _request(reader)) is not None:
                self.seen.append(seen)
                if not await self._answer(seen, writer):
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _answer(self, seen: Seen, writer: asyncio.StreamWriter) -> bool:
        answer = self._look_up(seen) if seen.method == "GET" else self._keep(seen)
        if answer.silence:
            await self._released.wait()
        if answer.hang_up or answer.silence:
            return False
        writer.write(_head(answer))
        if answer.drip:
            writer.write(b'{"id": ')
            await writer.drain()
            await self._released.wait()
            return False
        writer.write(answer.body)
        await writer.drain()
        return True

    def _keep(self, seen: Seen) -> Answer:
        answer = self.script.pop(0) if self.script else Answer()
        if answer.keeps_text:
            letter = json.loads(seen.body)
            self.texts.setdefault(letter["id"], letter)
        return answer

    def _look_up(self, seen: Seen) -> Answer:
        if self.lookup_script:
            return self.lookup_script.pop(0)
        return Answer(200) if seen.path.rpartition("/")[2] in self.texts else Answer(404)

    def release(self) -> None:
        self._released.set()


@asynccontextmanager
async def a_gateway() -> AsyncIterator[GatewayServer]:
    gateway = GatewayServer()
    server = await asyncio.start_server(gateway.serve, "127.0.0.1", 0)
    gateway.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield gateway
    finally:
        gateway.release()
        server.close()
        await server.wait_closed()


async def _request(reader: asyncio.StreamReader) -> Seen | None:
    line = await reader.readline()
    if not line:
        return None
    method, path, _ = line.decode().split(" ", 2)
    headers: dict[str, str] = {}
    while (header := (await reader.readline()).decode().strip()) != "":
        name, _, value = header.partition(":")
        headers[name.lower()] = value.strip()
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Seen(method, path, headers, body)


def _head(answer: Answer) -> bytes:
    length = 1000 if answer.drip else len(answer.body)
    headers = {"Content-Length": str(length)} | answer.headers
    lines = [f"HTTP/1.1 {answer.status} Whatever", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()
