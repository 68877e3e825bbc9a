"""One thread that writes: async code hands it work, one transaction each, and awaits the result.

A single writer per process means that nobody waits inside the process for the database's write lock,
and that transactions happen in the order in which they were asked for.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from secondring.domain.errors import StoreBusy
from secondring.domain.ports import Books, Store

T = TypeVar("T")


class Writer:
    """Runs functions in write transactions of a store, one after the other."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="writer")

    async def __call__(self, work: Callable[[Books], T]) -> T:
        """Commits when `work` returns; rolls back and raises what it raised otherwise."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._run, work)

    def within(self, seconds: float, work: Callable[[Books], T]) -> T:
        """The same for a thread that has a caller on the line. Raises StoreBusy when it takes longer.

        What was begun by then is carried through: a text goes out all the same, and the caller is not told.
        """
        waiting = self._thread.submit(self._run, work)
        try:
            return waiting.result(seconds)
        except TimeoutError:
            waiting.cancel()
            raise StoreBusy(f"the books did not take a caller's wish within {seconds:g} s") from None

    def _run(self, work: Callable[[Books], T]) -> T:
        with self._store.transaction() as books:
            return work(books)

    def close(self) -> None:
        """Finish what was handed over, then stop."""
        self._thread.shutdown(wait=True)


class Reader:
    """Runs functions on the books as they are, each in a thread of its own; no reader waits for the writer."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def __call__(self, work: Callable[[Books], T]) -> T:
        """What `work` returns, or raises."""
        return await asyncio.to_thread(self._run, work)

    def _run(self, work: Callable[[Books], T]) -> T:
        with self._store.reading() as books:
            return work(books)
