"""What retention asks of the books. Part of `Books`: what is counted and what is removed is one transaction's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from secondring.domain.phone import PhoneNumber


class What(StrEnum):
    """What may be removed once it is old."""

    WORDS = "words"
    """Of episodes: what texts, callers and colleagues said, and the names and birth dates of bookings."""
    NUMBERS = "numbers"
    """Of episodes: whose they are, with the words that are still there."""
    CALLS = "calls"
    """Numbers of calls that belong to no episode: answered ones, and those that were not counted."""
    LINES = "lines"
    """What was learned of numbers' lines."""
    PROOFS = "proofs"
    """Of wishes about texts: number and words. The wish itself stays in force, by the number's keyed hash."""
    ALARMS = "alarms"
    """Rows of alarms."""
    AUDIT = "audit"
    """Rows of the audit."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What one step removed: how many of what."""

    rows: Mapping[str, int]

    @property
    def is_nothing(self) -> bool:
        return not any(self.rows.values())


NONE = Removed({})


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed of one person, and how many of their episodes somebody still works on."""

    removed: Removed
    left: int


class RetentionBooks(Protocol):
    """Each step takes the oldest first. Episodes count only once nothing in them has happened since, nothing is left
    to do, no urgent caller waits for a signature, no text is on its way and no booking is to come.
    """

    def remove(self, what: What, *, before: datetime, limit: int) -> Removed:
        """Remove what is older, of at most so many episodes or rows. Nothing when there is no more."""
        ...

    def count_due(self, what: What, *, before: datetime) -> int:
        """How many episodes or rows `remove` would reach, were there no limit."""
        ...

    def forget(self, number: PhoneNumber, *, before: datetime) -> Forgotten:
        """Remove words and number of one person's episodes, calls and wishes, all in which nothing has happened since.

        A wish stays in force: by the keyed hash of the number.
        """
        ...
