"""Rows that tell of one call, brought together while they are read.

Rows share tokens (channels, Linkedids), and a row may join what were two stories until then: a transfer does that.
A story is given out when it is over and has been quiet for a while; until then the record is not read past it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from ami_listener.records.rows import Row
from secondring.domain.facts import Fact

ANOTHER_CALL = timedelta(seconds=30)
"""A name of a channel that comes again after so long is another channel's: Asterisk counts anew after a restart."""
BY_NAME = "name:"
"""How tokens begin that are not unique for ever."""


class Kind(Protocol):
    """How one kind of record is read."""

    name: str

    def began(self, row: Row) -> datetime | None: ...
    def at(self, row: Row) -> datetime | None: ...
    def tokens(self, row: Row) -> set[str]: ...
    def is_over(self, rows: Sequence[Row]) -> bool: ...
    def facts(self, rows: Sequence[Row]) -> list[Fact]: ...


@dataclass(slots=True, eq=False)
class Story:
    """Rows that belong together, in the order in which they were written."""

    number: int
    """In the order in which the stories began: who began first must be read again first."""
    last_at: datetime
    tokens: set[str] = field(default_factory=set)
    rows: list[tuple[int, Row]] = field(default_factory=list)

    @property
    def mark(self) -> str:
        """Where to begin reading so that the whole story comes again."""
        return self.rows[0][1].mark

    def in_order(self) -> list[Row]:
        """The rows."""
        return [row for _, row in self.rows]


class Gathering:
    """The stories that are not given out yet."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._stories: dict[int, Story] = {}
        self._of: dict[str, Story] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._stories)

    def add(self, rows: Iterable[Row]) -> int:
        """Take in rows as they were written; returns how many could not be used."""
        return sum(not self._add(row) for row in rows)

    def _add(self, row: Row) -> bool:
        at, tokens = self.kind.at(row), self.kind.tokens(row)
        if at is None or not tokens:
            return False
        self._count += 1
        story = self._joined(row, tokens, at)
        story.rows.append((self._count, row))
        story.last_at = max(story.last_at, at)
        story.tokens |= tokens
        for token in tokens:
            self._of[token] = story
        return True

    def _joined(self, row: Row, tokens: set[str], at: datetime) -> Story:
        began = self.kind.began(row) or at
        found = {
            story.number: story
            for token in sorted(tokens)
            if (story := self._of.get(token)) is not None
            and not (token.startswith(BY_NAME) and began - story.last_at > ANOTHER_CALL)
        }
        if not found:
            story = Story(self._count, at)
            self._stories[story.number] = story
            return story
        first, *others = (found[number] for number in sorted(found))
        for other in others:
            self._merge(first, other)
        return first

    def _merge(self, into: Story, other: Story) -> None:
        into.rows = sorted([*into.rows, *other.rows], key=lambda numbered: numbered[0])
        into.last_at = max(into.last_at, other.last_at)
        into.tokens |= other.tokens
        for token in other.tokens:
            self._of[token] = into
        del self._stories[other.number]

    def of(self, channel: str) -> Story | None:
        """The story of a channel."""
        return self._of.get(channel)

    def quiet_since(self, limit: datetime) -> list[Story]:
        """Stories in which nothing has happened since then, oldest first."""
        return [story for story in self._in_order() if story.last_at <= limit]

    def is_over(self, story: Story) -> bool:
        """True when its rows say so."""
        return self.kind.is_over(story.in_order())

    def forget(self, story: Story) -> None:
        """A story was told."""
        del self._stories[story.number]
        for token in story.tokens:
            if self._of.get(token) is story:
                del self._of[token]

    def mark(self) -> str | None:
        """Where reading has to begin anew so that no story is torn; None when all were given out."""
        first = min(self._stories.values(), key=lambda story: story.rows[0][0], default=None)
        return first.mark if first else None

    def _in_order(self) -> list[Story]:
        return sorted(self._stories.values(), key=lambda story: story.last_at)
