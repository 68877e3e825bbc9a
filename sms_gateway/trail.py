"""What was tried for one text, kept with it: so that a crash at any moment resumes where it was.

A text that definitively failed and is to go again is a new attempt: it gets a new id at the carrier, because one that
knows our ids would else take it for the old one and send nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote

from secondring.domain.ids import TextId
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Text

FORMER_KEPT = 6
"""Carrier ids of earlier attempts that are remembered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """Immutable; each step gives a new one."""

    attempt: int = 1
    """Grows with each definitive failure that is followed by another try."""
    out: frozenset[str] = frozenset()
    """Ways that are ruled out for this text: a carrier, or a carrier's use of one number of ours."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """How often a code was met, or a carrier had no time for us."""
    former: tuple[str, ...] = ()
    """The carrier's ids of earlier attempts: their receipts say nothing of this one."""

    def rules_out(self, carrier: str, sender: PhoneNumber) -> bool:
        """True when this way is not to be tried again for this text."""
        return carrier in self.out or way(carrier, sender) in self.out

    def without(self, *ways: str) -> "Trail":
        """These ways ruled out."""
        return replace(self, out=self.out | set(ways))

    def times(self, what: str) -> int:
        """How often that was met."""
        return self.counts.get(what, 0)

    def met(self, what: str) -> "Trail":
        """Once more."""
        return replace(self, counts={**self.counts, what: self.times(what) + 1})

    def again(self, carrier_id: str | None) -> "Trail":
        """Another attempt, after one that the carrier may have had an id for."""
        known = () if carrier_id is None else (carrier_id,)
        return replace(self, attempt=self.attempt + 1, former=(*self.former, *known)[-FORMER_KEPT:])


NEW = Trail()
"""Nothing was tried yet."""


def way(carrier: str, sender: PhoneNumber) -> str:
    """A carrier's use of one of our numbers."""
    return f"{carrier}/{sender.e164}"


def trail_of(text: Text) -> Trail:
    """The trail that a text carries."""
    if not text.trail:
        return NEW
    words = [word.partition(":") for word in text.trail.split()]
    counts = (value.rpartition("=") for kind, _, value in words if kind == "met")
    return Trail(
        attempt=next((int(value) for kind, _, value in words if kind == "attempt"), 1),
        out=frozenset(unquote(value) for kind, _, value in words if kind == "out"),
        counts={unquote(what): int(times) for what, _, times in counts},
        former=tuple(unquote(value) for kind, _, value in words if kind == "was"),
    )


def written(trail: Trail) -> str:
    """The trail as a text carries it."""
    words = [f"attempt:{trail.attempt}"] if trail.attempt > 1 else []
    words += [f"out:{quote(one, safe='/+')}" for one in sorted(trail.out)]
    words += [f"met:{quote(what, safe='/+')}={times}" for what, times in sorted(trail.counts.items())]
    words += [f"was:{quote(id_, safe='/+')}" for id_ in trail.former]
    return " ".join(words)


def id_at_carrier(text: Text, trail: Trail) -> TextId:
    """Our id of this attempt, as the carrier gets it."""
    return text.id if trail.attempt == 1 else TextId(f"{text.id}.{trail.attempt}")


def text_and_attempt(id_: str) -> tuple[TextId, int]:
    """Whose attempt an id at the carrier is."""
    name, dot, number = id_.rpartition(".")
    return (TextId(name), int(number)) if dot and number.isdecimal() else (TextId(id_), 1)
