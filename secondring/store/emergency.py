"""The emergency spool: events of calls that the database did not take, in a file on another disk, sealed line by line.

It has to work when nothing else does: whatever fails here is said once and costs nobody anything but this safety.
"""

import base64
import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from secondring.domain.call_events import CallEvent
from secondring.domain.call_notes import from_plain, to_plain
from secondring.domain.errors import StoreBroken
from secondring.store.keys import Key
from secondring.store.vault import Vault

log = logging.getLogger(__name__)

PLACE = "emergency"
"""What the lines are sealed for."""
MOST_BYTES = 50_000_000
"""Some 80,000 events; more than that stays in memory alone."""


class EmergencySpool:
    """One file, in a directory that is there."""

    def __init__(self, file: Path, key: Key) -> None:
        self._file = file
        self._vault = Vault(key)
        self._complained = False

    def add(self, events: Sequence[CallEvent]) -> None:
        """Append them, on the disk when this returns."""
        try:
            # A line begins anew even where the one before was torn.
            self._append(b"\n" + b"".join(self._line(event) for event in events))
        except OSError as error:
            self._complain(f"calls that wait are in memory alone: {self._file}: {error.strerror}")

    def kept(self) -> list[CallEvent]:
        """All that can be read; what was torn by a crash is skipped, and told of."""
        try:
            lines = [line for line in self._file.read_bytes().splitlines() if line]
        except FileNotFoundError:
            return []
        except OSError as error:
            self._complain(f"{self._file} cannot be read: {error.strerror}")
            return []
        read = [self._read(line) for line in lines]
        if None in read:
            log.error("%s: %d lines cannot be read and are lost", self._file, read.count(None))
        return [event for event in read if event is not None]

    def clear(self) -> None:
        """All of it is in the books."""
        try:
            self._file.unlink(missing_ok=True)
        except OSError as error:
            self._complain(
                f"{self._file} cannot be removed, and is read once more at the next start: {error.strerror}"
            )
        self._complained = False

    def _append(self, lines: bytes) -> None:
        file = os.open(
            self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
        )
        try:
            if os.fstat(file).st_size > MOST_BYTES:
                raise OSError(27, "it is as large as it may become")
            while lines:
                lines = lines[os.write(file, lines) :]
            os.fsync(file)
        finally:
            os.close(file)

    def _line(self, event: CallEvent) -> bytes:
        return base64.b64encode(self._vault.seal(PLACE, json.dumps(to_plain(event)))) + b"\n"

    def _read(self, line: bytes) -> CallEvent | None:
        try:
            return from_plain(json.loads(self._vault.unseal(PLACE, base64.b64decode(line, validate=True))))
        except (ValueError, TypeError, KeyError, StoreBroken):
            return None

    def _complain(self, words: str) -> None:
        if not self._complained:
            self._complained = True
            log.error("emergency spool: %s", words)
