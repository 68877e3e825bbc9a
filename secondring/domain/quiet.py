"""A signal that went quiet: calls that should have come by now, going by the same hour of past weeks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from secondring.domain.hours import kind_of_time
from secondring.domain.ports import Books
from secondring.domain.records import Call
from secondring.domain.rules import Rules

WEEKS = 4
LEAST_WEEKS = 2
EXPECTED = 6.0
"""So many calls missing are no chance: of four hundred such silences one is."""
SHORTEST = timedelta(minutes=5)
LOOK_BACK = timedelta(hours=12)
MANY = 2000
WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Quiet:
    """Since when nothing was heard, and what would have been usual."""

    since: datetime
    expected: float

    @property
    def in_words(self) -> str:
        """For an alarm."""
        return (
            f"no call was heard since {self.since:%H:%M} UTC, and {self.expected:.0f} are usual in that time of the"
            " week: see whether calls still reach the PBX, and run `secondring doctor`"
        )


def look(books: Books, rules: Rules, now: datetime) -> Quiet | None:
    """Whether it is too quiet to be true; None when all is well, or too little is known to tell."""
    if all(kind_of_time(site.hours, now) == "holiday" for site in rules.sites):
        return None
    begin = max(_last_heard(books, now), now - LOOK_BACK)
    if now - begin < SHORTEST:
        return None
    counts = [
        len(_heard(books, begin - WEEK * week, now - WEEK * week, MANY)) for week in range(1, WEEKS + 1)
    ]
    return judge(counts, begin)


def judge(counts: Sequence[int], since: datetime) -> Quiet | None:
    """From how many calls came in the same time of past weeks, newest first. Weeks with none tell nothing by
    themselves (a holiday, or we were not there yet), but too few others are no habit.
    """
    busy = [count for count in counts if count]
    if len(busy) < LEAST_WEEKS:
        return None
    expected = sum(busy) / max(len(busy), LEAST_WEEKS)
    return Quiet(since, expected) if expected >= EXPECTED else None


def _last_heard(books: Books, now: datetime) -> datetime:
    heard = _heard(books, now - LOOK_BACK, now + timedelta(minutes=1), 50)
    return heard[0].started_at if heard else now - LOOK_BACK


def _heard(books: Books, since: datetime, until: datetime, limit: int) -> list[Call]:
    """Calls that came over the live link: what a record told afterwards is no sign that we listen."""
    found = books.calls(since=since, until=until, limit=limit)
    return [call for call in found if not call.late and call.direction == "inbound"]
