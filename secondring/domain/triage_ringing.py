"""Ringing: the steps of the ladder, the next of them at once, and what is left when nobody takes it."""

from dataclasses import replace
from datetime import datetime, timedelta

from secondring.domain.episodes import ALERT_LEFT, ALERT_NOBODY
from secondring.domain.ladder import SLACK, Ladder, Target
from secondring.domain.triage_events import (
    Deadline,
    Effect,
    Event,
    Failed,
    LastResortEnded,
    Note,
    RaiseAlarm,
    RedTask,
    Ring,
    Spoken,
    StopRinging,
    TextPatient,
    ToLastResort,
)
from secondring.domain.urgent_case import Attempt, Stage, UrgentCase

Turn = tuple[UrgentCase, tuple[Effect, ...]]

SOME_MORE = timedelta(seconds=10)
"""How long a nurse's channel that is still up is trusted before the PBX is asked again."""
CALLING_YOU, WE_TRIED, NOT_YET = "urgent-call", "urgent-tried", "urgent-left"
"""Texts to the patient. NOT_YET tells that nobody was found, so that nobody waits for a call that does not come."""


def bound(ladder: Ladder) -> timedelta:
    """The most time from a trigger until somebody was connected or a red task was left, talking left out."""
    patient = ladder.patient
    one_try = ladder.longest_search + patient.ring + patient.pause + ladder.spoken + 3 * SOME_MORE
    return patient.tries * one_try + ladder.last_resort_ring + ladder.keep_trying


def live(case: UrgentCase, attempt: str) -> Attempt | None:
    return next((known for known in case.attempts if known.id == attempt), None)


def after(effects: tuple[Effect, ...], turn: Turn) -> Turn:
    """These effects, then those of the turn."""
    return turn[0], (*effects, *turn[1])


def leave(case: UrgentCase, now: datetime, because: str) -> Turn:
    """Only people can help now; the task stays red until one of them has spoken with the caller."""
    closed = replace(case, stage=Stage.LEFT, attempts=(), closed_at=now)
    return closed, (
        *_not_yet(case),
        RaiseAlarm("urgent-left", f"an urgent caller was not connected: {because}"),
        RedTask("URGENT: not connected, call now", ALERT_LEFT),
        Note("triage-left", because),
    )


def _not_yet(case: UrgentCase) -> tuple[Effect, ...]:
    """For whoever sits beside their phone and waits; a caller on the line hears it instead."""
    return () if case.on_line or case.caller is None else (TextPatient(NOT_YET),)


def connected(case: UrgentCase, now: datetime) -> Turn:
    done = replace(case, stage=Stage.CONNECTED, closed_at=now, bridged_at=case.bridged_at or now)
    others = tuple(attempt for attempt in case.attempts if attempt != case.accepted_by)
    stop = (StopRinging(others),) if others else ()
    return done, (*stop, Note("triage-connected", "a clinician and the caller are talking"), Spoken())


def begin(case: UrgentCase, _event: Event, ladder: Ladder, now: datetime) -> Turn:
    """From the first step, in the first round."""
    return ring_from(replace(case, round=0, step=0, turn=0), ladder, now)


def again(case: UrgentCase, _event: Event, ladder: Ladder, now: datetime) -> Turn:
    """The next round."""
    return ring_from(replace(case, round=case.round + 1, step=0, turn=0), ladder, now)


def ring_from(case: UrgentCase, ladder: Ladder, now: datetime) -> Turn:
    """Ring the first step from here on that has somebody to ring; a gap in a rota costs no time."""
    if now >= case.give_up_at:
        return nobody(case, ladder, now)
    for number in range(case.step, len(ladder.steps)):
        phones = ladder.steps[number].on_duty(now)
        turn = case.turn if number == case.step else 0
        if phones[turn:]:
            return _ring(replace(case, step=number, turn=turn), phones, ladder, now)
    if case.round + 1 < ladder.rounds:
        paused = replace(case, stage=Stage.PAUSED, attempts=(), due_at=now + ladder.pause)
        return paused, (Note("triage-pause", f"nobody took it in round {case.round + 1}"),)
    return nobody(case, ladder, now)


def _ring(case: UrgentCase, phones: tuple[Target, ...], ladder: Ladder, now: datetime) -> Turn:
    rung = ladder.steps[case.step]
    chosen = phones if rung.order == "together" else phones[case.turn : case.turn + 1]
    case, rings = _attempts(case, chosen, rung.ring, now)
    told = Note("triage-ring", f"round {case.round + 1}, step {case.step + 1}: {_names(chosen)}")
    return replace(case, stage=Stage.RINGING, due_at=now + rung.ring + SLACK), (*rings, told)


