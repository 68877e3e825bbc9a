"""The books in memory, with the manners of the database: for tests, trials and replays that leave no trace.

Committed tables are never changed. A transaction copies a table when it first writes to it, and puts all
its copies in place at the end; so a reader keeps the moment it began with, and an exception undoes all.
"""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from secondring.domain.errors import StoreBusy
from secondring.domain.ids import EpisodeId
from secondring.domain.ports import CALLS, URGENT, WORK, Books, Watch, episode_topic
from secondring.domain.records import TaskState
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

    def watch(self) -> Watch:
        """What was committed is a new set of tables."""
        return _MemoryWatch(lambda: self._tables)

    def close(self) -> None:
        """There is nothing to give back."""


class _MemoryWatch:
    """`Watch` on tables in memory."""

    def __init__(self, tables: Callable[[], Tables]) -> None:
        self._tables = tables
        self._seen: Tables | None = None

    def has_changed(self) -> bool:
        now = self._tables()
        changed, self._seen = now is not self._seen, now
        return changed

    def prints(self, stories: Collection[EpisodeId]) -> dict[str, str]:
        now = self._tables()
        to_do = [task for task in now.tasks.values() if task.state is not TaskState.DONE]
        cases = [case for case in now.urgent.values() if case.is_open or not case.signed_at]
        calls_of = [now.episodes[task.episode].calls for task in to_do]
        found: dict[str, object] = {WORK: (to_do, calls_of), URGENT: cases, CALLS: len(now.calls)}
        for episode in stories:
            rows = (now.texts, now.tasks, now.notes, now.decisions, now.calls)
            found[episode_topic(episode)] = (
                now.episodes.get(episode),
                [row for table in rows for row in table.values() if getattr(row, "episode", None) == episode],
            )
        return {topic: str(hash(repr(rows))) for topic, rows in found.items()}

    def close(self) -> None:
        """There is nothing to give back."""
