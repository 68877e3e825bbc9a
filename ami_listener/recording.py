"""Recordings of an AMI link: made as bytes, read as facts by the very code that reads a live link.

A `.ami` file is what the socket received after connecting, greeting included, nothing added. Another
greeting in the middle is a new connection. It holds callers' numbers: only its owner may read it.
"""

import asyncio
import itertools
import os
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

from ami_listener.connection import AmiLink
from ami_listener.messages import BANNER, Splitter, parse
from ami_listener.protocol import GREETING
from ami_listener.reader import FactReader
from ami_listener.session import AmiAccount, Timing
from ami_listener.sieve import EVENT, is_wanted
from ami_listener.stats import LinkStats
from secondring.domain.facts import Fact

CHUNK = 256 * 1024
FIRST_STAMP = re.compile(rb"\r\nTimestamp: (\d{9,11}(?:\.\d+)?)\r\n")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TICK = timedelta(microseconds=1)
BEFORE_FIRST = timedelta(seconds=1)
"""What answers an action has no Timestamp: what a link begins with is put so long before its first event."""


def read_facts(
    source: Path | Iterable[bytes], *, start: datetime | None = None, stats: LinkStats | None = None
) -> Iterator[Fact]:
    """Read a recording; whatever is damaged in it is skipped and counted in `stats`, never raised.

    Timestamp headers give the clock. Without one, time stands still but for a microsecond a message, from
    `start` on (else just before the first Timestamp further on, else the file's date, else 1970).
    """
    chunks = iter(_chunks(source) if isinstance(source, Path) else source)
    first = next(chunks, b"")
    begin = start or _first_stamp(first) or (_file_date(source) if isinstance(source, Path) else EPOCH)
    yield from _Player(stats or LinkStats(), begin).play(itertools.chain([first], chunks))


async def record(
    account: AmiAccount,
    path: Path,
    *,
    clock: Callable[[], datetime],
    timing: Timing | None = None,
    stats: LinkStats | None = None,
) -> None:
    """Append all that the PBX sends to a file as it arrives, reconnecting as needed, until cancelled.

    The file is readable by its owner only, also when it was there before. Raises LoginRefused like
    `AmiLink.run`, OSError when the file cannot be written.
    """
    with RecordingFile(path) as file:
        link = AmiLink(account, clock=clock, timing=timing, stats=stats, tee=file.write)
        running = asyncio.create_task(link.run(_drop), name=f"recording {path.name}")
        try:
            await asyncio.wait([running, file.failed], return_when=asyncio.FIRST_COMPLETED)
            await (file.failed if file.failed.done() else running)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def _drop(_facts: list[Fact]) -> None:
    """The bytes are kept; what they mean is read later."""


class RecordingFile:
    """A file that bytes are appended to, unbuffered. `failed` ends with the OSError of a failed write."""

    def __init__(self, path: Path) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        self._fd = os.open(path, flags, 0o600)
        os.fchmod(self._fd, 0o600)
        self.failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def write(self, data: bytes) -> None:
        """Append, all of it; a failure is told once through `failed`."""
        if self.failed.done():
            return
        try:
            while data:
                data = data[os.write(self._fd, data) :]
        except OSError as error:
            self.failed.set_exception(error)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)
        self.failed.cancel()


class _Player:
    """Reads the bytes of one recording."""

    def __init__(self, stats: LinkStats, start: datetime) -> None:
        self._stats = stats
        self._reader = FactReader(stats)
        self._splitter = Splitter()
        self._now = start
        self._connected = False

    def play(self, chunks: Iterable[bytes]) -> Iterator[Fact]:
        for chunk in chunks:
            blocks = self._splitter.feed(chunk)
            self._stats.bytes_in += len(chunk)
            self._stats.messages += len(blocks)
            for block in blocks:
                if GREETING in block:
                    yield from self._with_greetings(block)
                elif is_wanted(block):
                    yield from self._read(block)
                elif not block.startswith((EVENT, b"Response: ")):
                    self._stats.garbage += 1
        self._stats.oversized += self._splitter.take_oversized()
        yield from self._end(self._splitter.rest)

    def _with_greetings(self, block: bytes) -> Iterator[Fact]:
        """Read a message that a greeting precedes; what stands before the greeting was cut off."""
        before, *after = BANNER.split(block)
        if not after:  # a caller's name, perhaps: no greeting
            yield from self._read(block) if is_wanted(block) else ()
            return
        self._stats.garbage += sum(1 for cut in (before, *after[:-1]) if cut.strip())
        for _ in after:
            self._stats.connects += 1
            if self._connected:
                self._stats.losses += 1
                yield self._reader.lost(self._now)
            self._connected = True
        if is_wanted(last := after[-1].lstrip(b"\r\n")):
            yield from self._read(last)

    def _end(self, rest: bytes) -> Iterator[Fact]:
        """A recording stops anywhere: its last message may be cut, its last greeting unanswered."""
        if GREETING in rest and BANNER.search(rest):
            yield from self._with_greetings(rest)
        elif rest.strip():
            self._stats.garbage += 1

    def _read(self, block: bytes) -> Iterator[Fact]:
        message = parse(block)
        if message is None:
            return
        self._now = message.timestamp or self._now + TICK
        fact = self._reader.read(message, self._now)
        if fact is not None:
            yield fact


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def _first_stamp(chunk: bytes) -> datetime | None:
    found = FIRST_STAMP.search(chunk)
    return datetime.fromtimestamp(float(found[1]), UTC) - BEFORE_FIRST if found else None


def _file_date(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
