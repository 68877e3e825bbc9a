"""The books in memory, with the manners of the database: for tests, trials and replays that leave no trace.

Committed tables are never changed. A transaction copies a table when it first writes to it, and puts all
its copies in place at the end; so a reader keeps the moment it began with, and an exception undoes all.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from secondring.domain.errors import StoreBusy
from secondring.domain.ports import Books
from secondring.store.agreed import BUSY_WAIT
from secondring.store.memory_books import MemoryBooks
from secondring.store.memory_tables import Tables


class MemoryStore:
    """`Store` in memory, for any number of threads of one process."""

    def __init__(self, *, wait: timedelta = BUSY_WAIT) -> None:
        self._tables = Tables()
        self._turn = threading.Lock()
        self._wait = wait.total_seconds()

    @contextmanager
    def transaction(self) -> Iterator[Books]:
        """Read and write; kept when the block ends, undone when it raises. May raise StoreBusy."""
        if not self._turn.acquire(timeout=self._wait):
            raise StoreBusy("memory: another writer kept the books; nothing was written")
        try:
            books = MemoryBooks(replace(self._tables), writable=True)
            yield books
            self._tables = books.closed()
        finally:
            self._turn.release()

    @contextmanager
    def reading(self) -> Iterator[Books]:
        """Read only, one moment of the books throughout; never waits for a writer."""
        yield MemoryBooks(self._tables, writable=False)

    def close(self) -> None:
        """There is nothing to give back."""
