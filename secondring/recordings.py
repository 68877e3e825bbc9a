"""What the manager interface said, written down and read again."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

from ami_listener.recording import read_facts
from ami_listener.recording import record as record_link
from ami_listener.stats import LinkStats
from secondring import wiring
from secondring.domain.call_events import CallEnded, ListeningRules
from secondring.domain.calls import CallTracker
from secondring.wiring import Settings


def listening_rules(inbound: Sequence[str] | None) -> ListeningRules:
    """The usual rules, or those with other inbound contexts."""
    return ListeningRules(inbound=tuple(inbound)) if inbound else ListeningRules()


class Replayed:
    """A recording being replayed."""

    def __init__(self, file: Path, rules: ListeningRules) -> None:
        self._file = file
        self._tracker = CallTracker(rules)
        self._stats = LinkStats()

    def calls(self) -> Iterator[CallEnded]:
        """Every call in the recording, in order of verdict."""
        for fact in read_facts(self._file, stats=self._stats):
            for event in self._tracker.feed(fact):
                if isinstance(event, CallEnded):
                    yield event

    @property
    def is_none(self) -> bool:
        """True when nothing in the file was ever said by an AMI; to be asked at the end."""
        return not (self._stats.connects or self._stats.facts)

    def notes(self) -> list[str]:
        """What a reader of the verdicts should know; to be asked for at the end."""
        notes = []
        if self._tracker.open_calls:
            notes.append(f"calls not over when the recording ended: {self._tracker.open_calls}")
        skipped = self._stats.garbage + self._stats.broken + sum(self._stats.unreadable.values())
        if skipped:
            notes.append(f"messages that could not be read and were skipped: {skipped}")
        return notes


def replay(file: Path, rules: ListeningRules) -> Replayed:
    """Read a recording through the code of the live service."""
    return Replayed(file, rules)


def record(settings: Settings, file: Path) -> None:
    """Write down what the PBX says, until Ctrl-C."""
    asyncio.run(record_link(wiring.account(settings), file, clock=wiring.now, timing=wiring.timing(settings)))
