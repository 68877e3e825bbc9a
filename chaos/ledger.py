"""Holds three books against each other: what the callers saw, what Second Ring keeps, what the carrier took.

Pure: it is handed all three and says, call by call, whether they agree. Every call ends in exactly one `Entry`; an
entry is balanced, excused with a reason, or a mismatch.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from chaos.phones import SeenCall
from secondring.domain.records import TextState
from secondring.domain.routing import Action
from secondring.domain.verdict import Verdict

GOT_THROUGH = frozenset({TextState.ACCEPTED, TextState.DELIVERED})
NAMED = frozenset({Action.EXCLUDE.value, Action.NOTHING.value})
CRASH_NEAR = 1.5
"""Seconds: what an Asterisk that is killed has on its way to its own records is lost with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedCall:
    """A call as Second Ring keeps it, with what it led to."""

    id: str
    number: str
    verdict: Verdict | None
    reason: str | None
    detail: str | None
    late: bool = False
    partial: bool = False
    texts: tuple[tuple[str, TextState], ...] = ()
    """Id and state of each outgoing text of its episode."""
    tasks: tuple[str, ...] = ()
    decisions: tuple[tuple[str, str], ...] = ()
    """Action and rule of what was decided about it."""


class Found(StrEnum):
    """What became of a call."""

    TEXT = "texted"
    TASK = "a task"
    IN_DOUBT = "a task, for the carrier never said whether it took the text"
    NAMED = "a named reason"
    ANSWERED = "answered"
    EXCUSED = "excused"
    LOST = "LOST"
    TWICE = "TWICE"
    UNFINISHED = "UNFINISHED"
    WRONG = "WRONG"


WRONG = (Found.LOST, Found.TWICE, Found.UNFINISHED, Found.WRONG)


@dataclass(frozen=True, slots=True)
class Entry:
    """One call of a caller's, settled."""

    number: str
    found: Found
    because: str = ""
    seen: SeenCall | None = None
    booked: tuple[BookedCall, ...] = ()
    taken: int = 0
    """How many texts the carrier took for this number."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that there is to hold against each other."""

    seen: Iterable[SeenCall]
    booked: Iterable[BookedCall]
    taken: Mapping[str, int]
    on_record: frozenset[str]
    """Callers of whom the PBX's own record knows."""
    crashes: tuple[float, ...] = ()
    """When the PBX was killed, in seconds since 1970."""
    staff: frozenset[str] = frozenset()
    """Numbers that may get alarms."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """The result."""

    entries: tuple[Entry, ...]
    counts: Mapping[Found, int] = field(default_factory=dict)
    notes: Mapping[str, int] = field(default_factory=dict)
    """What is no mismatch and worth knowing: told late, another reason than the caller's script, …"""

    @property
    def balances(self) -> bool:
        return not any(entry.found in WRONG for entry in self.entries)

    @property
    def mismatches(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.found in WRONG]


def balance(evidence: Evidence) -> Ledger:
    """Settle every call that was placed, and everything that nobody placed."""
    booked: dict[str, list[BookedCall]] = {}
    for call in evidence.booked:
        booked.setdefault(call.number, []).append(call)
    seen = {call.number: call for call in evidence.seen}
    entries = [_settle(call, tuple(booked.get(number, ())), evidence) for number, call in seen.items()]
    strangers = (booked.keys() | evidence.taken.keys()) - seen.keys() - evidence.staff
    entries += [
        Entry(
            number,
            Found.WRONG,
            "nobody called from this number",
            None,
            tuple(booked.get(number, ())),
            evidence.taken.get(number, 0),
        )
        for number in sorted(strangers)
    ]
    return Ledger(tuple(entries), Counter(entry.found for entry in entries), _notes(entries))


def _settle(seen: SeenCall, booked: tuple[BookedCall, ...], evidence: Evidence) -> Entry:
    taken = evidence.taken.get(seen.number, 0)
    case = _Case(seen, booked, taken, evidence)
    found, because = next(outcome for rule in RULES if (outcome := rule(case)))
    return Entry(seen.number, found, because, seen, booked, taken)


@dataclass(frozen=True, slots=True)
class _Case:
    """All that is known about one caller."""

    seen: SeenCall
    booked: tuple[BookedCall, ...]
    taken: int
    evidence: Evidence

    @property
    def call(self) -> BookedCall:
        """The one that is kept; only asked for by rules that come after `_not_kept` and `_kept_twice`."""
        return self.booked[0]

    @property
    def states(self) -> list[TextState]:
        return [state for _, state in self.call.texts]


