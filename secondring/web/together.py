"""Small looks at the books that are asked for in one moment are done in one: 200 screens then cost one look, not 200.

Each look begins after it was asked for, so what it finds is as new as if it had been done by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

from secondring.domain.ports import Books

T = TypeVar("T")


class Read(Protocol):
    """Runs a function on the books as they are now, off the event loop."""

    def __call__(self, work: Callable[[Books], T]) -> Awaitable[T]: ...


class Together:
    """Gathers what is asked for while a look goes on; the next one answers all of it."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._asked: list[tuple[Callable[[Books], Any], asyncio.Future[Any]]] = []
        self._going: asyncio.Task[None] | None = None

    async def __call__(self, work: Callable[[Books], T]) -> T:
        """What `work` returns, or raises; it must be quick, for others wait for it."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._asked.append((work, answer))
        if self._going is None or self._going.done():
            self._going = asyncio.create_task(self._run(), name="looks at the books")
        return await answer

    async def _run(self) -> None:
        while self._asked:
            asked, self._asked = self._asked, []
            works = [work for work, _ in asked]
            try:
                found = await self._read(lambda books, works=works: [_tried(work, books) for work in works])  # type: ignore[misc]
            except Exception as error:  # noqa: BLE001 - whoever asked is told
                found = [error] * len(asked)
            for (_, answer), one in zip(asked, found, strict=True):
                if answer.done():
                    continue
                if isinstance(one, Exception):
                    answer.set_exception(one)
                else:
                    answer.set_result(one)


def _tried(work: Callable[[Books], Any], books: Books) -> Any:
    """The answer, or what went wrong: one who asks amiss must not spoil it for the others."""
    try:
        return work(books)
    except Exception as error:  # noqa: BLE001 - raised where it was asked for
        return error
