"""The weekly digest: which week is due when, and what it says. It names no patient and quotes nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from secondring.domain.advice import advice
from secondring.domain.board import Board
from secondring.domain.drift import can_tell, drift
from secondring.domain.findings import Finding, Kind
from secondring.domain.ids import JobKey, SiteId
from secondring.domain.lines import Line, lines
from secondring.domain.moves import headline, moves
from secondring.domain.ports import Books
from secondring.domain.records import Job
from secondring.domain.weeks import Week

DIGEST = "digest"
SENT = "digest-sent"
"""The bookmark that names the last week that was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestRules:
    """When the digest of a week goes out: on a day of the next one, in the zone of the first site."""

    weekday: int
    """Monday is 0."""
    hour: int
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What the mail says."""

    week: Week
    headline: str
    lines: tuple[Line, ...]
    moved: tuple[Finding, ...]
    drifted: tuple[Finding, ...]
    can_tell: bool
    """There are weeks enough to say that nothing drifted."""
    to_fix: tuple[Finding, ...]


def make_digest(board: Board, names: Mapping[SiteId, str]) -> Digest:
    """The digest of the last week of a board of one week."""
    return Digest(
        week=board.until,
        headline=headline(board),
        lines=lines(board),
        moved=tuple(moves(board, names)),
        drifted=tuple(drift(board, names)),
        can_tell=can_tell(board),
        to_fix=tuple(finding for finding in advice(board) if finding.kind is not Kind.UNTEXTED),
    )


# ---------------------------------------------------------------- when


def due_at(week: Week, rules: DigestRules) -> datetime:
    """When the digest of a week goes out: in the week after it."""
    day = week.plus(1).monday + timedelta(days=rules.weekday)
    return datetime.combine(day, time(rules.hour), ZoneInfo(rules.zone))


def due_week(now: datetime, rules: DigestRules) -> Week:
    """The newest week whose digest is due by now."""
    week = Week.at(now, rules.zone).plus(-1)
    return week if due_at(week, rules) <= now else week.plus(-1)


def digest_key(week: Week) -> JobKey:
    return JobKey(f"{DIGEST}:{week}")


def plan(books: Books, rules: DigestRules, now: datetime) -> bool:
    """Plan the digest that is due, unless it was sent or is planned; True when it is new.

    The first time nothing is sent: a clinic that has just installed us has no week to speak of.
    """
    week = due_week(now, rules)
    sent = books.bookmark(SENT)
    if sent is None:
        books.keep_bookmark(SENT, str(week))
        return False
    if Week.parse(sent) >= week:
        return False
    return books.add_job(Job(key=digest_key(week), kind=DIGEST, ref=str(week), due_at=now))


def sent(books: Books, job: Job) -> None:
    """It is with the mail server: finish the job and remember the week, in one transaction."""
    books.finish_job(job)
    before = books.bookmark(SENT)
    if before is None or Week.parse(before) < Week.parse(job.ref):
        books.keep_bookmark(SENT, job.ref)
