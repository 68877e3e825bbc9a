"""The corpora of replies, and how well they are understood."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from secondring.domain.intents import Understanding, understand
from secondring.domain.records import Intent

HERE = Path(__file__).parent
OPT_OUTS = frozenset({Intent.STOP, Intent.CANCEL})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a patient might write, and what it means."""

    text: str
    intent: Intent
    group: str
    note: str = ""
    accepted: bool = False
    """Knowingly heard louder than it is; the note says why."""
    missed: bool = False
    """Got wrong when it was first read: only in the held-out corpus."""

    @property
    def heard(self) -> Understanding:
        return understand(self.text)

    @property
    def is_right(self) -> bool:
        return self.heard.intent is self.intent


def replies(name: str) -> list[Reply]:
    """All replies of `replies` (the word lists were tuned on it), `heldout` (they were not) or `optouts`."""
    groups = yaml.safe_load((HERE / f"{name}.yaml").read_text("utf-8"))
    return [
        Reply(**{**entry, "intent": Intent(entry["intent"]), "group": group})
        for group, entries in groups.items()
        for entry in entries
    ]


def every() -> list[Reply]:
    """All replies of all corpora."""
    return [reply for name in ("replies", "heldout", "optouts") for reply in replies(name)]


def by_meaning(found: list[Reply]) -> tuple[list[Reply], list[Reply]]:
    """Those that ask for no more texts, and the others. An emergency that opts out as well is in neither."""
    meant = [reply for reply in found if reply.intent in OPT_OUTS]
    others = [r for r in found if r.intent not in OPT_OUTS and r.heard.intent is not Intent.URGENT]
    return meant, others


def accuracy(found: list[Reply]) -> float:
    """The share understood as meant; the accepted ones count as wrong here."""
    return sum(reply.is_right for reply in found) / len(found)


def first_recall(found: list[Reply], intents: frozenset[Intent]) -> tuple[int, int]:
    """Of those that mean one of the intents: how many were right when first read, and how many there are."""
    those = [reply for reply in found if reply.intent in intents]
    return sum(not reply.missed for reply in those), len(those)
