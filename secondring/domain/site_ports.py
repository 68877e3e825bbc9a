"""What a site box and its centre keep of the talk between them."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Spooled:
    """One dispatch that waits for the centre's word."""

    id: str
    """Random; the centre knows it by this."""
    number: int = 0
    """Given by the spool, in the order of writing."""
    group: str
    """Those of one group go one after the other."""
    kind: str
    urgent: bool
    at: datetime
    words: str = field(repr=False)
    """The dispatch, as it travels: patients' data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolState:
    """How much waits."""

    waiting: int
    oldest_at: datetime | None


class SiteBooks(Protocol):
    """The part of `Books` about site boxes: the spool of a box, and what a centre has taken from boxes."""

    def add_to_spool(self, spooled: Spooled) -> None:
        """Keep a dispatch; its number is given here."""
        ...

    def spool_heads(
        self,
        *,
        urgent: bool | None = None,
        since: datetime | None = None,
        before: datetime | None = None,
        newest_first: bool = False,
        limit: int,
    ) -> list[Spooled]:
        """The first dispatch of each group, of those that were spooled in [since, before)."""
        ...

    def drop_from_spool(self, ids: Collection[str]) -> None:
        """Forget what the centre has; nothing happens when it is gone already."""
        ...

    def drop_overtaken(self, group: str, kinds: Collection[str]) -> None:
        """Forget dispatches of a group that a later one tells again."""
        ...

    def spool_state(self) -> SpoolState: ...

    def take_dispatch(self, box: str, dispatch: str, at: datetime) -> bool:
        """Note that a box's dispatch is in the books. False, and nothing changes, when it was noted before."""
        ...

    def forget_dispatches(self, *, before: datetime) -> None:
        """Forget the notes of dispatches that were taken before then."""
        ...
