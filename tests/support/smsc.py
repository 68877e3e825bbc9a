"""A message centre that we did not write (npm's `smpp`), as a test uses it.

    async with Smsc() as smsc:
        await smsc.plan("throttled", "silence")
        ...
        await smsc.sees("submit", 2)

It remembers everything it saw. It dies with us: it ends when its standard input does.
"""

import asyncio
import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.support.until import PATIENCE, PAUSE

PEERS = Path(__file__).parents[1] / "peers" / "smsc"
SYSTEM_ID, PASSWORD = "clinic", "a-long-password-of-the-tests"


def installed() -> bool:
    """True when the project's scripts have installed it."""
    return (PEERS / "node_modules" / "smpp").is_dir()


class Smsc:
    """One message centre on a loopback port."""

    def __init__(self, certificate: Path | None = None, key: Path | None = None) -> None:
        self.port = 0
        self.seen: list[dict[str, Any]] = []
        self._files = [str(certificate), str(key)] if certificate and key else []
        self._process: asyncio.subprocess.Process | None = None
        self._reading: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        pipe = asyncio.subprocess.PIPE
        self._process = await asyncio.create_subprocess_exec(
            "node", str(PEERS / "smsc.js"), *self._files, stdin=pipe, stdout=pipe
        )
        self._reading = asyncio.create_task(self._read())
        self.port = (await self.sees("listening"))["port"]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process
        assert self._process.stdin
        assert self._reading
        self._process.stdin.close()
        await self._process.wait()
        await self._reading

    def of(self, kind: str) -> list[dict[str, Any]]:
        """All that it saw of a kind, in order."""
        return [one for one in self.seen if one["saw"] == kind]

    @property
    def submits(self) -> list[dict[str, Any]]:
        """The parts that were handed over, in order."""
        return self.of("submit")

    async def sees(self, kind: str, times: int = 1) -> dict[str, Any]:
        """Wait until it saw something so often; give the last of them."""
        try:
            async with asyncio.timeout(PATIENCE):
                while len(self.of(kind)) < times:  # noqa: ASYNC110 - evidence from another process rings no bell
                    await asyncio.sleep(PAUSE / 4)
        except TimeoutError:
            raise AssertionError(f"it never saw {times} x {kind}, but {self.seen}") from None
        return self.of(kind)[-1]

    async def plan(self, *answers: str | dict[str, int]) -> None:
        """What it does with the next parts; then it takes all again."""
        await self._agree(do="plan", answers=answers)

    def report(self, id_: str, stat: str, *, source: str, destination: str, **more: str) -> None:
        """Send a receipt; `how="tlv"` in parameters, else in words."""
        self._tell(do="receipt", id=id_, stat=stat, source=source, destination=destination, **more)

    def write(self, words: str, *, source: str, destination: str) -> None:
        """Send us a text."""
        self._tell(do="text", words=words, source=source, destination=destination)

    def write_parts(self, parts: list[str], *, source: str, destination: str, **more: Any) -> None:
        """Send us a text of several parts."""
        self._tell(do="text", parts=parts, source=source, destination=destination, **{"reference": 7, **more})

    def repeat(self) -> None:
        """Deliver the last thing again, as a centre does that got no answer."""
        self._tell(do="repeat")

    def cut(self) -> None:
        """Drop every link."""
        self._tell(do="cut")

    async def refuse(self) -> None:
        """Let nobody bind any more."""
        await self._agree(do="refuse")

    async def count_in_hex(self) -> None:
        """Answer with hexadecimal ids."""
        await self._agree(do="hex")

    async def _agree(self, **order: object) -> None:
        """Tell, and wait until it is understood: the next packet must not be faster."""
        self._tell(**order)
        await self.sees("told", len(self.of("told")) + 1)

    def _tell(self, **order: object) -> None:
        assert self._process
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order).encode() + b"\n")

    async def _read(self) -> None:
        assert self._process
        assert self._process.stdout
        async for line in self._process.stdout:
            self.seen.append(json.loads(line))
