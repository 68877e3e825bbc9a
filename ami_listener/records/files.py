"""A record kept in a file that grows, is renamed, copied away and emptied while it is read.

A place is named by a fingerprint of the file's first line and an offset. So it is found again whatever logrotate
does: renamed (`queue_log.1`), copied and truncated, compressed. A last line that is not whole yet is left for the
next reading.
"""

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, cast

from ami_listener.records.port import Batch
from ami_listener.records.rows import MAX_LINE, Row
from secondring.domain.errors import PeerError

NEAR_ENOUGH = 8192
"""Bytes: the search for a time ends this near to it, and a little more is read than was asked for."""
MUCH = 1_000_000
"""Bytes: so much unread is looked through for where the horizon is."""
LINES_TRIED = 50
"""Lines looked at for one that tells its time."""

Parse = Callable[[bytes], dict[str, str] | None]
At = Callable[[Row], datetime | None]


@dataclass(frozen=True, slots=True)
class _Place:
    head: str
    offset: int

    def __str__(self) -> str:
        return json.dumps({"head": self.head, "offset": self.offset})

    @staticmethod
    def parse(bookmark: str) -> "_Place | None":
        try:
            found = json.loads(bookmark)
            return _Place(str(found["head"]), int(found["offset"]))
        except (ValueError, TypeError, KeyError):
            return None


class FileRecord:
    """A record that is a file, and what rotation made of it."""

    def __init__(self, path: Path, parse: Parse, at: At) -> None:
        self.place = str(path)
        self._path = path
        self._parse = parse
        self._at = at

    def read(self, bookmark: str | None, *, since: datetime, limit: int) -> Batch:
        """Read on; a file that is not there (yet) has nothing in it."""
        try:
            return self._read(_Place.parse(bookmark) if bookmark else None, since, limit)
        except (OSError, EOFError) as error:
            why = getattr(error, "strerror", None) or type(error).__name__
            raise PeerError(
                f"{self._path} cannot be read ({why}): usermod -a -G asterisk secondring, then restart the service"
            ) from error

    def _read(self, place: _Place | None, since: datetime, limit: int) -> Batch:
        chain = self._from_time(since) if place is None else self._from_place(place, since)
        gap = chain is None
        rows: list[Row] = []
        unreadable = 0
        last = place
        for file, offset in chain if chain is not None else [(self._path, 0)]:
            if not file.exists():
                continue
            with _opened(file) as stream:
                head = _head(stream)
                if not head:  # nothing whole in it yet: we stay where we were, which may be in a rotated file
                    continue
                last = _Place(head, offset)
                for start, line, end in _lines(stream, offset, to_the_end=file != self._path):
                    if len(rows) >= limit:
                        return Batch(
                            rows=rows, bookmark=_written(last), more=True, unreadable=unreadable, gap=gap
                        )
                    last = _Place(head, end)
                    found = self._parse(line)
                    unreadable += found is None
                    if found is not None:
                        rows.append(Row(str(_Place(head, start)), found))
        return Batch(rows=rows, bookmark=_written(last), unreadable=unreadable, gap=gap)

    def _from_place(self, place: _Place, since: datetime) -> list[tuple[Path, int]] | None:
        """Which files to read from where; None when the place is nowhere to be found."""
        files = [*self._rotated(), self._path]
        for number in reversed(range(len(files))):
            if _holds(files[number], place):
                chain = [(files[number], place.offset), *((later, 0) for later in files[number + 1 :])]
                return [(file, self._young_enough(file, offset, since)) for file, offset in chain]
        return None

    def _young_enough(self, file: Path, offset: int, since: datetime) -> int:
        """After a long absence nothing older than `since` is read either."""
        if not file.exists() or file.stat().st_size - offset < MUCH:
            return offset
        return max(offset, self._offset_of(file, since))

    def _from_time(self, since: datetime) -> list[tuple[Path, int]]:
        young = [file for file in self._rotated() if file.stat().st_mtime >= since.timestamp()]
        return [(file, self._offset_of(file, since)) for file in [*young, self._path] if file.exists()]

    def _rotated(self) -> list[Path]:
        """What rotation left, oldest first."""
        name = self._path.name
        found = [
            file
            for file in self._path.parent.glob(f"{name}[.-]*")
            if file.is_file() and file.name[len(name) + 1 : len(name) + 2].isdigit()
        ]
        return sorted(found, key=lambda file: (file.stat().st_mtime, _age(file, name)))

    def _offset_of(self, file: Path, since: datetime) -> int:
        """Where the first row as new as `since` is, or a little before: found by halves, not by reading it all."""
        with _opened(file) as stream:
            low, high = 0, stream.seek(0, 2)
            while high - low > NEAR_ENOUGH:
                middle = (low + high) // 2
                at = self._time_after(stream, middle)
                if at is not None and at < since:
                    low = middle
                else:
                    high = middle
            stream.seek(low)
            return low + len(stream.readline()) if low else 0

    def _time_after(self, stream: BinaryIO, offset: int) -> datetime | None:
        stream.seek(offset)
        stream.readline(MAX_LINE)
        for _ in range(LINES_TRIED):
            found = self._parse(stream.readline(MAX_LINE))
            at = self._at(Row("", found)) if found else None
            if at is not None:
                return at
        return None


def _written(place: _Place | None) -> str:
    return "" if place is None else str(place)


def _age(file: Path, name: str) -> int:
    """`queue_log.2` is older than `queue_log.1`; dates grow instead."""
    number = file.name[len(name) + 1 :].partition(".")[0]
    return -int(number) if number.isdigit() and len(number) < 4 else 0


def _opened(file: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(file) if file.suffix == ".gz" else file.open("rb"))


def _head(stream: BinaryIO) -> str:
    """The fingerprint of the first line; empty while that is not whole."""
    stream.seek(0)
    line = stream.readline(MAX_LINE)
    return hashlib.blake2b(line, digest_size=12).hexdigest() if line.endswith(b"\n") else ""


def _holds(file: Path, place: _Place) -> bool:
    if not file.exists() or not place.head:
        return False
    with _opened(file) as stream:
        return _head(stream) == place.head and stream.seek(0, 2) >= place.offset


def _lines(stream: BinaryIO, offset: int, *, to_the_end: bool) -> Iterator[tuple[int, bytes, int]]:
    """Whole lines with where they begin and end. One that is too long comes empty."""
    stream.seek(offset)
    start = offset
    while line := stream.readline(MAX_LINE + 1):
        length, whole = len(line), line.endswith(b"\n")
        while not whole and (more := stream.readline(MAX_LINE + 1)):
            length, whole, line = length + len(more), more.endswith(b"\n"), b""
        if not whole and not to_the_end:
            return
        yield start, line, start + length
        start += length
