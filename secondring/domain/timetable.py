"""When patients may book themselves: weekly patterns, exceptions, visit types, and the times still open.

The open times are a pure function of the timetable, of what is taken, and of the moment. All times are aware
UTC; patterns are local, so a day on which the clocks change is shorter or longer and nothing else.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from secondring.domain.hours import Period

GRAIN = timedelta(minutes=5)
"""Every booking begins and ends on a multiple of this; the database keeps a row for each."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitType:
    """One kind of visit that patients may choose."""

    id: str
    names: dict[str, str]
    """What patients read, by language; English is always there."""
    length: timedelta
    """A multiple of GRAIN."""
    week: dict[int, tuple[Period, ...]] | None = None
    """Its own weekly pattern, within the timetable's; None when it has none."""

    def name(self, language: str) -> str:
        """What patients read."""
        return self.names.get(language) or self.names["en"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """The bookable hours of a site. Weekdays count from Monday = 0."""

    zone: str
    """IANA time zone."""
    week: dict[int, tuple[Period, ...]]
    days: dict[date, tuple[Period, ...]] = field(default_factory=dict)
    """Exceptions: days with other hours; an empty tuple is a day off."""
    visits: tuple[VisitType, ...]
    every: timedelta | None = None
    """From one beginning to the next, a multiple of GRAIN; None: the length of the visit."""
    capacity: int = 1
    """Visits at one time. Each has a seat of its own from its beginning to its end: a doctor, a room."""
    lead: timedelta = timedelta(hours=2)
    """A time closer than this is not offered any more."""
    horizon: timedelta = timedelta(days=30)
    """A time further away than this is not offered yet."""
    address: str = ""
    """Where to come, as patients read it."""
    elsewhere: bool = False
    """An EHR says what is open: weekly patterns, exceptions, capacity and steps count for nothing."""

    def visit(self, visit: str) -> VisitType | None:
        """The visit type of that id; None when there is none, or none any more."""
        return next((one for one in self.visits if one.id == visit), None)


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A time that may be booked."""

    starts_at: datetime
    ends_at: datetime
    seat: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Taken:
    """A time that is somebody's already."""

    starts_at: datetime
    ends_at: datetime
    seat: int


def open_slots(
    timetable: Timetable, visit: VisitType, taken: Iterable[Taken], now: datetime
) -> Iterator[Slot]:
    """The times at which such a visit may be booked, soonest first."""
    busy = occupied(taken)
    for starts_at in beginnings(timetable, visit, now):
        ends_at = starts_at + visit.length
        seat = free_seat(timetable.capacity, busy, starts_at, ends_at)
        if seat is not None:
            yield Slot(starts_at, ends_at, seat)


def beginnings(timetable: Timetable, visit: VisitType, now: datetime) -> Iterator[datetime]:
    """Every time at which such a visit may begin, taken or not, in order."""
    first, last = now + timetable.lead, now + timetable.horizon
    zone = ZoneInfo(timetable.zone)
    step = timetable.every or visit.length
    day, end = first.astimezone(zone).date(), last.astimezone(zone).date()
    while day <= end:
        for opens, closes in periods(timetable, visit, day):
            starts_at = opens
            while starts_at + visit.length <= closes:
                if first <= starts_at <= last:
                    yield starts_at
                starts_at += step
        day += timedelta(days=1)


def periods(timetable: Timetable, visit: VisitType, day: date) -> list[tuple[datetime, datetime]]:
    """When such a visit may take place on a local day, in UTC."""
    found = timetable.days.get(day, timetable.week.get(day.weekday(), ()))
    if visit.week is not None:
        found = within(found, visit.week.get(day.weekday(), ()))
    zone = ZoneInfo(timetable.zone)
    spans = (
        (max(_readings(day, opens, zone)), min(_readings(_last(day, closes), closes, zone)))
        for opens, closes in found
    )
    return sorted((opens, closes) for opens, closes in spans if opens < closes)


def _last(day: date, closes: time) -> date:
    return day + timedelta(days=1) if closes == time(0) else day


def _readings(day: date, clock: time, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """What a local time may mean in UTC: two moments where the clocks are set back or forward over it.

    Opening at the later and closing at the earlier one keeps every booking within the pattern by the wall clock.
    """
    local = datetime.combine(day, clock, zone)
    return local.replace(fold=0).astimezone(UTC), local.replace(fold=1).astimezone(UTC)


def within(periods: tuple[Period, ...], limits: tuple[Period, ...]) -> tuple[Period, ...]:
    """The parts of periods that lie in others."""
    both = ((max(start, first), _earlier(end, last)) for start, end in periods for first, last in limits)
    return tuple(sorted((start, end) for start, end in both if end == time(0) or start < end))


def _earlier(one: time, other: time) -> time:
    """The earlier of two endings, where midnight is the end of the day."""
    return min(one, other, key=lambda end: (end == time(0), end))


Occupied = Mapping[datetime, set[int]]
"""The seats that are somebody's, by the five minutes."""


def occupied(taken: Iterable[Taken]) -> Occupied:
    """Whose seats are not free, and when."""
    seats: dict[datetime, set[int]] = {}
    for one in taken:
        for grain in grains(one.starts_at, one.ends_at):
            seats.setdefault(grain, set()).add(one.seat)
    return seats


def free_seat(capacity: int, busy: Occupied, starts_at: datetime, ends_at: datetime) -> int | None:
    """A seat that is free throughout; None when there is none.

    Counts as well as looks: a site that lowered its capacity may have people in seats that are no more.
    """
    used: set[int] = set()
    for grain in grains(starts_at, ends_at):
        here = busy.get(grain, set())
        if len(here) >= capacity:
            return None
        used |= here
    return next((seat for seat in range(capacity) if seat not in used), None)


def grains(starts_at: datetime, ends_at: datetime) -> list[datetime]:
    """The beginnings of the five minutes that a visit touches."""
    at = starts_at - (starts_at - EPOCH) % GRAIN
    found = []
    while at < ends_at:
        found.append(at)
        at += GRAIN
    return found
