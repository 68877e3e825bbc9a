"""What a carrier remembers between two requests: on disk in the books, so that it outlives us."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Protocol

from secondring.domain.ports import Books
from sms_gateway.desk import Clock, InStore

KEPT = timedelta(days=7)
"""A receipt that comes later than this finds nobody who remembers the text; carriers give up after three days."""


class Notes(Protocol):
    """One carrier's notes. They may hold patients' data; names may not."""

    async def one(self, name: str) -> str | None:
        """The words of a note; None when there is none."""
        ...

    async def all(self, prefix: str) -> dict[str, str]:
        """The notes whose names begin so, in the order of first writing."""
        ...

    async def change(self, kept: Mapping[str, str], dropped: Collection[str] = ()) -> None:
        """Write and drop notes, all or none of it; on disk when this returns. Raises PeerError when it cannot."""
        ...


class BookNotes:
    """`Notes` in the books, on a shelf of their own."""

    def __init__(self, shelf: str, in_store: InStore, clock: Clock) -> None:
        self._shelf = shelf
        self._in_store = in_store
        self._clock = clock

    async def one(self, name: str) -> str | None:
        """The words of a note; None when there is none."""
        return await self._in_store(lambda books: books.note(self._shelf, name))

    async def all(self, prefix: str) -> dict[str, str]:
        """The notes whose names begin so, in the order of first writing."""
        return await self._in_store(lambda books: books.notes(self._shelf, prefix))

    async def change(self, kept: Mapping[str, str], dropped: Collection[str] = ()) -> None:
        """Write and drop notes, all or none of it."""
        if kept or dropped:
            await self._in_store(lambda books: self._change(books, kept, dropped))

    async def forget_old(self) -> None:
        """Drop what nobody will ask for any more."""
        before = self._clock() - KEPT
        await self._in_store(lambda books: books.drop_notes_before(self._shelf, before))

    def _change(self, books: Books, kept: Mapping[str, str], dropped: Collection[str]) -> None:
        for name, words in kept.items():
            books.keep_note(self._shelf, name, words, self._clock())
        for name in dropped:
            books.drop_note(self._shelf, name)
