"""Which services are alive: what each says of itself in the books, and what people are told when one says nothing.

An empty list of tasks means a quiet morning only while somebody listens. `run` speaks for all services at once.
"""

import json
from collections.abc import Iterable, Mapping
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


class Service(StrEnum):
    """What can run as a process of its own, by its command."""

    LISTEN = "listen"
    AGI = "agi"
    GATEWAY = "gateway"
    WEB = "web"


class State(StrEnum):
    """What a service was at when it last said something."""

    LISTENING = "listening"
    WORKING = "working"
    """The same, of those that do not listen to the PBX."""
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
    says: tuple[Mapping[str, str], ...] = ()
    """How its parts are, for services that cannot see them: `health.from_pulse` reads it."""


def keep(
    books: Books,
    state: State,
    now: datetime,
    service: Service = Service.LISTEN,
    says: Iterable[Mapping[str, str]] = (),
) -> None:
    """Note a sign of life."""
    before = last(books, service)
    since = before.since if before and before.state is state and now - before.at < SILENT_AFTER else now
    place = {"at": now.isoformat(), "state": state, "since": since.isoformat(), "says": list(says)}
    books.keep_bookmark(_bookmark(service), json.dumps(place))


def last(books: Books, service: Service = Service.LISTEN) -> Pulse | None:
    """The last sign of life; None when there never was one that we understand."""
    try:
        found = json.loads(books.bookmark(_bookmark(service)) or "null")
        return Pulse(
            at=datetime.fromisoformat(found["at"]),
            state=State(found["state"]),
            since=datetime.fromisoformat(found["since"]),
            says=tuple(dict(one) for one in found.get("says", ())),
        )
    except (ValueError, TypeError, KeyError):
        return None


def _bookmark(service: Service) -> str:
    return BOOKMARK if service is Service.LISTEN else f"{BOOKMARK} {service}"


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


BESIDE = (Service.AGI, Service.GATEWAY)
"""Those without which callers are not served, though somebody listens."""


def silences(books: Books, now: datetime) -> dict[Service, Silence]:
    """Which of those once ran here and are not alive; of the one that listens `silence` tells."""
    found = {service: last(books, service) for service in BESIDE}
    quiet = {service: silence(pulse, now) for service, pulse in found.items() if pulse is not None}
    return {service: one for service, one in quiet.items() if one is not None}
