"""Many open screens in a process of their own, and the least that any server could do for them.

    python -m benchmarks.browsers look ADDRESS ROUNDS       (cookies on standard input, a line each, then an empty one)
    python -m benchmarks.browsers floor PORT BYTES          (serves until killed; POST /ring tells every screen)

Each round: it says `ready`, is told when the change was made, and answers with the seconds until each screen had
drawn it. Both processes read the same clock.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import AsyncIterator, Sequence

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

SCREENS = 200
REST = 2.5
"""Seconds; all screens here come from one address."""
EVENTS, ROWS = "/live?topics=work", "/work/rows"


async def look(address: str, cookies: Sequence[str], rounds: int) -> None:
    """Follow what happens, and fetch the rows at each word of it."""
    port = int(address.rpartition(":")[2])
    drawn: asyncio.Queue[float] = asyncio.Queue()
    async with asyncio.TaskGroup() as screens:
        following = [
            screens.create_task(_screen(port, cookies[number % len(cookies)], drawn))
            for number in range(SCREENS)
        ]
        for _ in range(SCREENS):
            await drawn.get()
        for _ in range(rounds):
            await _quiet(drawn)
            print("ready", flush=True)
            changed = float(await asyncio.to_thread(sys.stdin.readline))
            print(json.dumps([await drawn.get() - changed for _ in range(SCREENS)]), flush=True)
        for one in following:
            one.cancel()


async def _screen(port: int, cookie: str, drawn: "asyncio.Queue[float]") -> None:
    """Two connections, as a browser has them; no library, so that the screens leave the processor to the server."""
    events, ask_events = await asyncio.open_connection("127.0.0.1", port)
    rows, ask_rows = await asyncio.open_connection("127.0.0.1", port, limit=2**20)
    ask_events.write(_request(EVENTS, cookie))
    try:
        while line := await events.readline():
            if line.rstrip() in (b"event: hello", b"event: work"):
                ask_rows.write(_request(ROWS, cookie))
                await _answer(rows)
                drawn.put_nowait(time.perf_counter())
    finally:
        ask_events.close()
        ask_rows.close()


def _request(path: str, cookie: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nX-Live: 1\r\n\r\n".encode()


async def _answer(from_server: asyncio.StreamReader) -> None:
    head = await from_server.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise ValueError(head.decode())
    found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    assert found is not None
    await from_server.readexactly(int(found[1]))


async def _quiet(drawn: "asyncio.Queue[float]") -> None:
    """Until nothing was drawn for so long that the server's limit for one address is where it was."""
    while True:
        try:
            await asyncio.wait_for(drawn.get(), REST)
        except TimeoutError:
            return


class Floor:
    """No log-in, no books, nothing to draw: a word to each screen, and the same bytes to whoever asks."""

    def __init__(self, size: int) -> None:
        self._body = b"x" * size
        self._waiting: set[asyncio.Event] = set()

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/live", self.live),
                Route("/work/rows", self.rows),
                Route("/ring", self.ring, methods=["POST"]),
            ]
        )

    async def live(self, _request: Request) -> Response:
        return StreamingResponse(self._events(), media_type="text/event-stream")

    async def _events(self) -> AsyncIterator[str]:
        rung = asyncio.Event()
        self._waiting.add(rung)
        yield "event: hello\ndata:\n\n"
        while True:
            await rung.wait()
            rung.clear()
            yield "event: work\ndata:\n\n"

    async def rows(self, _request: Request) -> Response:
        return Response(self._body, media_type="text/html")

    async def ring(self, _request: Request) -> Response:
        for rung in self._waiting:
            rung.set()
        return PlainTextResponse("")


def main(words: Sequence[str]) -> None:
    """One or the other."""
    if words[0] == "floor":
        port, size = int(words[1]), int(words[2])
        uvicorn.run(Floor(size).app(), host="127.0.0.1", port=port, log_level="error", access_log=False)
    else:
        cookies = list(iter(lambda: sys.stdin.readline().strip(), ""))
        asyncio.run(look(words[1], cookies, int(words[2])))


if __name__ == "__main__":
    main(sys.argv[1:])
