"""Carriers' notes in SQL."""

from datetime import datetime

from sqlalchemy import bindparam, delete, func, select

from secondring.store.schema import notes
from secondring.store.sql.page import Page, put

_KEEP = put(notes, "shelf", "name")
_HERE = notes.c.shelf == bindparam("which")
_ONE = select(notes.c.words).where(_HERE, notes.c.name == bindparam("called"))
_ALL = (
    select(notes.c.name, notes.c.words)
    .where(_HERE, func.substr(notes.c.name, 1, bindparam("letters")) == bindparam("first"))
    .order_by(notes.c.seq)
)
_DROP = delete(notes).where(_HERE, notes.c.name == bindparam("called"))
_DROP_OLD = delete(notes).where(_HERE, notes.c.at < bindparam("before"))


class NotePages(Page):
    """The part of `Books` about notes."""

    def carrier_note(self, shelf: str, name: str) -> str | None:
        words: str | None = self._value(_ONE, which=shelf, called=name)
        return words

    def carrier_notes(self, shelf: str, prefix: str) -> dict[str, str]:
        rows = self._all(_ALL, which=shelf, letters=len(prefix), first=prefix)
        return {row.name: row.words for row in rows}

    def keep_carrier_note(self, shelf: str, name: str, words: str, at: datetime) -> None:
        self._write(_KEEP, {"shelf": shelf, "name": name, "words": words, "at": at})

    def drop_carrier_note(self, shelf: str, name: str) -> None:
        self._write(_DROP, {"which": shelf, "called": name})

    def drop_carrier_notes_before(self, shelf: str, at: datetime) -> None:
        self._write(_DROP_OLD, {"which": shelf, "before": at})
