"""Whether anybody is listening: what the service says of itself, and what people are told when it says nothing.

An empty list of tasks means a quiet morning only while somebody listens.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from secondring.domain.ports import Books

BOOKMARK = "service pulse"
EVERY = timedelta(seconds=5)
"""How often the service notes that it is alive: one small write."""
SILENT_AFTER = timedelta(seconds=30)
"""No word for so long means that it is gone: six beats, and more than any write may wait for its turn."""
UNLINKED_AFTER = timedelta(seconds=30)
"""A link that is gone for so long is worth a warning; shorter gaps are restarts of the PBX."""


class State(StrEnum):
    """What the service was at when it last said something."""

    LISTENING = "listening"
    UNLINKED = "unlinked"
    """It runs, but the PBX does not talk to it."""
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """The last sign of life."""

    at: datetime
    state: State
    since: datetime
    """Since when it has been in that state."""


def keep(books: Books, state: State, now: datetime) -> None:
    """Note a sign of life."""
    before = last(books)
    since = before.since if before and before.state is state and now - before.at < SILENT_AFTER else now
    place = {"at": now.isoformat(), "state": state, "since": since.isoformat()}
    books.keep_bookmark(BOOKMARK, json.dumps(place))


def last(books: Books) -> Pulse | None:
    """The last sign of life; None when there never was one that we understand."""
    try:
        found = json.loads(books.bookmark(BOOKMARK) or "null")
        return Pulse(
            at=datetime.fromisoformat(found["at"]),
            state=State(found["state"]),
            since=datetime.fromisoformat(found["since"]),
        )
    except (ValueError, TypeError, KeyError):
        return None


@dataclass(frozen=True, slots=True)
class Silence:
    """Why what is shown may not be all there is. `since` is None when nobody ever listened."""

    because: State | None
    """STOPPED: ended in good order; UNLINKED: runs without the PBX; None: gone without a word, or never there."""
    since: datetime | None


def silence(pulse: Pulse | None, now: datetime) -> Silence | None:
    """What people must be warned of; None while the service listens."""
    if pulse is None:
        return Silence(None, None)
    if pulse.state is State.STOPPED:
        return Silence(State.STOPPED, pulse.since)
    if now - pulse.at > SILENT_AFTER:
        return Silence(None, pulse.at)
    if pulse.state is State.UNLINKED and now - pulse.since > UNLINKED_AFTER:
        return Silence(State.UNLINKED, pulse.since)
    return None
