"""How long what of patients is kept: the steps of a night, and what the last one did.

Rows are emptied, not removed: when a call came, why it was missed, what became of it stays, so that every figure counts
what it always counted. What led to a person is written over for good.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from secondring.domain.ports import Books
from secondring.domain.retention_ports import Removed, What
from secondring.domain.staff import AuditEntry

MARK = "retention"
"""The bookmark of the last night."""
FIRST_LOOK = "retention first look"
WHO = "Second Ring"
IN_WORDS: Mapping[What, str] = {
    What.WORDS: "episodes lose their words",
    What.NUMBERS: "episodes lose their numbers",
    What.CALLS: "other calls lose their numbers",
    What.LINES: "what was learned of numbers' lines goes",
    What.PROOFS: "wishes about texts lose number and words, and stay in force",
    What.ALARMS: "alarms go",
    What.AUDIT: "rows of the audit go",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """For how long; None for ever."""

    words: timedelta | None
    numbers: timedelta | None
    proofs: timedelta | None
    alarms: timedelta | None
    audit: timedelta | None

    def age(self, what: What) -> timedelta | None:
        """How old it has to be to go."""
        ages = {
            What.WORDS: self.words,
            What.NUMBERS: self.numbers,
            What.CALLS: self.numbers,
            What.LINES: self.numbers,
            What.PROOFS: self.proofs,
            What.ALARMS: self.alarms,
            What.AUDIT: self.audit,
        }
        return ages[what]

    def steps(self, now: datetime) -> Iterator[tuple[What, datetime]]:
        """What goes, and from which time on it stays; nothing that is kept for ever."""
        for what in What:
            age = self.age(what)
            if age is not None:
                yield what, now - age


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """One run of all steps."""

    at: datetime
    """When it ended, or was given up."""
    removed: Mapping[str, int] = field(default_factory=dict)
    trouble: str = ""
    """Why it did not come to its end; the next one goes on where it stopped."""

    @property
    def in_words(self) -> str:
        """`3 episodes, 12 texts`; or that there was nothing."""
        found = ", ".join(
            f"{number} {what.replace('_', ' ')}" for what, number in self.removed.items() if number
        )
        return found or "nothing was old enough"


def together(parts: Iterator[Removed] | list[Removed]) -> dict[str, int]:
    """All that several steps removed."""
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part.rows)
    return {name: number for name, number in sorted(total.items()) if number}


def keep(books: Books, night: Night) -> None:
    """Note how the night went; what was removed stands in the audit too, as counts and nothing else."""
    place = {"at": night.at.isoformat(), "removed": dict(night.removed), "trouble": night.trouble}
    books.keep_bookmark(MARK, json.dumps(place))
    if night.removed:
        books.add_audit(entry(night.at, WHO, night.in_words))


def entry(at: datetime, who: str, what: str) -> AuditEntry:
    """The row of the audit about what was removed."""
    return AuditEntry(at=at, user=None, shown=who, action="remove", what=f"retention: {what}", about=MARK)


def known_since(books: Books, now: datetime) -> datetime:
    """When the first look was, before any night has passed."""
    kept = books.bookmark(FIRST_LOOK)
    if kept is None:
        books.keep_bookmark(FIRST_LOOK, now.isoformat())
        return now
    return datetime.fromisoformat(kept)


def last(books: Books) -> Night | None:
    """The last night; None when there was none that we understand."""
    try:
        found = json.loads(books.bookmark(MARK) or "null")
        return Night(
            at=datetime.fromisoformat(found["at"]),
            removed={str(name): int(number) for name, number in found["removed"].items()},
            trouble=str(found["trouble"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
