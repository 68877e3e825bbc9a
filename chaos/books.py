"""Looks into the books of the services from outside, as the ledger and the wait for its end need them.

A look takes its time when there are thousands of calls, and the carrier and the wires live in the same process: so the
store stays open, and what is cheap is asked first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from chaos.ledger import BookedCall
from secondring import wiring
from secondring.domain.call_events import Direction
from secondring.domain.episodes import SEND_TEXT
from secondring.domain.errors import SecondRingError
from secondring.domain.ports import Books
from secondring.domain.records import Call
from secondring.store.sqlstore import SqlStore

DAYS = timedelta(days=2)
MANY = 1_000_000


class Onlooker:
    """Reads what is committed; every answer is a new look."""

    def __init__(self, home: Path) -> None:
        self._settings = wiring.load_settings(home)
        self._store: SqlStore | None = None

    def close(self) -> None:
        """Let go of the books."""
        if self._store is not None:
            self._store.close()
            self._store = None

    @contextmanager
    def _books(self) -> Iterator[Books]:
        if self._store is None:
            self._store = wiring.open_store(self._settings)
        with self._store.reading() as books:
            yield books

    def booked(self) -> list[BookedCall]:
        """Every call from outside, with what it led to."""
        with self._books() as books:
            return [self._one(books, call) for call in _calls(books)]

    def judged(self) -> set[str]:
        """The callers whose calls have a verdict; nobody while the books cannot be read."""
        try:
            with self._books() as books:
                return {_number(call) for call in _calls(books) if call.verdict is not None}
        except SecondRingError:
            return set()

    def all_sent(self) -> bool | None:
        """Whether no text is on its way; None while the books cannot be read."""
        try:
            with self._books() as books:
                return books.next_due([SEND_TEXT]) is None
        except SecondRingError:
            self.close()
            return None

    @staticmethod
    def _one(books: Books, call: Call) -> BookedCall:
        texts = books.texts_of(call.episode) if call.episode else []
        tasks = books.tasks_of(call.episode) if call.episode else []
        return BookedCall(
            id=str(call.id),
            number=_number(call),
            verdict=call.verdict,
            reason=call.reason,
            detail=call.detail,
            late=call.late,
            partial=call.partial,
            texts=tuple((text.id, text.state) for text in texts if text.outgoing),
            tasks=tuple(task.title for task in tasks),
            decisions=tuple((one.action, one.rule) for one in books.decisions_about(call.id)),
        )


def _calls(books: Books) -> list[Call]:
    now = wiring.now()
    found = books.calls(since=now - DAYS, until=now + DAYS, limit=MANY)
    return [call for call in found if call.direction is Direction.INBOUND]


def _number(call: Call) -> str:
    return call.caller.e164 if call.caller else f"no number: {call.id}"
