"""Taking a case up again by what the PBX says: after a crash, a lost link, a stage that took too long."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from secondring.domain.ladder import Ladder
from secondring.domain.triage_events import Accepted, CallerLeft, Event, Joined, Looked, Note
from secondring.domain.triage_ringing import SOME_MORE, Turn, after, leave, next_phone, ring_from
from secondring.domain.triage_talking import accepted, joined, left, left_before_joined, patient_missed
from secondring.domain.urgent_case import Stage, UrgentCase


def looked_ringing(case: UrgentCase, event: Looked, ladder: Ladder, now: datetime) -> Turn:
    """Go on with whatever still rings; when nothing does, the same step rings once more."""
    case, gone = _look_for_caller(case, event, ladder, now)
    if not case.is_open:
        return case, gone
    for attempt in case.attempts:
        if attempt.id in event.accepted:
            turn = _then(
                accepted(case, Accepted(attempt.id), ladder, now), looked_accepted, event, ladder, now
            )
            return after(gone, turn)
    alive = tuple(attempt for attempt in case.attempts if attempt.id in event.alive)
    if alive:
        return replace(case, attempts=alive), gone
    if case.stage is Stage.LAST_RESORT:
        return (case, gone) if case.on_line else after(gone, leave(case, now, "the last resort was cut off"))
    told = Note("triage-resume", "nothing rang any more; the same step rings again")
    return after((*gone, told), ring_from(replace(case, attempts=()), ladder, now))


def _then(turn: Turn, then: Callable[..., Turn], event: Event, ladder: Ladder, now: datetime) -> Turn:
    """One more event, right after."""
    return after(turn[1], then(turn[0], event, ladder, now)) if turn[0].is_open else turn


def looked_accepted(case: UrgentCase, event: Looked, ladder: Ladder, now: datetime) -> Turn:
    """Is the nurse still there, and can they hear the caller?"""
    nurse = case.accepted_by
    if nurse is None or nurse.id not in event.alive:
        return _nurse_gone(case, event, ladder, now)
    if nurse.id in event.joined:
        if case.stage is Stage.TALKING:
            return case, ()
        return joined(case, Joined(nurse.id), ladder, now)
    if case.stage is Stage.JOINING and not event.caller_here and case.line_id is not None:
        return left_before_joined(case, CallerLeft(case.line_id), ladder, now)
    return replace(case, due_at=max(case.due_at, now + SOME_MORE)), ()


def _nurse_gone(case: UrgentCase, event: Looked, ladder: Ladder, now: datetime) -> Turn:
    """How it went was not heard. Another call to the patient is a nuisance at worst."""
    case, gone = _look_for_caller(case, event, ladder, now)
    if not case.is_open:
        return case, gone
    missed = case.stage is not Stage.JOINING
    return after(gone, patient_missed(case, ladder, now) if missed else next_phone(case, ladder, now))


def looked_waiting(case: UrgentCase, event: Looked, ladder: Ladder, now: datetime) -> Turn:
    return _look_for_caller(case, event, ladder, now)


def _look_for_caller(case: UrgentCase, event: Looked, ladder: Ladder, now: datetime) -> Turn:
    if event.caller_here or not case.on_line or case.line_id is None:
        return case, ()
    return left(case, CallerLeft(case.line_id), ladder, now)
