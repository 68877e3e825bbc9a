"""What the call tracker is told about the PBX, and what it tells: calls that begin, are answered, end."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from secondring.domain.ids import CallId
from secondring.domain.verdict import Detail, Verdict

FROM_RECORD = "secondring-from-record"
"""The context of a caller whom a record knows to come from outside without saying which context they came in on."""


class Direction(StrEnum):
    """Which way a call goes, seen from the clinic."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"
    ORIGINATED = "originated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListeningRules:
    """How this PBX names things."""

    pbx: str = "pbx"
    inbound: tuple[str, ...] = (
        r"from-(pstn|trunk|digital|analog|dahdi|zaptel|did|outside|external|provider)\b.*",
        r"(inbound|incoming|pstn|trunk|public)\b.*",
    )
    """Contexts (regular expressions, whole word) that calls from outside start in."""
    outside_prefix: str = ""
    """Digits that staff dial before an outside number."""
    forget_after: timedelta = timedelta(hours=12)
    """A call with no sign of life for so long is judged as it stands."""
    external_answer: timedelta | None = timedelta(0)
    """How long a caller has to be connected with an outside phone (a follow-me to a mobile) for it to count as a
    person, since it may be a carrier's mailbox. Zero: at once. None: it never does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallBegan:
    """Somebody outside is calling the clinic."""

    call: CallId
    at: datetime
    caller: str = field(repr=False)
    did: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallAnswered:
    """Two people are talking. `far` is the number outside, as the PBX shows it."""

    call: CallId
    at: datetime
    direction: Direction
    far: str = field(repr=False)
    withheld: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded:
    """The verdict on one call."""

    call: CallId
    direction: Direction
    verdict: Verdict
    reason: str | None
    detail: Detail | None
    caller: str = field(repr=False)
    """As the PBX showed it; for an outbound call the number that was dialled."""
    withheld: bool
    did: str = field(repr=False)
    queue: str | None
    started_at: datetime
    ended_at: datetime
    answered_at: datetime | None
    partial: bool = False
    """Parts of the call were not seen."""
    masked: bool = False
    """Withheld, and the carrier passed the number on all the same: only the PBX's own note said that it is withheld."""
    late: bool = False
    """Nobody listened: the PBX's own record told it afterwards."""

    @property
    def waited(self) -> timedelta:
        """How long the caller waited for a person, or until they gave up."""
        return max((self.answered_at or self.ended_at) - self.started_at, timedelta(0))

    @property
    def talked(self) -> timedelta:
        """How long two people talked; zero when they never did."""
        return max(self.ended_at - self.answered_at, timedelta(0)) if self.answered_at else timedelta(0)


CallEvent = CallBegan | CallAnswered | CallEnded
