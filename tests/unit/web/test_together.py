"""Small looks at the books, done together."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

import pytest

from secondring.domain.errors import PeerError
from secondring.domain.ports import Books
from secondring.store.memory import MemoryStore
from secondring.web.together import Together

T = TypeVar("T")


class Library:
    """Books that note how often somebody came to read in them, and that can be shut."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.visits = 0
        self.open = asyncio.Event()
        self.open.set()
        self.broken = False

    async def __call__(self, work: Callable[[Books], T]) -> T:
        self.visits += 1
        await self.open.wait()
        if self.broken:
            raise PeerError("the books cannot be reached")
        with self.store.reading() as books:
            return work(books)


def bookmark(books: Books) -> str | None:
    return books.bookmark("here")


async def test_what_is_asked_for_at_once_is_one_visit_and_each_has_its_own_answer() -> None:
    library = Library()
    together = Together(library)
    found = await asyncio.gather(*(together(lambda _books, n=n: n) for n in range(200)))  # type: ignore[misc]
    assert found == list(range(200))
    assert library.visits == 1


async def test_whoever_asks_while_a_look_goes_on_sees_what_was_written_before_they_asked() -> None:
    library = Library()
    together = Together(library)
    library.open.clear()
    first = asyncio.create_task(together(bookmark))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    with library.store.transaction() as books:
        books.keep_bookmark("here", "page 4")
    second = asyncio.create_task(together(bookmark))
    library.open.set()
    await first
    assert await second == "page 4"
    assert library.visits == 2


async def test_one_that_fails_does_not_spoil_the_others() -> None:
    def amiss(_books: Books) -> str:
        raise KeyError("no")

    together = Together(Library())
    good, bad = await asyncio.gather(together(bookmark), together(amiss), return_exceptions=True)
    assert good is None
    assert isinstance(bad, KeyError)


async def test_books_that_cannot_be_reached_are_told_to_everybody_and_then_work_again() -> None:
    library = Library()
    library.broken = True
    together = Together(library)
    found = await asyncio.gather(together(bookmark), together(bookmark), return_exceptions=True)
    assert [type(one) for one in found] == [PeerError, PeerError]
    library.broken = False
    assert await together(bookmark) is None


async def test_one_who_goes_away_holds_up_nobody() -> None:
    together = Together(Library())
    gone, there = asyncio.create_task(together(bookmark)), asyncio.create_task(together(bookmark))
    await asyncio.sleep(0)
    gone.cancel()
    assert await there is None
    with pytest.raises(asyncio.CancelledError):
        await gone