Outcome = tuple[Found, str]


def _texted_twice(case: _Case) -> Outcome | None:
    return (Found.TWICE, f"the carrier took {case.taken} texts for one call") if case.taken > 1 else None


def _kept_twice(case: _Case) -> Outcome | None:
    times = len(case.booked)
    return (Found.TWICE, f"one call was kept {times} times") if times > 1 else None


def _not_kept(case: _Case) -> Outcome | None:
    if case.booked:
        return None
    if case.taken:
        return Found.WRONG, "texted, and no call is kept"
    if case.seen.number in case.evidence.on_record:
        return Found.LOST, "the PBX's own record knows this call and we do not"
    if not case.seen.heard:
        return Found.EXCUSED, "never reached the PBX: it was down, and the caller heard nothing"
    if _crashed_then(case.seen, case.evidence):
        return Found.EXCUSED, "the PBX was killed in this moment, and its own record does not know the call"
    return Found.LOST, "the caller heard the PBX, and neither its record nor we know the call"


def _crashed_then(seen: SeenCall, evidence: Evidence) -> bool:
    moments = [at for at in (seen.placed_at, seen.ringing_at, seen.answered_at) if at is not None]
    return any(abs(at - moment) < CRASH_NEAR for at in evidence.crashes for moment in moments)


def _without_verdict(case: _Case) -> Outcome | None:
    return (Found.UNFINISHED, "no verdict") if case.call.verdict is None else None


def _ignored(case: _Case) -> Outcome | None:
    if case.call.verdict is not Verdict.IGNORED:
        return None
    return Found.WRONG, f"a patient's call was ignored: {case.call.reason}"


def _answered(case: _Case) -> Outcome | None:
    if case.call.verdict is not Verdict.ANSWERED:
        return None
    if case.seen.ending.verdict is not Verdict.ANSWERED:
        return Found.WRONG, "nobody answered, and it counts as answered"
    if case.taken or case.call.tasks or case.call.texts:
        return Found.WRONG, "answered, and looked after all the same"
    return Found.ANSWERED, ""


def _talked(case: _Case) -> Outcome | None:
    seen = case.seen
    if seen.ending.verdict is Verdict.ANSWERED and seen.answered_at and seen.over_at:
        return Found.WRONG, "they talked to the end, and it counts as missed"
    return None


def _looked_after_twice(case: _Case) -> Outcome | None:
    texts, tasks = len(case.call.texts), len(case.call.tasks)
    if texts > 1 or tasks > 1:
        return Found.TWICE, f"{texts} texts and {tasks} tasks for one call"
    if tasks and case.states and case.states[0] in GOT_THROUGH:
        return Found.TWICE, "a text and a task for one call"
    return None


def _texted(case: _Case) -> Outcome | None:
    if not case.states or case.states[0] not in GOT_THROUGH:
        return None
    return (Found.TEXT, "") if case.taken else (Found.LOST, "kept as taken, and the carrier never took it")


def _tasked(case: _Case) -> Outcome | None:
    if not case.call.tasks:
        return None
    return (Found.IN_DOUBT, "") if case.taken else (Found.TASK, "")


def _on_its_way(case: _Case) -> Outcome | None:
    return (Found.UNFINISHED, f"its text is {case.states[0]}") if case.states else None


def _named(case: _Case) -> Outcome | None:
    if case.taken:
        return Found.WRONG, "the carrier took a text that is not kept"
    return (Found.NAMED, "") if any(action in NAMED for action, _ in case.call.decisions) else None


def _forgotten(_: _Case) -> Outcome:
    return Found.LOST, "missed, and neither a text nor a task nor a reason"


RULES: tuple[Callable[[_Case], Outcome | None], ...] = (
    _texted_twice,
    _not_kept,
    _kept_twice,
    _without_verdict,
    _ignored,
    _answered,
    _talked,
    _looked_after_twice,
    _texted,
    _tasked,
    _on_its_way,
    _named,
    _forgotten,
)
"""First match wins; the last one always says something."""


def _notes(entries: Iterable[Entry]) -> Counter[str]:
    notes: Counter[str] = Counter()
    for entry in entries:
        for call in entry.booked:
            notes["told by the PBX's record (late)"] += call.late
            notes["not seen whole (partial)"] += call.partial
            wanted = entry.seen.ending.reason if entry.seen else None
            if call.verdict is Verdict.MISSED and wanted is not None and call.reason != wanted:
                notes[f"missed as {call.reason} ({call.detail}), not {wanted}"] += 1
    return +notes
