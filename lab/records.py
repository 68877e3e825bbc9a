"""What the PBX itself keeps of a run: its call detail records, its channel events, its queue log.

    with Kept(pbx) as kept:
        perform(pbx, played, tap)
    kept.save(place, played.name)

Only what was written while the block ran is kept, and only once the PBX has written all of it.
"""

import csv
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from lab.errors import LabError
from lab.pbx import Pbx

WRITTEN_WITHIN = 10.0
QUIET = 0.3
ENDINGS = {"cdr": ".cdr.csv", "cel": ".cel.csv", "queue_log": ".queue_log"}
"""How the files of a recording end, beside its `.ami`."""


class Kept:
    """The lines that each record gained."""

    def __init__(self, pbx: Pbx) -> None:
        self._files = {"cdr": pbx.cdr_csv, "cel": pbx.cel_csv, "queue_log": pbx.queue_log}
        self._begin: dict[str, int] = {}
        self._lines: dict[str, bytes] = {}

    def __enter__(self) -> Self:
        self._begin = {kind: _size(file) for kind, file in self._files.items()}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._wait_until_written()
            self._lines = {kind: self._gained(kind) for kind in self._files}

    def save(self, place: Path, name: str) -> None:
        """Write them beside the recording; a record that gained nothing leaves no file."""
        for kind, ending in ENDINGS.items():
            file = place / f"{name}{ending}"
            file.unlink(missing_ok=True)
            if self._lines[kind]:
                file.write_bytes(self._lines[kind])

    def _gained(self, kind: str) -> bytes:
        file = self._files[kind]
        return file.read_bytes()[self._begin[kind] :] if file.exists() else b""

    def _wait_until_written(self) -> None:
        deadline = time.monotonic() + WRITTEN_WITHIN
        sizes: dict[str, int] = {}
        while not self._all_ended() or sizes != {kind: _size(file) for kind, file in self._files.items()}:
            if time.monotonic() > deadline:
                raise LabError(f"the PBX did not write its records within {WRITTEN_WITHIN:g} s")
            sizes = {kind: _size(file) for kind, file in self._files.items()}
            time.sleep(QUIET)

    def _all_ended(self) -> bool:
        kinds = [
            row[0] for row in csv.reader(self._gained("cel").decode(errors="replace").splitlines()) if row
        ]
        return kinds.count("CHAN_START") <= kinds.count("CHAN_END")


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
