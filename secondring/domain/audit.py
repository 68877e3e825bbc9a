"""The record as referee: our verdicts of a day beside what the PBX's own record makes of the same calls."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from secondring.domain.call_events import CallEnded, Direction
from secondring.domain.ids import CallId
from secondring.domain.ports import Books
from secondring.domain.records import Call
from secondring.domain.verdict import Reason, Verdict
from secondring.domain.weeks import Span

LONGEST, AROUND = timedelta(hours=12), timedelta(hours=1)
MANY = 200_000


class Kind(StrEnum):
    """How our verdict and the record's stand to each other."""

    AGREED = "agreed"
    DIFFERENT = "different"
    ONLY_OURS = "only-ours"
    ONLY_THEIRS = "only-theirs"


@dataclass(frozen=True, slots=True)
class Finding:
    """One call. `words` say what a difference comes from, and name no patient."""

    call: CallId
    at: datetime
    kind: Kind
    ours: str
    theirs: str
    words: str = ""

    @property
    def serious(self) -> bool:
        """True unless both say the same of whether somebody answered."""
        return self.kind is not Kind.AGREED and self.ours.partition(":")[0] != self.theirs.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Audit:
    """A day, compared."""

    record: str
    findings: tuple[Finding, ...]

    def count(self, kind: Kind) -> int:
        """How many calls are of that kind."""
        return sum(finding.kind is kind for finding in self.findings)

    @property
    def serious(self) -> tuple[Finding, ...]:
        """What somebody should look at."""
        return tuple(finding for finding in self.findings if finding.serious)

    @property
    def in_words(self) -> str:
        """One line."""
        counts = ", ".join(f"{self.count(kind)} {kind.value}" for kind in Kind)
        return f"{len(self.findings)} calls compared with {self.record}: {counts}"


def compare(record: str, ours: Iterable[Call], theirs: Iterable[CallEnded], span: Span) -> Audit:
    """Every call that ended in the span by either's account; both may hold calls from around it."""
    mine = {call.id: call for call in ours if _counts(call, record)}
    told = {event.call: event for event in theirs if event.direction is Direction.INBOUND}
    within = {call.id for call in mine.values() if call.ended_at and _is_in(call.ended_at, span)}
    within |= {event.call for event in told.values() if _is_in(event.ended_at, span)}
    findings = [_compared(record, mine.get(call), told.get(call), call) for call in within]
    return Audit(record, tuple(sorted(findings, key=lambda finding: (finding.at, finding.call))))


def _is_in(at: datetime, span: Span) -> bool:
    return span.begins <= at < span.ends


def day_span(day: date, zone: str) -> Span:
    """A day where clocks show that zone."""
    first = datetime.combine(day, time(), ZoneInfo(zone))
    after = datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return Span(first.astimezone(UTC), after.astimezone(UTC))


def calls_around(books: Books, span: Span) -> list[Call]:
    """Our calls that may have ended in the span, and some more."""
    return books.calls(since=span.begins - LONGEST, until=span.ends + AROUND, limit=MANY)


def _counts(call: Call, record: str) -> bool:
    """The queue log only knows callers who were in a queue."""
    ours = call.direction is Direction.INBOUND and call.verdict is not None
    return ours and (record != "queue_log" or call.queue is not None)


def _compared(record: str, mine: Call | None, told: CallEnded | None, call: CallId) -> Finding:
    ours, theirs = _our_verdict(mine), _their_verdict(told)
    at = told.ended_at if told else (mine.ended_at if mine and mine.ended_at else None)
    if at is None:
        raise ValueError(f"call {call} is in neither account")
    if told is None:
        return Finding(call, at, Kind.ONLY_OURS, ours, theirs, _NOT_THEIRS.get(record, _NOT_THEIRS[""]))
    if mine is None:
        return Finding(call, at, Kind.ONLY_THEIRS, ours, theirs, _NOT_OURS)
    if ours == theirs:
        return Finding(call, at, Kind.AGREED, ours, theirs)
    return Finding(call, at, Kind.DIFFERENT, ours, theirs, _why(record, mine, told))


def _our_verdict(call: Call | None) -> str:
    """A caller who is not to be won back (`own-number`, ...) was missed all the same, by the PBX's account."""
    if call is None:
        return "-"
    if call.verdict is Verdict.IGNORED and call.detail in set(Reason):
        return _said(Verdict.MISSED, call.detail)
    return _said(call.verdict, call.reason)


def _their_verdict(told: CallEnded | None) -> str:
    return "-" if told is None else _said(told.verdict, told.reason)


def _said(verdict: Verdict | None, reason: str | None) -> str:
    return f"{verdict}:{reason}" if reason and verdict is not Verdict.ANSWERED else f"{verdict}"


_NOT_OURS = "the call reached the PBX and we did not hear of it: see whether the service listened then"
_NOT_THEIRS: Mapping[str, str] = {
    "": "the record does not have it: it was rotated away, or is not written yet",
    "cdr": "the record does not have it: cdr.conf leaves out calls that reached no phone (unanswered = no)",
    "queue_log": "the queue log does not have it: a queue that lets nobody in writes nothing",
}


def _why(record: str, mine: Call, told: CallEnded) -> str:
    if told.verdict is Verdict.ANSWERED:
        if record == "cdr":
            return "a CDR counts whatever picked up; we saw that no person and the caller were connected"
        if record == "queue_log":
            return "the queue log counts whatever took the call for an agent, a mailbox too"
        seen = "we saw only a part of the call" if mine.partial else "we did not see it"
        return f"the record shows a person and the caller connected; {seen}"
    if mine.verdict is Verdict.ANSWERED:
        return "we saw a person and the caller connected; the record does not show it"
    if told.verdict is not mine.verdict:
        return "whether a phone was there to be rung, or the call was turned away, the record cannot tell"
    return "nobody answered by either account; they differ in what the caller met"