def _attempts(
    case: UrgentCase, phones: tuple[Target, ...], ring: timedelta, now: datetime
) -> tuple[UrgentCase, tuple[Ring, ...]]:
    rung = tuple(
        Attempt(id=f"{case.id}.{case.made + number}", target=phone, started_at=now)
        for number, phone in enumerate(phones, 1)
    )
    rings = tuple(Ring(attempt, ring, number) for number, attempt in enumerate(rung, 1))
    return replace(case, attempts=rung, made=case.made + len(rung), accepted_by=None), rings


def _names(phones: tuple[Target, ...]) -> str:
    return " and ".join(phone.masked for phone in phones) + (" rings" if len(phones) == 1 else " ring")


def failed(case: UrgentCase, event: Failed, ladder: Ladder, now: datetime) -> Turn:
    """One phone is out; with the last of them the next one's turn comes at once."""
    lost = live(case, event.attempt)
    if lost is None:
        return case, ()
    others = tuple(attempt for attempt in case.attempts if attempt != lost)
    case, told = replace(case, attempts=others), Note("triage-result", f"{lost.target.masked}: {event.why}")
    return after((told,), (case, ()) if others else next_phone(case, ladder, now))


def timed_out(case: UrgentCase, _event: Deadline, ladder: Ladder, now: datetime) -> Turn:
    rung = case.attempts
    because = f"no word from {_names(tuple(a.target for a in rung))} in time"
    return after((StopRinging(rung), Note("triage-result", because)), next_phone(case, ladder, now))


def next_phone(case: UrgentCase, ladder: Ladder, now: datetime) -> Turn:
    """The next phone of the step where they ring one by one, else the next step."""
    one_by_one = case.step < len(ladder.steps) and ladder.steps[case.step].order != "together"
    case = replace(case, attempts=(), accepted_by=None)
    following = replace(case, turn=case.turn + 1) if one_by_one else replace(case, step=case.step + 1, turn=0)
    return ring_from(following, ladder, now)


def nobody(case: UrgentCase, ladder: Ladder, now: datetime) -> Turn:
    """Loud, and one number more; once `give_up_at` is past, that number is not tried again and again."""
    if case.last_resort_at is not None and now >= case.give_up_at and not case.on_line:
        return leave(case, now, "nobody took it, and the last resort was tried before")
    loud = _loud() if case.last_resort_at is None else ()
    case = replace(case, attempts=(), accepted_by=None, last_resort_at=case.last_resort_at or now)
    due_at = now + ladder.last_resort_ring + SLACK
    if case.on_line:
        return replace(case, stage=Stage.LAST_RESORT, due_at=due_at), (*loud, ToLastResort())
    if ladder.last_resort is None:
        return after(loud, _once_more(case, ladder, now, "there is no last resort"))
    case, rings = _attempts(case, (ladder.last_resort,), ladder.last_resort_ring, now)
    told = Note("triage-ring", f"last resort: {_names((ladder.last_resort,))}")
    return replace(case, stage=Stage.LAST_RESORT, due_at=due_at), (*loud, *rings, told)


def _loud() -> tuple[Effect, ...]:
    """Said once a case: people are told while phones go on ringing."""
    because = "nobody on the ladder took an urgent call"
    return (
        RaiseAlarm("urgent-nobody", because),
        RedTask("URGENT: nobody took the call, call now", ALERT_NOBODY),
        Note("triage-nobody", because),
    )


def _once_more(case: UrgentCase, ladder: Ladder, now: datetime, because: str) -> Turn:
    """Everybody failed. That takes no time at all when no phone can be reached, right after the PBX was restarted for
    example: so the ladder begins again for as long as it is to keep trying.
    """
    due_at = now + ladder.pause
    if case.on_line or due_at >= case.triggered_at + ladder.keep_trying:
        return leave(case, now, because)
    waiting = replace(case, stage=Stage.PAUSED, attempts=(), due_at=due_at)
    return waiting, (*_not_yet(case), Note("triage-pause", f"{because}; the ladder begins again"))


def last_failed(case: UrgentCase, event: Failed, ladder: Ladder, now: datetime) -> Turn:
    lost = live(case, event.attempt)
    return (case, ()) if lost is None else _once_more(case, ladder, now, f"the last resort: {event.why}")


def last_timed_out(case: UrgentCase, _event: Deadline, ladder: Ladder, now: datetime) -> Turn:
    stop = (StopRinging(case.attempts),) if case.attempts else ()
    return after(stop, _once_more(case, ladder, now, "no word from the last resort"))


def answered_elsewhere(case: UrgentCase, event: LastResortEnded, _ladder: Ladder, now: datetime) -> Turn:
    """The dialplan sent the caller to the last resort by itself, because we seemed to be gone."""
    return connected(case, now) if event.answered else (case, ())


def last_ended(case: UrgentCase, event: LastResortEnded, _ladder: Ladder, now: datetime) -> Turn:
    return connected(case, now) if event.answered else leave(case, now, "the last resort did not answer")
