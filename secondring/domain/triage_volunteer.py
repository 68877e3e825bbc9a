"""Somebody at the board says "I take it": their phone rings at once, beside those that ring already."""

from dataclasses import replace
from datetime import datetime, timedelta

from secondring.domain.ladder import SLACK, Ladder
from secondring.domain.triage_events import Note, Ring, Volunteered
from secondring.domain.triage_ringing import Turn
from secondring.domain.urgent_case import Attempt, Stage, UrgentCase

RING = timedelta(seconds=25)
"""How long their phone rings; the ladder's next phone waits for as long at most."""


def volunteered(case: UrgentCase, event: Volunteered, _ladder: Ladder, now: datetime) -> Turn:
    """A phone that rings already rings on; close to `give_up_at` the ladder is not held up any more."""
    rings_already = any(attempt.target == event.target for attempt in case.attempts)
    due_at = now + RING + SLACK
    if rings_already or due_at > case.give_up_at:
        return case, ()
    attempt = Attempt(id=f"{case.id}.{case.made + 1}", target=event.target, started_at=now)
    ringing = replace(
        case,
        stage=Stage.RINGING,
        attempts=(*case.attempts, attempt),
        made=case.made + 1,
        accepted_by=None,
        due_at=max(due_at, case.due_at) if case.stage is Stage.RINGING else due_at,
    )
    told = Note("triage-volunteer", f"{event.who} takes it: {event.target.masked} rings")
    return ringing, (Ring(attempt, RING), told)
