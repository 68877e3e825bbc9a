"""What happens to an urgent case, and what has to be done about it: the words that `triage.step` speaks in."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from secondring.domain.ids import Uniqueid
from secondring.domain.ladder import Target
from secondring.domain.urgent_case import Attempt


class Why(StrEnum):
    """Why an attempt led to nothing."""

    REFUSED = "refused"
    """They pressed 2."""
    NO_KEY = "no-key"
    """Something picked up and pressed nothing: a voicemail, or a person who hung up in the question."""
    NO_ANSWER = "no-answer"
    BUSY = "busy"
    UNAVAILABLE = "unavailable"
    """Not registered, or the PBX cannot reach it."""
    ERROR = "error"


# ---------------------------------------------------------------- events


@dataclass(frozen=True, slots=True)
class Started:
    """The ladder may begin."""


@dataclass(frozen=True, slots=True)
class Failed:
    """An attempt is over, and nobody has accepted on it."""

    attempt: str
    why: Why


@dataclass(frozen=True, slots=True)
class Accepted:
    """Somebody pressed 1."""

    attempt: str


@dataclass(frozen=True, slots=True)
class Joined:
    """The nurse of this attempt and the caller hear each other; a machine may have picked up the patient's phone."""

    attempt: str


@dataclass(frozen=True, slots=True)
class PatientEnded:
    """The call to the patient is over: how long the two talked, zero when the phone was not answered."""

    attempt: str
    talked: timedelta


@dataclass(frozen=True, slots=True)
class LastResortEnded:
    """The caller on the line was put through to the last resort, and that is over."""

    answered: bool


@dataclass(frozen=True, slots=True)
class Deadline:
    """`due_at` has come."""


@dataclass(frozen=True, slots=True)
class CallerLeft:
    """The caller hung up."""

    line_id: Uniqueid


@dataclass(frozen=True, slots=True)
class CallbackAsked:
    """The caller would rather be called back, and hangs up."""

    line_id: Uniqueid


@dataclass(frozen=True, slots=True)
class CallerCame:
    """The caller is on the line (again) and waits."""

    line: str = field(repr=False)
    line_id: Uniqueid


@dataclass(frozen=True, slots=True)
class Reached:
    """Somebody spoke with the caller by another way: called back by hand, or answered at the desk."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What the PBX says is alive: asked after a crash, a lost link, or a stage that took too long."""

    alive: frozenset[str]
    """Attempts whose channel is there."""
    accepted: frozenset[str] = frozenset()
    """Of those, the ones that somebody accepted."""
    joined: frozenset[str] = frozenset()
    """Of those, the ones that hear the caller."""
    caller_here: bool = False


@dataclass(frozen=True, slots=True)
class Volunteered:
    """Somebody at the board wants to take it, on this phone of theirs."""

    target: Target
    who: str


Event = (
    Started
    | Failed
    | Accepted
    | Joined
    | PatientEnded
    | LastResortEnded
    | Deadline
    | CallerLeft
    | CallbackAsked
    | CallerCame
    | Reached
    | Looked
    | Volunteered
)


# ---------------------------------------------------------------- effects


@dataclass(frozen=True, slots=True)
class Ring:
    """Ring this phone; who accepts on it is joined with the caller, or else the patient's phone is rung."""

    attempt: Attempt
    ring: timedelta
    number: int = 1
    """The how-manieth phone of its step."""


@dataclass(frozen=True, slots=True)
class StopRinging:
    """Hang up on these."""

    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class HangUp:
    """The same, of attempts that are known by their ids alone."""

    attempts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PutThrough:
    """This nurse and the caller on the line are to hear each other."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class RingPatient:
    """The patient's phone is to be rung for this nurse."""

    attempt: Attempt


@dataclass(frozen=True, slots=True)
class CallerIs:
    """Phones ring already: who accepts on one of them is to be joined with this line, not with the patient's phone."""

    attempts: tuple[Attempt, ...]
    line: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ToLastResort:
    """The caller on the line goes to the last resort, or hears that somebody will call."""


@dataclass(frozen=True, slots=True)
class TextPatient:
    """Text the patient."""

    template: str


@dataclass(frozen=True, slots=True)
class RaiseAlarm:
    """Somebody must know of it now."""

    kind: str
    because: str


@dataclass(frozen=True, slots=True)
class RedTask:
    """A task at the very top, until a person records having spoken with the caller."""

    title: str
    alert: str
    """Which message tells staff's phones of it."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """A clinician and the caller are talking: that is what it was all for."""


@dataclass(frozen=True, slots=True)
class Note:
    """A line of the case's story. Names no number of a patient."""

    action: str
    because: str


Effect = (
    Ring
    | StopRinging
    | PutThrough
    | RingPatient
    | CallerIs
    | ToLastResort
    | TextPatient
    | RaiseAlarm
    | RedTask
    | Spoken
    | Note
)
