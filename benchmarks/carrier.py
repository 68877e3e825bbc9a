"""A text carrier that takes everything at once and says when each request arrived, in a process of its own.

    python -m benchmarks.carrier [SECONDS]   prints its port, then a line for each text: time, receiver

It answers at once, or so many seconds later.

Nothing but asyncio and a few bytes of HTTP, so that what is measured is the sender.
"""

import asyncio
import json
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Self

from benchmarks.gauges import wall

PATIENCE = 60.0
"""Seconds without any text until somebody who waits for one gives up."""
HEAD_END = b"\r\n\r\n"


class Carrier:
    """The process, as seen from the benchmark."""

    def __init__(self, answers_after: float = 0.0) -> None:
        self.arrivals: list[tuple[float, str]] = []
        """When each text was asked for (seconds since 1970), and for which number."""
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.carrier", str(answers_after)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout
        self._lines = self._process.stdout
        self.port = int(self._lines.readline())
        self._thread = threading.Thread(target=self._collect, name="carrier")
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()
        self._thread.join()
        self._lines.close()

    @property
    def url(self) -> str:
        """Where texts are posted to."""
        return f"http://127.0.0.1:{self.port}/texts"

    def wait_for(self, count: int) -> None:
        """Wait until so many texts have come; raises TimeoutError when none comes for a minute."""
        with self._changed:
            while (before := len(self.arrivals)) < count:
                if not self._changed.wait(PATIENCE) and len(self.arrivals) == before:
                    raise TimeoutError(f"{before} of {count} texts came, and then none for {PATIENCE:g} s")

    def wait_until_quiet(self, seconds: float) -> None:
        """Wait until no text has come for so long."""
        seen = -1
        while seen != len(self.arrivals):
            seen = len(self.arrivals)
            time.sleep(seconds)

    def _collect(self) -> None:
        for line in self._lines:
            at, _, receiver = line.rstrip().partition(" ")
            with self._changed:
                self.arrivals.append((float(at), receiver))
                self._changed.notify_all()


# ---------------------------------------------------------------- inside that process


class _Connection(asyncio.Protocol):
    def __init__(self, answers_after: float) -> None:
        self._after = answers_after
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        at = wall()
        self._buffer += data
        while (letter := self._letter()) is not None:
            if self._after:
                asyncio.get_running_loop().call_later(self._after, self._answer, str(letter["id"]))
            else:
                self._answer(str(letter["id"]))
            sys.stdout.write(f"{at:.6f} {letter['to']}\n")
        sys.stdout.flush()

    def _letter(self) -> dict[str, str] | None:
        """The next request, once all of it is there."""
        head, end, rest = self._buffer.partition(HEAD_END)
        if not end:
            return None
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        if len(rest) < length:
            return None
        self._buffer = rest[length:]
        letter: dict[str, str] = json.loads(rest[:length])
        return letter

    def _answer(self, id_: str) -> None:
        body = json.dumps({"id": f"carrier-{id_}"}).encode()
        assert self._transport
        self._transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


async def _serve(answers_after: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(answers_after), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    closed = asyncio.Event()
    loop.add_reader(sys.stdin, closed.set)
    await closed.wait()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1]) if len(sys.argv) > 1 else 0.0))
