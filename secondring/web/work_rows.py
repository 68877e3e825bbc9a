"""The rows of the work list, read and put in order once for all screens: a change makes all of them ask at once.

They are as new as the books: what was read is used again only while the watch says that nothing was committed, or
nothing that a row shows, and only within one minute, because clocks run in them.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime

from secondring.domain import worklist
from secondring.domain.ports import WORK, Books, Watch
from secondring.domain.rules import Rules
from secondring.domain.worklist import Row


class WorkRows:
    """All rows of all sites; whoever shows them picks out what their visitor may see."""

    def __init__(
        self, watch: Callable[[], Watch], reading: Callable[[], AbstractContextManager[Books]], rules: Rules
    ) -> None:
        self._open_watch = watch
        self._reading = reading
        self._rules = rules
        self._turn = threading.Lock()
        self._watch: Watch | None = None
        self._print = ""
        self._minute = -1
        self._generation = 0
        self._rows: list[Row] = []

    def look(self, now: datetime) -> tuple[int, list[Row]]:
        """The rows in their order, and a number that is another one for other rows. For any thread."""
        with self._turn:
            minute = int(now.timestamp()) // 60
            if self._has_changed() or minute != self._minute:
                with self._reading() as books:
                    self._rows = worklist.rows(books, books.tasks(), self._rules, now)
                self._minute = minute
                self._generation += 1
            return self._generation, self._rows

    def _has_changed(self) -> bool:
        """The print is taken before the rows are read: they may be newer than it, and never older."""
        if self._watch is None:
            self._watch = self._open_watch()
        if not self._watch.has_changed():
            return False
        before, self._print = self._print, self._watch.prints(())[WORK]
        return before != self._print

    def close(self) -> None:
        """Give the watch back."""
        with self._turn:
            if self._watch is not None:
                self._watch.close()
                self._watch = None
