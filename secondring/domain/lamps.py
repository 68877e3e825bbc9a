"""What a lamp at the nurses' desk shows for each site, and what happened to urgent callers since the last look.

Both are read off the books, so that a lamp tells the truth after a crash, an outage or another process's work.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from secondring.domain.ids import EpisodeId, SiteId, UrgentId
from secondring.domain.urgent_case import Stage, UrgentCase


class State(StrEnum):
    """Of several callers at one site, the first of these that holds for any of them."""

    RINGING = "ringing"
    """Phones ring for an urgent caller: pick up."""
    LEFT = "left"
    """Nobody took it, or there is no ladder: somebody has to call, and record having spoken."""
    WAITING = "waiting"
    """An urgent caller waits, and no phone rings: between two rounds, or while being connected."""
    IDLE = "idle"


@dataclass(frozen=True, slots=True)
class Lamp:
    """One site's."""

    ringing: int = 0
    left: int = 0
    waiting: int = 0

    @property
    def state(self) -> State:
        """What to show, when only one thing can be shown."""
        if self.ringing:
            return State.RINGING
        if self.left:
            return State.LEFT
        return State.WAITING if self.waiting else State.IDLE


RINGS = frozenset({Stage.RINGING, Stage.LAST_RESORT})


def lamps(
    sites: Iterable[SiteId], running: Collection[UrgentCase], red: Iterable[tuple[SiteId, EpisodeId]]
) -> dict[SiteId, Lamp]:
    """From the open cases, and the site and episode of every urgent task that is not done."""
    looked_after = {case.episode for case in running}
    ringing = Counter(case.site for case in running if case.stage in RINGS)
    waiting = Counter(case.site for case in running if case.stage not in RINGS)
    left = Counter(site for site, episode in set(red) if episode not in looked_after)
    return {site: Lamp(ringing[site], left[site], waiting[site]) for site in sites}


@dataclass(frozen=True, slots=True)
class Happening:
    """A moment in the life of an urgent case."""

    what: str
    """`trigger`, `ringing`, `accepted`, `bridged`, `connected` or `left`."""
    case: UrgentId
    site: SiteId
    at: datetime
    waited: float
    """Seconds since the trigger."""


def happened(before: UrgentCase | None, after: UrgentCase) -> Iterator[Happening]:
    """What is new about a case, in order; `before` is how it stood at the last look, None when it was not there."""
    for what, at in _moments(after):
        if before is None or (what, at) not in _moments(before):
            yield Happening(what, after.id, after.site, at, (at - after.triggered_at).total_seconds())


def _moments(case: UrgentCase) -> list[tuple[str, datetime]]:
    ended = {Stage.CONNECTED: "connected", Stage.LEFT: "left"}.get(case.stage, "")
    moments = (
        ("trigger", case.triggered_at),
        ("ringing", case.first_ring_at),
        ("accepted", case.accepted_at),
        ("bridged", case.bridged_at),
        (ended, case.closed_at if ended else None),
    )
    return [(what, at) for what, at in moments if at is not None]
