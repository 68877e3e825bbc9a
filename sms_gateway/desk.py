"""What the gateway needs from the people's side of the house: the rules of the domain.

Every method runs inside the write transaction whose books it is handed, on the store's writer
thread, and is quick. What it raises rolls that transaction back.

The gateway alone writes where a text stands (state, attempts, carrier id, settled time); the desk
is told afterwards, with the text as it now stands, and writes all that follows from it.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol, TypeVar

from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import KnownLine, Text
from secondring.domain.texting import Arrival, Failure, Permission, Stray

T = TypeVar("T")


class Desk(Protocol):
    """The domain as the gateway sees it."""

    def before_send(self, books: Books, text: Text, now: datetime) -> Permission:
        """The last checks before a text goes: opted out since, back on the line, no longer wanted."""
        ...

    def cancelled(self, books: Books, text: Text, because: str, now: datetime) -> None:
        """The text was called off by `before_send`; called once for each text."""
        ...

    def accepted(self, books: Books, text: Text, now: datetime) -> None:
        """The carrier took the text; called once for each text, even if it has to go again."""
        ...

    def failed_for_good(self, books: Books, text: Text, failure: Failure, now: datetime) -> None:
        """The text will not reach the patient, or nobody can tell; called once for each text."""
        ...

    def delivered(self, books: Books, text: Text, now: datetime) -> None:
        """The phone has the text; called at most once, after `accepted`."""
        ...

    def senders(self, books: Books, text: Text) -> tuple[PhoneNumber, ...]:
        """The numbers of ours that this text may come from, the preferred one first."""
        ...

    def alarm(self, books: Books, text: Text, kind: str, because: str, now: datetime) -> None:
        """Something that an administrator has to mend was met with this text; another way may still be found."""
        ...

    def goes_again(self, books: Books, text: Text, because: str, now: datetime) -> None:
        """A text surely failed, and is tried again at its due time, another way or the same."""
        ...

    def learned(self, books: Books, known: KnownLine) -> None:
        """A carrier told what kind of line a number is."""
        ...

    def received(self, books: Books, arrival: Arrival, now: datetime) -> None:
        """A text came in; keeps it as a `Text` with its carrier id, which is how it is known again.

        Called once for each (carrier, carrier id) that was committed.
        """
        ...

    def leave_to_a_person(self, books: Books, arrival: Arrival, now: datetime) -> None:
        """`received` failed on this text: keep it as it is, and have somebody read it at once."""
        ...

    def unanswerable(self, books: Books, stray: Stray, now: datetime) -> bool:
        """A text came in that nobody can answer; have somebody read it. False for one that was taken in before."""
        ...

    def cursor(self, books: Books, carrier: str) -> str | None:
        """How far that carrier's inbox was read; None to read all it has."""
        ...

    def keep_cursor(self, books: Books, carrier: str, cursor: str) -> None:
        """Keep how far that carrier's inbox was read."""
        ...


class InStore(Protocol):
    """Runs a function in one write transaction on the store's writer thread."""

    def __call__(self, work: Callable[[Books], T]) -> Awaitable[T]:
        """Commits when `work` returns, rolls back and raises what it raised otherwise."""
        ...


class Bell(Protocol):
    """One listener's end of a doorbell: a hint to look now, never the only reason to look."""

    async def wait(self, timeout: float) -> bool:  # noqa: ASYNC109 - a missed ring must not wait for ever
        """Return at the next ring, or after so many seconds; True when it rang."""
        ...


Ring = Callable[[], Awaitable[None]]
"""Tells the outbox that there may be something to send."""
Clock = Callable[[], datetime]
"""The time, aware and in UTC."""
