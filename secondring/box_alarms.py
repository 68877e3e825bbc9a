"""A site box's alarms on their way to its centre, and the one about the certificate that it is known by there."""

from datetime import datetime
from pathlib import Path

from secondring.certificates import ends_at
from secondring.domain import centre_health, health
from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.dispatches import AlarmTold, Spool
from secondring.domain.errors import ConfigError
from secondring.domain.ports import Books
from secondring.domain.rules import Rules

ALARMS_TOLD, PAPER_TOLD = "alarms told the centre", "certificate told of"
"""The bookmarks."""


def spool_alarms(books: Books, to: Spool, at: datetime) -> int:
    """Put into the spool what was raised since this was last done; returns how many were.

    What is about the way to the centre is told here alone: there it would come when it is over.
    """
    since_told = books.bookmark(ALARMS_TOLD)
    since = datetime.fromisoformat(since_told) if since_told else at
    fresh = [alarm for alarm in books.alarms(since=since, limit=100) if alarm.raised_at > since]
    for alarm in reversed(fresh):
        if not alarm.kind.startswith("urgent") and alarm.kind not in centre_health.ABOUT_THE_WAY:
            to.add(
                books,
                AlarmTold(kind=alarm.kind, because=alarm.because, site=alarm.site, at=alarm.raised_at),
                at,
            )
    newest = max((alarm.raised_at for alarm in fresh), default=since)
    if since_told is None or fresh:
        books.keep_bookmark(ALARMS_TOLD, newest.isoformat())
    return len(fresh)


def warn_of_paper(books: Books, paper: Path, rules: Rules, at: datetime) -> None:
    """Raise an alarm, once a day, while the certificate that the broker knows us by is about to run out."""
    try:
        left = ends_at(paper) - at
    except ConfigError:
        return  # the link says so
    today = at.date().isoformat()
    if left < health.CERTIFICATE_SOON and books.bookmark(PAPER_TOLD) != today:
        because = f"the certificate of this site box runs out in {max(left.days, 0)} days: `secondring sites add` again"
        raise_in(books, Alarm("site-certificate", because), rules, at)
        books.keep_bookmark(PAPER_TOLD, today)
