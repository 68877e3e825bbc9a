"""A text carrier with moods, that keeps a journal on disk of every text that it took.

It knows no id again: what is handed over twice reaches the phone twice, and stands in the journal twice.
"""

import json
import random
import threading
from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from tests.support.carrier_server import Accept, Answer, CarrierServer, Noise, Silence, Status


class Mood(StrEnum):
    """How it treats requests."""

    WELL = "well"
    BROKEN = "broken"
    """Takes nothing: 500, 503, 429 by turns of chance."""
    SLOW = "slow"
    """Takes every text and says so after up to three seconds, often later than anybody waits."""
    FORGETFUL = "forgetful"
    """Takes every text, and loses half of its answers: the connection breaks, or nothing ever comes."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A text that reached a phone."""

    number: str
    id: str


class Carrier(CarrierServer):
    """One carrier of a run. `mood` may change at any time; `refuse_connections` and `open` close and open it."""

    def __init__(self, journal: Path, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - no secret in it
        self._journal = journal
        self._writing = threading.Lock()
        self.mood = Mood.WELL
        super().__init__()

    def received(self, letter: dict[str, str], authorization: str | None) -> Answer:
        """A request to send a text: what is taken is in the journal before it is answered."""
        with self._writing, self._journal.open("a") as journal:
            self.otherwise = self._answer()
            answer = super().received(letter, authorization)
            taken = not isinstance(answer, Status)
            journal.write(json.dumps({"to": letter["to"], "id": letter["id"], "taken": taken}) + "\n")
        return answer

    def _answer(self) -> Answer:
        chance = self._chance.random()
        match self.mood:
            case Mood.BROKEN:
                return Status((500, 503, 429)[int(3 * chance)])
            case Mood.SLOW:
                return Accept(after=3 * chance)
            case Mood.FORGETFUL if chance < 0.25:
                return Silence(take=True)
            case Mood.FORGETFUL if chance < 0.5:
                return Noise()
            case _:
                return Accept()


def read_journal(journal: Path) -> tuple[list[Taken], int]:
    """What it took, in order, and how many requests it had."""
    if not journal.exists():
        return [], 0
    rows = [json.loads(line) for line in journal.read_text().splitlines()]
    return [Taken(row["to"], row["id"]) for row in rows if row["taken"]], len(rows)


def times(taken: list[Taken]) -> Counter[str]:
    """How many texts each number got."""
    return Counter(one.number for one in taken)
