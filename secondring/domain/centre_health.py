"""How its centre is doing, as a site box knows: whether it answers, and whether it can open what the box says."""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from secondring.domain.health import Finding, State
from secondring.domain.ports import Books
from secondring.domain.site_health import SPOOL_OLDEST, span
from secondring.domain.site_ports import SpoolState

LATELY = timedelta(seconds=35)
"""Three beats: an answer within them is an answer."""
SILENT_AFTER = timedelta(minutes=5)
"""So long without an answer is worth telling people at the site: nobody at the centre may know."""
SILENT, REFUSES = "centre-silent", "centre-refuses"
ABOUT_THE_WAY = frozenset({SILENT, REFUSES})
"""Kinds of alarms. They are about the way to the centre, so they do not travel there."""
BOOKMARK = "centre"


class Refusal(StrEnum):
    """Why a centre does not take what a box says, as it travels."""

    SEAL = "seal"
    """It does not open with the key that the centre has for the box."""
    UNKNOWN = "unknown"
    """The centre has no such box."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands:
    """How things stand between us and the centre."""

    at: datetime
    """When this was last looked at."""
    since: datetime
    """Since when this process asks."""
    linked: bool = False
    """To the broker between us."""
    answered_at: datetime | None = None
    """When it last answered something of ours, in words that only it can seal."""
    taken_at: datetime | None = None
    """When it last said that a dispatch is in its books."""
    refusal: Refusal | None = None
    refused_since: datetime | None = None

    def answers(self, now: datetime) -> bool:
        return self.answered_at is not None and now - self.answered_at <= LATELY

    def quiet_for(self, now: datetime) -> timedelta:
        """Without an answer, and with us asking."""
        return now - max(self.since, self.answered_at or self.since)


def remembering(stands: Stands, before: Stands | None) -> Stands:
    """With what an earlier process knew of when the centre answered."""
    if before is None:
        return stands
    return replace(
        stands,
        answered_at=stands.answered_at or before.answered_at,
        taken_at=stands.taken_at or before.taken_at,
    )


def looked_at(before: Stands, now: datetime, *, linked: bool) -> Stands:
    """Somebody looks, every few seconds."""
    return replace(before, at=now, linked=linked)


def answered(before: Stands, now: datetime) -> Stands:
    """It answered a sign of life. Whatever it refused is over."""
    return replace(before, answered_at=now, refusal=None, refused_since=None)


def taken(before: Stands, now: datetime) -> Stands:
    """It has a dispatch in its books."""
    return replace(answered(before, now), taken_at=now)


def refused(before: Stands, because: Refusal, now: datetime) -> Stands:
    """Somebody says in the centre's name that it does not take our words. Not sealed, for there is no key in common:
    while the centre answers in sealed words, nothing of the kind is believed.
    """
    if before.answers(now) or before.refusal is because:
        return before
    return replace(before, refusal=because, refused_since=now)


ANEW = (
    "at the centre run `sites add` for this box again, copy its folder here (the file `seal` is what matters) and"
    " restart the service here and there"
)
REMEDIES = {
    Refusal.SEAL: f"the seal key here is not the one that the centre has for this box: {ANEW}",
    Refusal.UNKNOWN: f"no box of this name is configured there, or it was taken out; to have it again, {ANEW}",
}
"""No whole commands: they would be shown with the `--config` of this machine, and are for another."""
SHORT = {
    Refusal.SEAL: "the centre cannot open what this box sends",
    Refusal.UNKNOWN: "the centre does not know this box",
}


def alarm_of(stands: Stands, now: datetime) -> tuple[str, str] | None:
    """Kind and words of what people at the site must know of now."""
    if stands.refusal is not None:
        return (
            REFUSES,
            f"{SHORT[stands.refusal]}, so nothing that happens here is texted: {REMEDIES[stands.refusal]}",
        )
    if stands.quiet_for(now) > SILENT_AFTER:
        minutes = int(SILENT_AFTER.total_seconds()) // 60
        return SILENT, (
            f"the centre has not answered for {minutes} minutes: calls here wait in the spool and nobody is texted;"
            " keys and the ladder work. Look at the line, the broker and the centre's service"
        )
    return None


def finding(stands: Stands | None, spool: SpoolState, now: datetime) -> Finding:
    """For `doctor` and whoever asks."""
    name, shown = "centre", "The centre"
    waits = waiting(spool, now)
    if stands is None or now - stands.at > LATELY:
        seen = f", it last answered {_ago(stands.answered_at, now)}" if stands and stands.answered_at else ""
        return Finding(
            name, shown, State.UNKNOWN, f"nobody asks it, for the service does not run here{seen}; {waits}"
        )
    if stands.refusal is not None and stands.refused_since is not None:
        since = f"{stands.refused_since:%Y-%m-%d %H:%M} UTC"
        words = f"{SHORT[stands.refusal]} (since {since}); {waits}"
        return Finding(name, shown, State.BAD, words, REMEDIES[stands.refusal])
    if stands.answers(now):
        took = f"; took a dispatch {_ago(stands.taken_at, now)}" if stands.taken_at else ""
        words = f"answered {_ago(stands.answered_at, now)}{took}; {waits}"
        stuck = spool.oldest_at is not None and now - spool.oldest_at > SPOOL_OLDEST
        remedy = "It is catching up, or the centre refuses some of it: see `sites list` and the log there"
        return Finding(name, shown, State.WARN if stuck else State.OK, words, remedy if stuck else "")
    if now - stands.since <= LATELY:
        return Finding(
            name, shown, State.UNKNOWN, f"has not answered yet; {waits}", "Look again in half a minute"
        )
    ever = f"last answered {_ago(stands.answered_at, now)}" if stands.answered_at else "never answered"
    broker = "linked to its broker" if stands.linked else "no link to its broker"
    remedy = (
        "is `gateway` (or `run`) up at the centre, and as new as here? (an older one does not answer)"
        if stands.linked
        else "the line, the broker's machine and port, this box's certificate: the check of the broker names it"
    )
    return Finding(name, shown, State.BAD, f"{ever}; {broker}; {waits}", remedy)


def waiting(spool: SpoolState, now: datetime) -> str:
    """`3 wait in the spool, the oldest for 12 min`."""
    if not spool.waiting or spool.oldest_at is None:
        return "its spool is empty"
    verb = "waits" if spool.waiting == 1 else "wait"
    return f"{spool.waiting} {verb} in the spool, the oldest for {span(now - spool.oldest_at)}"


def _ago(at: datetime | None, now: datetime) -> str:
    return f"{span(now - at)} ago" if at else "never"


def keep(books: Books, stands: Stands) -> None:
    """Remember it, for `doctor` and for the next process."""
    told = {
        "at": stands.at.isoformat(),
        "since": stands.since.isoformat(),
        "linked": stands.linked,
        "answered_at": _iso(stands.answered_at),
        "taken_at": _iso(stands.taken_at),
        "refusal": stands.refusal,
        "refused_since": _iso(stands.refused_since),
    }
    books.keep_bookmark(BOOKMARK, json.dumps(told))


def last(books: Books) -> Stands | None:
    """What was last noted; None when nothing was that we understand."""
    try:
        told = json.loads(books.bookmark(BOOKMARK) or "null")
        return Stands(
            at=datetime.fromisoformat(told["at"]),
            since=datetime.fromisoformat(told["since"]),
            linked=bool(told["linked"]),
            answered_at=_at(told["answered_at"]),
            taken_at=_at(told["taken_at"]),
            refusal=Refusal(told["refusal"]) if told["refusal"] else None,
            refused_since=_at(told["refused_since"]),
        )
    except (ValueError, TypeError, KeyError):
        return None


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _at(told: str | None) -> datetime | None:
    return datetime.fromisoformat(told) if told else None
