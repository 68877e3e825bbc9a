"""What is known of each part of a text, written before it goes out and after its answer came.

A part that was accepted is never sent again; one whose answer was lost is not either, until that answer comes.
"""

import json
from dataclasses import dataclass, field, replace
from enum import StrEnum

from secondring.domain.phone import PhoneNumber
from secondring.domain.records import TextState

OUT, ID = "out:", "id:"
"""How the names of notes begin: what became of a text, and which text an id of the centre's belongs to."""


class Stage(StrEnum):
    """How far a part has come."""

    MISSING = "missing"
    """Surely not with the centre."""
    OUT = "out"
    """Submitted; the answer has not come, or never will."""
    TAKEN = "taken"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A text that was handed over, or is being."""

    text: str
    to: PhoneNumber
    reference: int
    """What the parts have in common in the eyes of the phone: must not change between tries."""
    stages: tuple[Stage, ...]
    ids: tuple[str, ...] = field(default=())
    """The centre's id of each part; empty for one that it has not taken."""

    @property
    def missing(self) -> list[int]:
        """The parts that may be sent, counted from 0."""
        return [at for at, stage in enumerate(self.stages) if stage is Stage.MISSING]

    @property
    def in_doubt(self) -> bool:
        """True while the answer to a part is out."""
        return Stage.OUT in self.stages

    @property
    def taken(self) -> bool:
        """True when the centre has all of it."""
        return not self.missing and not self.in_doubt

    @property
    def state(self) -> TextState:
        """What its receipts come to: delivered when all parts are, failed when one is."""
        if Stage.FAILED in self.stages:
            return TextState.FAILED
        return TextState.DELIVERED if set(self.stages) == {Stage.DELIVERED} else TextState.ACCEPTED

    def with_stage(self, at: int, stage: Stage, id_: str | None = None) -> "Record":
        """The same, one part having come further."""
        stages = (*self.stages[:at], stage, *self.stages[at + 1 :])
        ids = self.ids if id_ is None else (*self.ids[:at], id_, *self.ids[at + 1 :])
        return replace(self, stages=stages, ids=ids)

    def words(self) -> str:
        """As a note."""
        return json.dumps(
            {
                "text": self.text,
                "to": self.to.e164,
                "reference": self.reference,
                "stages": self.stages,
                "ids": self.ids,
            }
        )


def begin(text: str, to: PhoneNumber, parts: int, reference: int) -> Record:
    """A text of which nothing was sent."""
    return Record(
        text=text, to=to, reference=reference, stages=(Stage.MISSING,) * parts, ids=("",) * parts
    )


def read(words: str) -> Record:
    """A record from its note."""
    found = json.loads(words)
    return Record(
        text=found["text"],
        to=PhoneNumber(found["to"]),
        reference=found["reference"],
        stages=tuple(Stage(stage) for stage in found["stages"]),
        ids=tuple(found["ids"]),
    )
