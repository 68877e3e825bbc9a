"""Calendar weeks (ISO 8601: Monday to Sunday) in a site's own time zone, and spans of time in UTC."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Self
from zoneinfo import ZoneInfo

DAYS = 7
_WRITTEN = re.compile(r"(\d{4})-W(\d{2})", re.ASCII)
_YEARS = range(2000, 2200)
"""Years that a week may be asked for: all that a clinic's books can hold, and none that overflow."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From a time until before another, both in UTC."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """A week, named by its Monday."""

    monday: date

    @classmethod
    def of(cls, day: date) -> Self:
        """The week a day lies in."""
        return cls(day - timedelta(days=day.weekday()))

    @classmethod
    def at(cls, moment: datetime, zone: str) -> Self:
        """The week a moment lies in, where clocks show that zone."""
        return cls.of(moment.astimezone(ZoneInfo(zone)).date())

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of `2026-W47`; raises ValueError saying how it is written."""
        found = _WRITTEN.fullmatch(text)
        try:
            if found and int(found[1]) in _YEARS:
                return cls(date.fromisocalendar(int(found[1]), int(found[2]), 1))
        except ValueError:
            pass
        raise ValueError("is no week: write its year and number, as in 2026-W47")

    def __str__(self) -> str:
        year, number, _ = self.monday.isocalendar()
        return f"{year}-W{number:02}"

    @property
    def sunday(self) -> date:
        return self.monday + timedelta(days=DAYS - 1)

    def plus(self, weeks: int) -> "Week":
        """So many weeks later, or earlier."""
        return Week(self.monday + timedelta(weeks=weeks))

    def span(self, zone: str) -> Span:
        """From Monday's midnight to the next one's; with summer time that may be 167 or 169 hours."""
        return Span(_midnight(self.monday, zone), _midnight(self.monday + timedelta(days=DAYS), zone))

    def days(self, zone: str) -> tuple[Span, ...]:
        """The seven days, from midnight to midnight."""
        edges = [_midnight(self.monday + timedelta(days=day), zone) for day in range(DAYS + 1)]
        return tuple(Span(begins, ends) for begins, ends in pairwise(edges))

    def hour(self, weekday: int, hour: int, zone: str) -> tuple[Span, ...]:
        """The stretches of this week in which clocks show that hour: none or two where they are put."""
        begins = _midnight(self.monday + timedelta(days=weekday), zone)
        ends = _midnight(self.monday + timedelta(days=weekday + 1), zone)
        there, found, at = ZoneInfo(zone), list[Span](), begins
        while at < ends:
            if at.astimezone(there).hour == hour:
                if found and found[-1].ends == at:
                    found[-1] = Span(found[-1].begins, at + QUARTER)
                else:
                    found.append(Span(at, at + QUARTER))
            at += QUARTER
        return tuple(found)


QUARTER = timedelta(minutes=15)
"""Every zone's hours begin at a quarter of an hour of UTC."""


def last(until: Week, weeks: int) -> tuple[Week, ...]:
    """So many weeks, oldest first, the last of them `until`."""
    return tuple(until.plus(-back) for back in reversed(range(weeks)))


def _midnight(day: date, zone: str) -> datetime:
    """When a day begins. Where summer time begins at midnight, that is when clocks jump past it."""
    return datetime.combine(day, time(0), ZoneInfo(zone)).astimezone(UTC)
