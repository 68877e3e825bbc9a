"""The air between simulated phones: a file that texts are added to, in both directions.

One JSON object a line, only ever added to, so that a crash can at worst tear the last line. Several
processes may use it at once. It holds numbers and texts in the clear and is meant for made-up ones.
"""

import contextlib
import fcntl
import json
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from secondring.domain.errors import UnknownThing
from secondring.domain.phone import PhoneNumber

TO_PHONE, FROM_PHONE = "to-phone", "from-phone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A text in the air."""

    way: str
    """TO_PHONE or FROM_PHONE."""
    id: str
    sender: PhoneNumber
    to: PhoneNumber
    body: str = field(repr=False)
    at: datetime


class Spool:
    """The file, in a directory of its own that only its owner may read."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file = directory / "texts.jsonl"
        self._ids: set[str] = set()
        self._read_to = 0

    def add(self, line: Line) -> bool:
        """Add a text and wait for the disk; False, and nothing is added, when its id is there already."""
        with self._locked() as file:
            self._learn_ids()
            if line.id in self._ids:
                return False
            os.write(file, _with_clean_start(self._file, _write(line)))
            os.fsync(file)
            return True

    def has(self, id_: str) -> bool:
        """True when a text of that id is in the air."""
        with self._locked():
            self._learn_ids()
            return id_ in self._ids

    def since(self, offset: int) -> tuple[list[Line], int]:
        """The texts after a place in the file, and the place to go on from."""
        if not self._file.exists():
            return [], 0
        with self._file.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(offset if offset <= size else 0)
            start, data = file.tell(), file.read()
        whole = data[: data.rfind(b"\n") + 1]
        return [line for raw in whole.splitlines() if (line := _read(raw))], start + len(whole)

    def inbox(self, number: PhoneNumber) -> list[Line]:
        """The texts that a phone got, oldest first."""
        return [line for line in self.since(0)[0] if line.way == TO_PHONE and line.to == number]

    def reply(self, number: PhoneNumber, body: str, *, at: datetime, to: PhoneNumber | None = None) -> Line:
        """Write back from a phone, to whoever texted it last or to a number.

        Raises UnknownThing when nobody ever texted that phone and no number is given.
        """
        texts = self.inbox(number)
        if to is None and not texts:
            raise UnknownThing(f"the phone {number} has no text to answer; say which number to write to")
        line = Line(
            way=FROM_PHONE,
            id=f"P-{uuid.uuid4().hex[:16]}",
            sender=number,
            to=to or texts[-1].sender,
            body=body,
            at=at,
        )
        self.add(line)
        return line

    def _learn_ids(self) -> None:
        lines, self._read_to = self.since(self._read_to)
        self._ids.update(line.id for line in lines)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        file = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        finally:
            os.close(file)


def _with_clean_start(file: Path, text: str) -> bytes:
    """A line of its own, even after one that a crash tore."""
    with file.open("rb") as existing:
        size = existing.seek(0, os.SEEK_END)
        existing.seek(max(size - 1, 0))
        torn = existing.read(1) not in (b"", b"\n")
    return (("\n" if torn else "") + text + "\n").encode()


def _write(line: Line) -> str:
    return json.dumps(
        {
            "way": line.way,
            "id": line.id,
            "from": line.sender.e164,
            "to": line.to.e164,
            "text": line.body,
            "at": line.at.isoformat(),
        }
    )


def _read(raw: bytes) -> Line | None:
    """A line, or None for one that was torn or that is not ours."""
    try:
        found = json.loads(raw)
        return Line(
            way=found["way"],
            id=str(found["id"]),
            sender=PhoneNumber(found["from"]),
            to=PhoneNumber(found["to"]),
            body=str(found["text"]),
            at=datetime.fromisoformat(found["at"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
