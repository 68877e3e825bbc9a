"""Missed calls that wait until it is known which of two services handles them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from secondring.domain.beats import Role
from secondring.domain.call_events import CallEnded, CallEvent, Direction
from secondring.domain.ids import CallId
from secondring.domain.twins import LEASE, Twins
from secondring.domain.verdict import Verdict

CONFIRM = 60.0
"""Seconds: what the holder has not judged by then it did not hear, or it hangs."""
MAY_HAVE_JUDGED = timedelta(seconds=LEASE)
"""So long after its last beat a holder may still have judged a call."""


class Fate(StrEnum):
    """Who handles a call."""

    OURS = "ours"
    THEIRS = "theirs"
    UNCLEAR = "unclear"
    """The other may have texted this caller and may not: a person calls."""


@dataclass(frozen=True, slots=True)
class _Laid:
    event: CallEnded
    at: float
    doubtful: bool


class Shelf:
    """Calls that were laid aside, in order."""

    def __init__(self) -> None:
        self._laid: dict[CallId, _Laid] = {}

    def __len__(self) -> int:
        return len(self._laid)

    def lay(self, event: CallEnded, at: float, *, doubtful: bool = False) -> bool:
        """Keep a missed call; told twice it is one, and False is given. `doubtful`: another may have told of it while
        we were away.
        """
        if event.call in self._laid:
            return False
        self._laid[event.call] = _Laid(event, at, doubtful)
        return True

    def take(self, twins: Twins, at: float) -> list[tuple[CallEnded, Fate]]:
        """Give those of which it is known who handles them."""
        found = [(laid.event, fate) for laid in self._laid.values() if (fate := _fate(laid, twins, at))]
        for event, _ in found:
            del self._laid[event.call]
        return found


def may_wait(event: CallEvent) -> bool:
    """Only missed callers are texted; all else is the same for whoever hears it."""
    return (
        isinstance(event, CallEnded)
        and event.direction is Direction.INBOUND
        and event.verdict is Verdict.MISSED
    )


def _fate(laid: _Laid, twins: Twins, at: float) -> Fate | None:
    """None while it is not known."""
    if twins.has_judged(laid.event.call.uniqueid):
        return Fate.THEIRS
    if twins.may_judge(at):
        return Fate.UNCLEAR if laid.doubtful else _fate_with_us(laid.event.ended_at, twins.holder_heard_at)
    if twins.role is not Role.WAITING or twins.holder_met_at is None:
        return None
    if laid.event.ended_at < twins.holder_met_at:
        return Fate.THEIRS  # before we could hear what it judged: it was there, or catches up
    return Fate.UNCLEAR if at >= laid.at + CONFIRM else None


def _fate_with_us(ended_at: datetime, holder_heard_at: datetime | None) -> Fate:
    """Both times are the PBX's, so no clock of ours and no backlog comes in between."""
    if holder_heard_at is None or ended_at > holder_heard_at + MAY_HAVE_JUDGED:
        return Fate.OURS
    return Fate.UNCLEAR
