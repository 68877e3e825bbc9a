"""How a database of some kind is filled with copies of the few real calls in it, by its own driver.

Column by column as the tables have them: other names, other callers, times over the past three years.
"""

from dataclasses import dataclass
from typing import Protocol

REAL = 50
"""Calls whose rows are multiplied."""
MOST = 10_000_000
"""So many calls fill the three years; fewer lie farther apart."""
FLOOR_COMMITS = 500
TABLES = ("episodes", "calls", "texts", "decisions")
NAMES = frozenset({"id", "uniqueid", "episode_id", "call_uniqueid", "text_id", "carrier_id"})
HISTORY = 3 * 365 * 86_400_000_000
"""Microseconds."""
APART = 2 * 86_400_000_000
"""The youngest of the copies is so old: no episode of theirs is open."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a server has done so far; nothing where there is none."""

    cpu: float = 0.0
    pages: int = 0
    """Touched, whether they lay in its memory or not."""


class Filled(Protocol):
    """A database that can be filled and measured."""

    url: str

    def multiply(self, size: int) -> int:
        """Copy the real calls until so many are stored; returns how many there are."""
        ...

    def floor(self) -> float:
        """Durable one-row commits a second by the bare driver, in the same place."""
        ...

    def megabytes(self) -> float:
        """What it takes on its disk."""
        ...

    def work(self) -> Work:
        """What its server has done so far."""
        ...


def value(table: str, column: str, hashed: str) -> str:
    """What copy number `n` of a real row has there; `hashed` is the database's way of making up a blind number."""
    ago = f"({HISTORY} - (n * {HISTORY // (MOST // REAL)}) % {HISTORY} + {APART})"
    if (table, column) == ("episodes", "closed_at"):
        return f"opened_at + 86400000000 - {ago}"
    if (table, column) == ("episodes", "outcome"):
        return "'unrecovered'"
    if column in NAMES:
        return f"{column} || '-x' || n"
    if column.endswith("_hash"):
        return hashed.format(number=f"((n * {REAL} + seq) * 2654435761 % 10000000000000000)")
    if column == "at" or column.endswith("_at"):
        return f"{column} - {ago}"
    return f'"{column}"'
