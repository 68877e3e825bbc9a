"""What a record is to those who read it, whatever it is kept in."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ami_listener.records.rows import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one reading gave."""

    rows: list[Row]
    bookmark: str
    """Where the next reading begins."""
    more: bool = False
    """There is more to read at once."""
    unreadable: int = 0
    """Lines that are no rows."""
    gap: bool = False
    """The place that the bookmark named is gone: rows may have been lost."""


class Record(Protocol):
    """A record of calls. Raises PeerError when it cannot be read now."""

    place: str
    """Where it is, as people may read it: no password in it."""

    def read(self, bookmark: str | None, *, since: datetime, limit: int) -> Batch:
        """Read on from a bookmark; without one, from the first row that may be as new as `since`."""
        ...
