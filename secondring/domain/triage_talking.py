"""After a nurse has accepted: the caller on the line, the patient's phone, and what the caller does meanwhile."""

from dataclasses import replace
from datetime import datetime, timedelta

from secondring.domain.ladder import Ladder
from secondring.domain.triage_events import (
    Accepted,
    CallbackAsked,
    CallerCame,
    CallerIs,
    CallerLeft,
    Deadline,
    Failed,
    Joined,
    Note,
    PatientEnded,
    PutThrough,
    Reached,
    RingPatient,
    Started,
    StopRinging,
    TextPatient,
)
from secondring.domain.triage_ringing import (
    CALLING_YOU,
    WE_TRIED,
    Turn,
    after,
    begin,
    bound,
    connected,
    leave,
    live,
    next_phone,
    nobody,
)
from secondring.domain.urgent_case import Attempt, Stage, UrgentCase

JOIN_TIME = timedelta(seconds=8)
"""From a nurse's key to the two hearing each other takes the PBX milliseconds; after this it is asked."""


def accepted(case: UrgentCase, event: Accepted, ladder: Ladder, now: datetime) -> Turn:
    """The first to accept has it; all others stop ringing."""
    winner = live(case, event.attempt)
    if winner is None:
        return case, ()
    others = tuple(attempt for attempt in case.attempts if attempt != winner)
    case = replace(
        case,
        attempts=(winner,),
        accepted_by=winner,
        accepted_at=case.accepted_at or now,
        bridged_at=None,
        due_at=now + JOIN_TIME,
    )
    stop = (StopRinging(others),) if others else ()
    told = Note("triage-accept", f"{winner.target.masked} accepted")
    if case.on_line:
        return replace(case, stage=Stage.JOINING), (*stop, PutThrough(winner), told)
    return after((*stop, told), call_patient(case, winner, ladder, now))


def call_patient(case: UrgentCase, nurse: Attempt, ladder: Ladder, now: datetime) -> Turn:
    if case.caller is None:
        return leave(case, now, "the caller hung up and withheld their number")
    due_at = now + JOIN_TIME + ladder.patient.ring
    calling = replace(case, stage=Stage.CALLING, due_at=due_at)
    return calling, (RingPatient(nurse), Note("triage-patient", "the patient's phone rings"))


def joined(case: UrgentCase, event: Joined, ladder: Ladder, now: datetime) -> Turn:
    """They hear each other. A caller on the line is a person; a phone that picked up may be a mailbox."""
    if case.accepted_by is None or event.attempt != case.accepted_by.id:
        return case, ()
    case = replace(case, bridged_at=case.bridged_at or now)
    if case.stage is Stage.JOINING:
        return connected(case, now)
    return replace(case, stage=Stage.TALKING, due_at=now + ladder.spoken), (
        Note("triage-bridged", "the patient's phone was answered"),
    )


def still_talking(case: UrgentCase, _event: Deadline, _ladder: Ladder, now: datetime) -> Turn:
    return connected(case, now)


def reached(case: UrgentCase, _event: Reached, _ladder: Ladder, now: datetime) -> Turn:
    """Nobody else is needed."""
    return connected(case, now)


def nurse_lost(case: UrgentCase, event: Failed, ladder: Ladder, now: datetime) -> Turn:
    """Who had accepted is gone before the two heard each other."""
    if case.accepted_by is None or event.attempt != case.accepted_by.id:
        return case, ()
    told = Note("triage-result", f"{case.accepted_by.target.masked} hung up before they were connected")
    return after((told,), next_phone(case, ladder, now))


def patient_ended(case: UrgentCase, event: PatientEnded, ladder: Ladder, now: datetime) -> Turn:
    if case.accepted_by is None or event.attempt != case.accepted_by.id:
        return case, ()
    if event.talked >= ladder.spoken:
        return connected(replace(case, bridged_at=case.bridged_at or now - event.talked), now)
    return patient_missed(case, ladder, now)


def patient_missed(case: UrgentCase, ladder: Ladder, now: datetime) -> Turn:
    """Nobody at the patient's end. Should they be on the line themselves meanwhile, a nurse is found at once."""
    tries = case.patient_tries + 1
    case = replace(case, patient_tries=tries, attempts=(), accepted_by=None, bridged_at=None)
    told = Note("triage-patient", f"the patient did not answer, try {tries}")
    if case.on_line:
        return after((told,), begin(case, Started(), ladder, now))
    if tries >= ladder.patient.tries or now >= case.give_up_at:
        return after((told,), leave(case, now, "the patient did not answer"))
    waiting = replace(case, stage=Stage.RETRY, due_at=now + ladder.patient.pause)
    return waiting, (told, TextPatient(WE_TRIED))


def came(case: UrgentCase, event: CallerCame, ladder: Ladder, now: datetime) -> Turn:
    """They are on the line: whoever is rung now will be put through."""
    case = replace(case, line=event.line, line_id=event.line_id, give_up_at=now + bound(ladder))
    told = Note("triage-caller", "the caller is on the line")
    return case, (CallerIs(case.attempts, event.line), told) if case.attempts else (told,)


def came_back(case: UrgentCase, event: CallerCame, ladder: Ladder, now: datetime) -> Turn:
    """They are on the line while nothing rings: begin at once."""
    case, told = came(case, event, ladder, now)
    return after(told, begin(case, event, ladder, now))


def left(case: UrgentCase, event: CallerLeft | CallbackAsked, _ladder: Ladder, now: datetime) -> Turn:
    """The same ladder goes on, and ends with a call to their phone."""
    if not _was_on(case, event):
        return case, ()
    case = replace(case, line="")
    if case.caller is None:
        stop = (StopRinging(case.attempts),) if case.attempts else ()
        return after(stop, leave(case, now, "the caller hung up and withheld their number"))
    asked = "asked to be called back" if isinstance(event, CallbackAsked) else "hung up"
    return case, (TextPatient(CALLING_YOU), Note("triage-caller", f"the caller {asked}: they will be called"))


def left_before_joined(case: UrgentCase, event: CallerLeft, ladder: Ladder, now: datetime) -> Turn:
    if not _was_on(case, event) or case.accepted_by is None:
        return case, ()
    told = Note("triage-caller", "the caller hung up before they were connected")
    return after((told,), call_patient(replace(case, line=""), case.accepted_by, ladder, now))


def left_the_last(case: UrgentCase, event: CallerLeft, ladder: Ladder, now: datetime) -> Turn:
    """They gave up while the last resort rang for them: it is rung once more, for their own phone."""
    if not _was_on(case, event):
        return case, ()
    if case.caller is None:
        return leave(replace(case, line=""), now, "the caller hung up and withheld their number")
    turn = nobody(replace(case, line=""), ladder, now)
    return after((TextPatient(CALLING_YOU),) if turn[0].attempts else (), turn)


def _was_on(case: UrgentCase, event: CallerLeft | CallbackAsked) -> bool:
    return case.on_line and event.line_id == case.line_id
