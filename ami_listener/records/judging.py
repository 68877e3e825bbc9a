"""From a story to verdicts: its facts go through the very machine that judges live calls, alone and from the start."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from ami_listener.records.gathering import Kind
from ami_listener.records.queue_log import QueueLog
from ami_listener.records.rows import Row
from secondring.domain import facts
from secondring.domain.call_events import FROM_RECORD, CallEnded, CallEvent, ListeningRules
from secondring.domain.calls import CallTracker
from secondring.domain.facts import Fact
from secondring.domain.ids import Uniqueid

NOT_JOINED = "JOINEMPTY"


def judged(
    kind: Kind,
    rows: Sequence[Row],
    rules: ListeningRules,
    beside: dict[str, Sequence[Row]] | None = None,
) -> list[CallEvent]:
    """What happened in one story. `beside`: the queue log's rows by caller, None where it is not read."""
    story = kind.facts(rows)
    if beside is not None:
        story = _with_queues(story, beside)
    if not story:
        return []
    tracker = CallTracker(replace(rules, inbound=(*rules.inbound, FROM_RECORD)))
    events = [event for fact in story for event in tracker.feed(fact)]
    over = max(fact.at for fact in story)
    lost = tracker.tick(over + rules.forget_after + timedelta(seconds=1))
    ended = [replace(event, ended_at=over) if isinstance(event, CallEnded) else event for event in lost]
    return [*events, *ended]


def _with_queues(story: list[Fact], beside: dict[str, Sequence[Row]]) -> list[Fact]:
    """Why callers left their queues, told before they hang up; who is in no queue's log was not let in."""
    told: list[Fact] = []
    queues = QueueLog()
    entered = {
        caller for caller, rows in beside.items() if any(row.get("event") == "ENTERQUEUE" for row in rows)
    }
    for fact in story:
        if isinstance(fact, facts.QueueJoined) and fact.leg.is_root and fact.leg.id not in entered:
            told.append(facts.VariableSet(at=fact.at, leg=fact.leg, name="QUEUESTATUS", value=NOT_JOINED))
            continue
        if isinstance(fact, facts.HungUp) and fact.leg.id in beside:
            told += queues.beside(beside[fact.leg.id], fact.leg)
        told.append(fact)
    return told


def callers(rows: Sequence[Row]) -> set[Uniqueid]:
    """Every channel that the rows name."""
    return {Uniqueid(row.get(name)) for row in rows for name in ("uniqueid", "callid") if row.get(name)}
