"""What a carrier has to remember between two requests, kept where nothing is lost."""

from datetime import datetime
from typing import Protocol


class NoteBooks(Protocol):
    """The part of `Books` about notes: words on a shelf, each under a name. The words may be patients' data."""

    def carrier_note(self, shelf: str, name: str) -> str | None: ...

    def carrier_notes(self, shelf: str, prefix: str) -> dict[str, str]:
        """The notes of a shelf whose names begin so, in the order of first writing."""
        ...

    def keep_carrier_note(self, shelf: str, name: str, words: str, at: datetime) -> None:
        """Write a note, or write it anew."""
        ...

    def drop_carrier_note(self, shelf: str, name: str) -> None:
        """Forget a note; nothing happens when there is none of that name."""
        ...

    def drop_carrier_notes_before(self, shelf: str, at: datetime) -> None:
        """Forget the notes of a shelf that were last written before then."""
        ...
