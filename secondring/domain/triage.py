"""The triage ladder as a state machine: what happens to an urgent caller, from the trigger to a living person.

`step` is pure: it takes a case, what happened and the time, and gives the case as it now stands and what is
to be done. `TABLE`, at the end, is all of it: an event that a stage does not list there changes nothing.

    NEW ──> RINGING ──accept──> JOINING (caller on the line) ──────────> CONNECTED
             │   ^  └─accept──> CALLING (patient is rung) ──> TALKING ──> CONNECTED
             │   │                  └────────── no answer ─────┘
           PAUSED                               RETRY ──> RINGING, or LEFT after the last try
             └── nobody in any round ──> LAST_RESORT ──> CONNECTED, CALLING, PAUSED or LEFT (red task)

Three rules hold in every stage: the patient's phone is rung by one attempt at most, that of the nurse who
accepted; whoever accepts after another has is refused; nobody but the last resort is rung after `give_up_at`.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from secondring.domain.ladder import Ladder
from secondring.domain.triage_events import (
    Accepted,
    CallbackAsked,
    CallerCame,
    CallerLeft,
    Deadline,
    Event,
    Failed,
    Joined,
    LastResortEnded,
    Looked,
    PatientEnded,
    Reached,
    Started,
    Volunteered,
)
from secondring.domain.triage_looking import looked_accepted, looked_ringing, looked_waiting
from secondring.domain.triage_ringing import (
    Turn,
    again,
    answered_elsewhere,
    begin,
    failed,
    last_ended,
    last_failed,
    last_timed_out,
    timed_out,
)
from secondring.domain.triage_talking import (
    accepted,
    came,
    came_back,
    joined,
    left,
    left_before_joined,
    left_the_last,
    nurse_lost,
    patient_ended,
    reached,
    still_talking,
)
from secondring.domain.triage_volunteer import volunteered
from secondring.domain.urgent_case import Stage, UrgentCase


def step(case: UrgentCase, event: Event, ladder: Ladder, now: datetime) -> Turn:
    """Take in one event; give the case as it stands now, and what is to be done, in order."""
    handle = TABLE[case.stage].get(type(event))
    return handle(case, event, ladder, now) if handle else (case, ())


Handler = Callable[[UrgentCase, Any, Ladder, datetime], Turn]
_CALLER: dict[type[Event], Handler] = {CallerCame: came, CallerLeft: left, CallbackAsked: left}

TABLE: dict[Stage, dict[type[Event], Handler]] = {
    Stage.NEW: {Started: begin, Deadline: begin, **_CALLER, Reached: reached},
    Stage.RINGING: {
        Failed: failed,
        Accepted: accepted,
        Deadline: timed_out,
        LastResortEnded: answered_elsewhere,
        Looked: looked_ringing,
        Reached: reached,
        Volunteered: volunteered,
        **_CALLER,
    },
    Stage.PAUSED: {
        Deadline: again,
        Looked: looked_waiting,
        **_CALLER,
        CallerCame: came_back,
        Reached: reached,
        Volunteered: volunteered,
    },
    Stage.JOINING: {
        Joined: joined,
        Failed: nurse_lost,
        PatientEnded: patient_ended,
        CallerLeft: left_before_joined,
        Reached: reached,
        CallbackAsked: left_before_joined,
        Looked: looked_accepted,
    },
    Stage.CALLING: {
        Joined: joined,
        Failed: nurse_lost,
        PatientEnded: patient_ended,
        CallerCame: came,
        CallerLeft: left,
        Looked: looked_accepted,
    },
    Stage.TALKING: {
        PatientEnded: patient_ended,
        Deadline: still_talking,
        CallerCame: came,
        CallerLeft: left,
        Looked: looked_accepted,
    },
    Stage.RETRY: {Deadline: begin, CallerCame: came_back, Reached: reached, Volunteered: volunteered},
    Stage.LAST_RESORT: {
        Failed: last_failed,
        Accepted: accepted,
        LastResortEnded: last_ended,
        Deadline: last_timed_out,
        CallerLeft: left_the_last,
        CallbackAsked: left_the_last,
        CallerCame: came,
        Reached: reached,
        Looked: looked_ringing,
    },
    Stage.CONNECTED: {},
    Stage.LEFT: {},
}
"""Every stage and what it listens to. JOINING and CALLING know no Deadline: when theirs comes, the PBX is asked."""
