"""What is known of each part of a text, written before it goes out and after its answer came.

A part that was accepted is never sent again; one whose answer was lost is not either, until that answer comes.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from secondring.domain.phone import PhoneNumber
from secondring.domain.records import TextState
from sms_gateway.carriers.smpp import pdu
from sms_gateway.carriers.smpp.receipts import Told, also_called
from sms_gateway.notes import Notes

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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the centre answered about one part."""

    stage: Stage
    status: int = pdu.OK
    id: str = ""


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

    def going_out(self) -> "Record":
        """The same with all missing parts on their way."""
        stages = tuple(Stage.OUT if stage is Stage.MISSING else stage for stage in self.stages)
        return replace(self, stages=stages)

    def with_stage(self, at: int, stage: Stage, id_: str = "") -> "Record":
        """The same, one part having come further."""
        stages = (*self.stages[:at], stage, *self.stages[at + 1 :])
        ids = (*self.ids[:at], id_ or self.ids[at], *self.ids[at + 1 :])
        return replace(self, stages=stages, ids=ids)


def begin(text: str, to: PhoneNumber, parts: int, reference: int) -> Record:
    """A text of which nothing was sent."""
    return Record(text=text, to=to, reference=reference, stages=(Stage.MISSING,) * parts, ids=("",) * parts)


def write(record: Record) -> str:
    """As a note."""
    found = {
        "text": record.text,
        "to": record.to.e164,
        "reference": record.reference,
        "stages": record.stages,
        "ids": record.ids,
    }
    return json.dumps(found)


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


class Records:
    """All records, in the notes; changed one at a time, as answers and receipts come when they like."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._lock = asyncio.Lock()

    async def of(self, text: str) -> Record | None:
        """The record of a text; None when nothing of it was ever handed over."""
        words = await self._notes.one(f"{OUT}{text}")
        return None if words is None else read(words)

    async def keep(self, record: Record) -> None:
        """Write a record; on disk when this returns."""
        await self._notes.change({f"{OUT}{record.text}": write(record)})

    async def book(self, text: str, outcomes: Mapping[int, Outcome]) -> Record | None:
        """Write down what the centre answered about parts."""
        async with self._lock:
            found = await self.of(text)
            if found is None:
                return None
            for at, outcome in outcomes.items():
                found = found.with_stage(at, outcome.stage, outcome.id)
            ids = {f"{ID}{one.id}": f"{text} {at}" for at, one in outcomes.items() if one.id}
            await self._notes.change({f"{OUT}{text}": write(found), **ids})
            return found

    async def about(self, told: Told, to: PhoneNumber | None) -> tuple[Record, int] | None:
        """Apply a receipt about a text to that number: gives the text and its part, or None for a stranger's."""
        async with self._lock:
            for name in also_called(told.id):
                belongs = await self._notes.one(f"{ID}{name}")
                text, _, at = (belongs or "").partition(" ")
                found = await self.of(text) if text else None
                if found is not None and found.to == to:
                    return await self._apply(found, int(at), told), int(at)
        return None

    async def _apply(self, found: Record, at: int, told: Told) -> Record:
        stage = {TextState.DELIVERED: Stage.DELIVERED, TextState.FAILED: Stage.FAILED}.get(told.state)
        if stage is None or found.stages[at] is Stage.DELIVERED:
            return found
        found = found.with_stage(at, stage)
        await self.keep(found)
        return found
