"""Business time: when a clinic is open, and clocks that only run then."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

Period = tuple[time, time]
"""Opens and closes, in the clinic's local time; `time(0)` as the end means midnight."""


class Clock(StrEnum):
    """When a task is due; all of them run in business time."""

    NOW = "now"
    WITHIN_THE_HOUR = "within-the-hour"
    SAME_DAY = "same-business-day"
    NEXT_DAY = "next-business-day"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningHours:
    """When a clinic is open. Weekdays count from Monday = 0."""

    zone: str
    """IANA time zone, for example `America/New_York`."""
    week: dict[int, tuple[Period, ...]]
    """Several periods a day; a weekday that is absent is closed."""
    days: dict[date, tuple[Period, ...]] = field(default_factory=dict)
    """Days with other hours; an empty tuple is a holiday."""


LOOK_AHEAD = 400
"""Days searched for an opening; a clinic that is closed for longer is closed for good."""


def is_open(hours: OpeningHours, at: datetime) -> bool:
    """True while the clinic is open."""
    return any(start <= at < end for start, end in _periods_around(hours, at))


def next_opening(hours: OpeningHours, at: datetime) -> datetime | None:
    """When it opens next (UTC), or `at` itself while it is open; None when it never does."""
    for start, end in _periods_from(hours, at):
        if at < end:
            return max(at, start)
    return None


def closes_at(hours: OpeningHours, at: datetime) -> datetime | None:
    """When it closes (UTC), past midnight too; None while it is closed, and where it never closes."""
    closing = None
    for start, end in _periods_from(hours, at):
        if start > (closing or at):
            return closing
        if end > at:
            closing = end
    horizon = at + timedelta(days=LOOK_AHEAD - 2)
    return closing if closing is not None and closing < horizon else None


def kind_of_time(hours: OpeningHours, at: datetime) -> str:
    """`open`, `closed` or `holiday`."""
    if is_open(hours, at):
        return "open"
    return "holiday" if hours.days.get(_local_date(hours, at)) == () else "closed"


def add_business_time(hours: OpeningHours, at: datetime, delta: timedelta) -> datetime:
    """When `delta` of opening time has passed since `at`. A clinic that never opens counts by the wall."""
    left = delta
    for start, end in _periods_from(hours, at):
        begin = max(start, at)
        if begin >= end:
            continue
        if left <= end - begin:
            return begin + left
        left -= end - begin
    return at + delta


def business_time_between(hours: OpeningHours, begin: datetime, end: datetime) -> timedelta:
    """How much opening time lies between two times; zero when `end` is not later."""
    total = timedelta(0)
    for opens, closes in _periods_from(hours, begin):
        if opens >= end:
            break
        total += max(min(closes, end) - max(opens, begin), timedelta(0))
    return total


def end_of_business_day(hours: OpeningHours, at: datetime, days_ahead: int) -> datetime:
    """The last closing time of the n-th day still to come on which it is open; 0 is today while it lasts."""
    ends: dict[date, datetime] = {}
    for start, end in _periods_from(hours, at):
        if end <= at:
            continue
        ends[_local_date(hours, start)] = end
        if len(ends) > days_ahead + 1:
            break
    closing = list(ends.values())
    return closing[days_ahead] if len(closing) > days_ahead else at + timedelta(days=days_ahead + 1)


def _local_date(hours: OpeningHours, at: datetime) -> date:
    return at.astimezone(ZoneInfo(hours.zone)).date()


def _periods_around(hours: OpeningHours, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    day = _local_date(hours, at)
    yield from _periods_of(hours, day)


def _periods_from(hours: OpeningHours, at: datetime) -> Iterator[tuple[datetime, datetime]]:
    """Opening periods in UTC, from the local day of `at` on."""
    day = _local_date(hours, at)
    for ahead in range(LOOK_AHEAD):
        yield from _periods_of(hours, day + timedelta(days=ahead))


def _periods_of(hours: OpeningHours, day: date) -> Iterator[tuple[datetime, datetime]]:
    zone = ZoneInfo(hours.zone)
    for opens, closes in sorted(hours.days.get(day, hours.week.get(day.weekday(), ()))):
        start = datetime.combine(day, opens, zone).astimezone(UTC)
        last = day + timedelta(days=1) if closes == time(0) else day
        end = datetime.combine(last, closes, zone).astimezone(UTC)
        if start < end:
            yield start, end


def due(hours: OpeningHours, clock: Clock, at: datetime) -> datetime:
    """When work that came in at `at` is due by that clock."""
    if clock is Clock.NOW:
        return at
    if clock is Clock.WITHIN_THE_HOUR:
        return add_business_time(hours, at, timedelta(hours=1))
    return end_of_business_day(hours, at, 0 if clock is Clock.SAME_DAY else 1)
