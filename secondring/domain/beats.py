"""What services that listen to one PBX say of themselves, and hear of each other."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from secondring.domain.ids import Uniqueid


class Role(StrEnum):
    """What a service is to its PBX."""

    ASKING = "asking"
    """It has just come, and waits whether somebody was there before."""
    HOLDING = "holding"
    """It judges the calls."""
    WAITING = "standing-by"
    """Another one does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """One sign of life. Nothing in it is a patient's: a Uniqueid names a channel of the PBX."""

    installation: str
    """Whose database it is."""
    run: str
    """Which process; a service that is started again is another one."""
    host: str
    role: Role
    since: datetime
    """Since when it has been in that role, by its own clock."""
    number: int
    """Counts the beats of a run."""
    judged: tuple[Uniqueid, ...] = ()
    """Calls that it has judged lately, for those who stand by."""

    @property
    def rank(self) -> tuple[datetime, str]:
        """Whoever was there first, in an order that everybody reads from the same words."""
        return self.since, self.run
