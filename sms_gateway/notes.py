"""What a carrier remembers between two requests: on disk in the books, so that it outlives us."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from secondring.domain.errors import PeerError
from secondring.domain.ports import Books
from sms_gateway.desk import Clock, InStore

T = TypeVar("T")
KEPT = timedelta(days=7)
"""A receipt that comes later than this finds nobody who remembers the text; carriers give up after three days."""

SWEEP = timedelta(hours=1)
"""How often those that are older are looked for."""


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

    def __init__(self, shelf: str, clock: Clock, in_store: InStore | None = None) -> None:
        self._shelf = shelf
        self._in_store = in_store
        self._clock = clock
        self._swept_at: datetime | None = None

    def open(self, in_store: InStore) -> None:
        """These are the books."""
        self._in_store = in_store

    async def one(self, name: str) -> str | None:
        """The words of a note; None when there is none."""
        return await self._within(lambda books: books.carrier_note(self._shelf, name))

    async def all(self, prefix: str) -> dict[str, str]:
        """The notes whose names begin so, in the order of first writing."""
        return await self._within(lambda books: books.carrier_notes(self._shelf, prefix))

    async def change(self, kept: Mapping[str, str], dropped: Collection[str] = ()) -> None:
        """Write and drop notes, all or none of it."""
        if kept or dropped:
            await self._within(lambda books: self._change(books, kept, dropped))

    def _within(self, work: Callable[[Books], T]) -> Awaitable[T]:
        if self._in_store is None:
            raise PeerError("this carrier keeps notes, and has no books to keep them in")
        return self._in_store(work)

    def _change(self, books: Books, kept: Mapping[str, str], dropped: Collection[str]) -> None:
        now = self._clock()
        if self._swept_at is None or now - self._swept_at >= SWEEP:
            books.drop_carrier_notes_before(self._shelf, now - KEPT)
            self._swept_at = now
        for name, words in kept.items():
            books.keep_carrier_note(self._shelf, name, words, now)
        for name in dropped:
            books.drop_carrier_note(self._shelf, name)
