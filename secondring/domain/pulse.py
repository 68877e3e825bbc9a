"""Which services are alive: what each says of itself in the books, and what people are told when one says nothing.

An empty list of tasks means a quiet morning only while somebody listens. `run` speaks for all services at once.
"""

import json
from collections.abc import Collection, Iterable, Mapping
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


RUN = "run"
"""The command that is all of them in one process."""
UNITS = {
    Service.LISTEN: "secondring-listener",
    Service.AGI: "secondring-agi",
    Service.GATEWAY: "secondring-gateway",
    Service.WEB: "secondring-web",
}
"""What systemd knows each by where they run apart; `secondring` is `run`, and starting that one stops all of these."""
TARGET = "secondring.target"
"""The four of them."""


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
    by: str = ""
    """The command that its process is: its own, or `run`. Empty: said by a version that did not tell."""


def keep(
    books: Books,
    state: State,
    now: datetime,
    service: Service = Service.LISTEN,
    says: Iterable[Mapping[str, str]] = (),
    by: str = "",
) -> None:
    """Note a sign of life."""
    before = last(books, service)
    since = before.since if before and before.state is state and now - before.at < SILENT_AFTER else now
    place = {"at": now.isoformat(), "state": state, "since": since.isoformat(), "says": list(says), "by": by}
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
            by=str(found.get("by", "")),
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


BESIDE = (Service.LISTEN, Service.AGI, Service.GATEWAY)
"""Those without which callers are not served; what is expected where nobody says otherwise."""


def silences(books: Books, now: datetime, expected: Collection[Service] = BESIDE) -> dict[Service, Silence]:
    """Which of those expected once ran here and are not alive; of the one that listens `silence` tells.

    Where none listens, at a centre without a PBX, the gateway is what has to be there, also if it never ran.
    """
    found = {service: last(books, service) for service in expected if service is not Service.LISTEN}
    always = None if Service.LISTEN in expected else Service.GATEWAY
    quiet = {
        service: silence(pulse, now)
        for service, pulse in found.items()
        if pulse is not None or service is always
    }
    return {service: one for service, one in quiet.items() if one is not None}


def are_apart(books: Books, now: datetime) -> bool:
    """Each service runs by itself here: the last that said something was not `run`."""
    known = [pulse for service in Service if (pulse := last(books, service)) is not None]
    if not known:
        return False
    newest = max(known, key=lambda pulse: pulse.at)
    if newest.by:
        return newest.by != RUN
    return silence(newest, now) is None  # asked for what is missing: `run` would have gone as a whole


def to_start(gone: Collection[Service], *, apart: bool, whole: bool = True) -> str:
    """The command that starts what is gone and stops nothing. `whole`: all four have their place on this machine."""
    if not apart:
        return "systemctl start secondring"
    units = " ".join(UNITS[service] for service in gone)
    return f"systemctl start {units}{f' (all four: {TARGET})' if whole else ''}"
