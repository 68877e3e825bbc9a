"""Carriers' notes in memory."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from secondring.store.memory_tables import Tables

Notes = dict[tuple[str, str], tuple[str, datetime]]
"""Words and time by shelf and name, in the order of first writing."""


class MemoryNotes:
    """The part of `MemoryBooks` about notes."""

    _tables: "Tables"
    _own: "Callable[[str], Tables]"

    def carrier_note(self, shelf: str, name: str) -> str | None:
        found = self._tables.carrier_notes.get((shelf, name))
        return found[0] if found else None

    def carrier_notes(self, shelf: str, prefix: str) -> dict[str, str]:
        found = self._tables.carrier_notes.items()
        return {
            name: words for (place, name), (words, _) in found if place == shelf and name.startswith(prefix)
        }

    def keep_carrier_note(self, shelf: str, name: str, words: str, at: datetime) -> None:
        self._own("carrier_notes").carrier_notes[shelf, name] = (words, at)

    def drop_carrier_note(self, shelf: str, name: str) -> None:
        self._own("carrier_notes").carrier_notes.pop((shelf, name), None)

    def drop_carrier_notes_before(self, shelf: str, at: datetime) -> None:
        kept = self._own("carrier_notes").carrier_notes
        for key in [key for key, (_, then) in kept.items() if key[0] == shelf and then < at]:
            del kept[key]
