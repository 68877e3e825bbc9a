"""One urgent caller and how far the ladder has come for them, as it is kept. Frozen; change with `replace`."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from secondring.domain.ids import EpisodeId, SiteId, Uniqueid, UrgentId
from secondring.domain.ladder import Target
from secondring.domain.phone import PhoneNumber

CHANNEL_PREFIX = "sr-"
"""How the Uniqueids begin of the channels that ring nurses; the rest is the attempt's id."""


class Trigger(StrEnum):
    """What made it urgent."""

    KEY = "key"
    TEXT = "text"


class Stage(StrEnum):
    """How far a case has come. `triage.TABLE` shows how it goes from one to the next."""

    NEW = "new"
    RINGING = "ringing"
    """Nurses' phones ring."""
    PAUSED = "paused"
    """Between two rounds."""
    JOINING = "joining"
    """A nurse accepted; the caller on the line is being put through."""
    CALLING = "calling"
    """A nurse accepted; the patient's phone rings."""
    TALKING = "talking"
    """The patient's phone was answered; a person, if they talk for long enough."""
    RETRY = "retry"
    """The patient did not answer; the ladder begins again after a pause."""
    LAST_RESORT = "last-resort"
    """Nobody took it; the last resort is being rung."""
    CONNECTED = "connected"
    LEFT = "left"
    """Left to a red task: nobody took it, or the patient could not be reached."""


FINAL = frozenset({Stage.CONNECTED, Stage.LEFT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One phone being rung for a case."""

    id: str
    """Names the channel too, so that it can be found again on the PBX."""
    target: Target
    started_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgentCase:
    """An urgent caller on the ladder."""

    id: UrgentId
    episode: EpisodeId
    site: SiteId
    trigger: Trigger
    caller: PhoneNumber | None
    line: str = ""
    """Name of the caller's channel while they are on the line."""
    line_id: Uniqueid | None = None
    """Its Uniqueid; stays when they have left, so that their leaving is known when it is told twice."""
    stage: Stage = Stage.NEW
    round: int = 0
    step: int = 0
    turn: int = 0
    """Which of a step's phones rings, where they ring one by one."""
    attempts: tuple[Attempt, ...] = field(default=())
    """Those that are alive."""
    made: int = 0
    """How many attempts there were in all; numbers them."""
    patient_tries: int = 0
    accepted_by: Attempt | None = None
    due_at: datetime
    """When the present stage is over at the latest."""
    give_up_at: datetime
    """From here on nobody else is rung but the last resort."""
    triggered_at: datetime
    first_ring_at: datetime | None = None
    accepted_at: datetime | None = None
    bridged_at: datetime | None = None
    last_resort_at: datetime | None = None
    closed_at: datetime | None = None
    signed_at: datetime | None = None
    """When somebody signed for a case that came to the last resort: until then its alarm stays on the board."""
    signed_by: str | None = None

    @property
    def is_open(self) -> bool:
        return self.stage not in FINAL

    @property
    def on_line(self) -> bool:
        """True while the caller waits on the line."""
        return self.line != ""
