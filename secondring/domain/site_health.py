"""How site boxes are doing, as their centre knows: when each was last heard of, and how much waits in its spool."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from secondring.domain import pulse
from secondring.domain.centre_desk import Box
from secondring.domain.health import Finding, State
from secondring.domain.ports import Books
from secondring.domain.pulse import Service
from secondring.domain.pulse import State as Stands

SILENT_AFTER = timedelta(seconds=60)
"""Six beats that did not come."""
GONE_AFTER = timedelta(seconds=20)
"""A box that comes back at once after a broken link is not worth an alarm: two beats."""
SPOOL_MOST = 500
SPOOL_OLDEST = timedelta(minutes=10)
"""More waits, or for longer, than a line that works leaves waiting."""
SILENT, SPOOL = "site-silent", "site-spool"
"""Kinds of alarms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """What a box says of itself, every few seconds."""

    at: datetime
    """By the box's own clock."""
    waiting: int
    oldest_at: datetime | None
    listening: bool
    """It hears its PBX."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What is known of a box."""

    at: datetime
    """When it was last heard of, by our clock."""
    beat: Beat | None = None
    offline_since: datetime | None = None
    """The broker, or the box itself, said that it is gone."""

    def is_silent(self, now: datetime) -> bool:
        said_gone = self.offline_since is not None and now - self.offline_since > GONE_AFTER
        return said_gone or now - self.at > SILENT_AFTER

    @property
    def spool_grows(self) -> bool:
        beat = self.beat
        if beat is None:
            return False
        waits_long = beat.oldest_at is not None and beat.at - beat.oldest_at > SPOOL_OLDEST
        return beat.waiting > SPOOL_MOST or waits_long


def place(box: str) -> str:
    """The bookmark."""
    return f"site box {box}"


def keep(books: Books, box: str, heard: Heard) -> None:
    """Remember it."""
    beat = heard.beat
    told = {
        "at": heard.at.isoformat(),
        "offline_since": heard.offline_since.isoformat() if heard.offline_since else None,
        "beat": {
            "at": beat.at.isoformat(),
            "waiting": beat.waiting,
            "oldest_at": beat.oldest_at.isoformat() if beat.oldest_at else None,
            "listening": beat.listening,
        }
        if beat
        else None,
    }
    books.keep_bookmark(place(box), json.dumps(told))


def last(books: Books, box: str) -> Heard | None:
    """What is known of a box; None when it was never heard of."""
    try:
        found = json.loads(books.bookmark(place(box)) or "null")
        told = found["beat"]
        return Heard(
            at=datetime.fromisoformat(found["at"]),
            offline_since=_maybe(found["offline_since"]),
            beat=Beat(
                at=datetime.fromisoformat(told["at"]),
                waiting=int(told["waiting"]),
                oldest_at=_maybe(told["oldest_at"]),
                listening=bool(told["listening"]),
            )
            if told
            else None,
        )
    except (ValueError, TypeError, KeyError):
        return None


def _maybe(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None


def beaten(before: Heard | None, beat: Beat, now: datetime) -> Heard:
    """A sign of life. One that is older than the last was kept by somebody and sent again: it says nothing."""
    if before is not None and before.beat is not None and beat.at < before.beat.at:
        return before
    return Heard(at=now, beat=beat)


def gone(before: Heard | None, now: datetime) -> Heard:
    """The broker said that the box is gone."""
    known = before or Heard(at=now)
    return known if known.offline_since else replace(known, offline_since=now)


def silent_boxes(books: Books, boxes: Sequence[Box], now: datetime) -> list[tuple[str, datetime | None]]:
    """Boxes that are not heard of, and since when: what they know is not shown yet. None: never yet."""
    known = [(box.name, last(books, box.name)) for box in boxes]
    return [
        (name, (heard.offline_since or heard.at) if heard else None)
        for name, heard in known
        if heard is None or heard.is_silent(now)
    ]


def findings(books: Books, boxes: Sequence[Box], now: datetime) -> list[Finding]:
    """One for each box, for the health page and `doctor`."""
    found = []
    for box in boxes:
        heard = last(books, box.name)
        early = is_early(books, heard, now)
        found.append(_not_yet(box.name) if early else _finding(box.name, heard, now))
    return found


def is_early(books: Books, heard: Heard | None, now: datetime) -> bool:
    """Whether a box that is not heard of had no time to be: the service that hears boxes does not run, or just began.

    One that was heard of before and is not now, while nothing runs here, is silent all the same.
    """
    if heard is not None and not heard.is_silent(now):
        return False
    service = pulse.last(books, Service.GATEWAY)
    if service is None or service.state is Stands.STOPPED or pulse.silence(service, now) is not None:
        return heard is None
    return now - service.since < SILENT_AFTER


NOT_YET = "not heard of yet"
EARLY = (
    "A box has a minute from when the service starts here: look again then. After `sites add` the service has to be"
    " restarted."
)
# The commands below are for the box: whole ones would be shown with the `--config` of this machine.
REMEDY = (
    "Its calls wait there and its ladder works; nobody here sees them. On the box: `systemctl status"
    " secondring.target; secondring doctor`."
)


def _not_yet(box: str) -> Finding:
    return Finding(f"box-{box}", f"Site box {box}", State.UNKNOWN, NOT_YET, EARLY)


def _finding(box: str, heard: Heard | None, now: datetime) -> Finding:
    name, shown = f"box-{box}", f"Site box {box}"
    if heard is None:
        return Finding(name, shown, State.BAD, "was never heard of", REMEDY)
    if heard.is_silent(now):
        since = heard.offline_since or heard.at
        return Finding(name, shown, State.BAD, f"silent for {span(now - since)}", REMEDY)
    beat = heard.beat
    waiting = f"{beat.waiting} waiting in its spool" if beat and beat.waiting else "its spool is empty"
    if heard.spool_grows:
        return Finding(
            name, shown, State.WARN, waiting, "It is catching up, or we refuse what it sends: see our log."
        )
    if beat is not None and not beat.listening:
        return Finding(name, shown, State.BAD, "hears nothing of its PBX", "Run `doctor` on the box.")
    return Finding(name, shown, State.OK, f"heard of {span(now - heard.at)} ago; {waiting}")


def span(length: timedelta) -> str:
    """`2 h 10 min`, `14 s`."""
    seconds = max(int(length.total_seconds()), 0)
    hours, minutes = divmod(seconds // 60, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds} s"
