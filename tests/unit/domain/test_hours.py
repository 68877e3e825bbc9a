"""Business time: shifts, lunch, holidays, midnight, and the two days a year that are not 24 hours long."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.hours import (
    Clock,
    OpeningHours,
    Period,
    add_business_time,
    business_time_between,
    closes_at,
    due,
    end_of_business_day,
    is_open,
    kind_of_time,
    next_opening,
)

NEW_YORK = ZoneInfo("America/New_York")
WORKDAY = ((time(8), time(12)), (time(13), time(17)))
CLINIC = OpeningHours(
    zone="America/New_York",
    week=dict.fromkeys(range(5), WORKDAY),
    days={date(2026, 7, 3): (), date(2026, 12, 24): ((time(8), time(12)),)},
)
NEVER = OpeningHours(zone="America/New_York", week={})
ALWAYS = OpeningHours(zone="America/New_York", week=dict.fromkeys(range(7), ((time(0), time(0)),)))
NIGHT = OpeningHours(
    zone="America/New_York", week=dict.fromkeys(range(7), ((time(0), time(6)), (time(22), time(0))))
)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)
"""Sundays of 23 and of 25 hours in New York."""


def ny(text: str) -> datetime:
    """A New York wall-clock time, as UTC: `2026-03-02 08:00`."""
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK).astimezone(UTC)


# scenes (2 March 2026 is a Monday)


@pytest.mark.parametrize(
    ("at", "kind"),
    [
        ("2026-03-02 07:59", "closed"),
        ("2026-03-02 08:00", "open"),
        ("2026-03-02 11:59", "open"),
        ("2026-03-02 12:00", "closed"),
        ("2026-03-02 12:30", "closed"),
        ("2026-03-02 13:00", "open"),
        ("2026-03-02 17:00", "closed"),
        ("2026-03-07 10:00", "closed"),
        ("2026-07-03 10:00", "holiday"),
        ("2026-12-24 10:00", "open"),
        ("2026-12-24 14:00", "closed"),
    ],
)
def test_it_is_open_from_opening_up_to_but_not_at_closing(at: str, kind: str) -> None:
    assert kind_of_time(CLINIC, ny(at)) == kind
    assert is_open(CLINIC, ny(at)) is (kind == "open")


def test_the_next_opening_is_now_while_open_and_after_lunch_weekend_or_holiday_else() -> None:
    assert next_opening(CLINIC, ny("2026-03-02 09:15")) == ny("2026-03-02 09:15")
    assert next_opening(CLINIC, ny("2026-03-02 12:10")) == ny("2026-03-02 13:00")
    assert next_opening(CLINIC, ny("2026-03-06 17:00")) == ny("2026-03-09 08:00")
    assert next_opening(CLINIC, ny("2026-07-02 18:00")) == ny("2026-07-06 08:00")
    assert next_opening(NEVER, ny("2026-03-02 09:15")) is None


def test_it_closes_at_the_end_of_the_shift_and_a_night_shift_goes_on_past_midnight() -> None:
    assert closes_at(CLINIC, ny("2026-03-02 09:15")) == ny("2026-03-02 12:00")
    assert closes_at(CLINIC, ny("2026-03-02 12:30")) is None
    assert closes_at(NIGHT, ny("2026-03-02 23:00")) == ny("2026-03-03 06:00")
    assert closes_at(NEVER, ny("2026-03-02 09:15")) is None
    assert closes_at(ALWAYS, ny("2026-03-02 09:15")) is None


def test_an_hour_of_business_time_skips_lunch_evening_weekend_and_holiday() -> None:
    assert add_business_time(CLINIC, ny("2026-03-02 09:00"), HOUR) == ny("2026-03-02 10:00")
    assert add_business_time(CLINIC, ny("2026-03-02 11:30"), HOUR) == ny("2026-03-02 13:30")
    assert add_business_time(CLINIC, ny("2026-03-06 16:30"), HOUR) == ny("2026-03-09 08:30")
    assert add_business_time(CLINIC, ny("2026-07-02 16:30"), HOUR) == ny("2026-07-06 08:30")
    assert add_business_time(CLINIC, ny("2026-03-02 16:00"), HOUR) == ny("2026-03-02 17:00")


def test_a_clock_that_spans_the_change_of_the_clocks_still_counts_opening_hours() -> None:
    assert add_business_time(CLINIC, ny("2026-03-06 16:00"), 3 * HOUR) == ny("2026-03-09 10:00")
    assert add_business_time(CLINIC, ny("2026-10-30 16:00"), 3 * HOUR) == ny("2026-11-02 10:00")


def test_a_night_shift_is_an_hour_shorter_in_spring_and_longer_in_autumn() -> None:
    for day, length in ((SPRING, 7), (AUTUMN, 9), (date(2026, 5, 5), 8)):
        begin = datetime.combine(day - timedelta(days=1), time(22), NEW_YORK)
        end = datetime.combine(day, time(6), NEW_YORK)
        assert business_time_between(NIGHT, begin, end) == length * HOUR
        assert add_business_time(NIGHT, begin, length * HOUR) == end


def test_round_the_clock_means_23_and_25_hours() -> None:
    for day, length in ((SPRING, 23), (AUTUMN, 25)):
        begin = datetime.combine(day, time(0), NEW_YORK)
        end = datetime.combine(day + timedelta(days=1), time(0), NEW_YORK)
        assert business_time_between(ALWAYS, begin, end) == length * HOUR


def test_the_end_of_the_business_day_is_todays_while_it_lasts_and_the_next_open_days_after() -> None:
    assert end_of_business_day(CLINIC, ny("2026-03-02 06:00"), 0) == ny("2026-03-02 17:00")
    assert end_of_business_day(CLINIC, ny("2026-03-02 12:30"), 0) == ny("2026-03-02 17:00")
    assert end_of_business_day(CLINIC, ny("2026-03-02 17:00"), 0) == ny("2026-03-03 17:00")
    assert end_of_business_day(CLINIC, ny("2026-03-02 09:00"), 1) == ny("2026-03-03 17:00")
    assert end_of_business_day(CLINIC, ny("2026-03-06 09:00"), 1) == ny("2026-03-09 17:00")
    assert end_of_business_day(CLINIC, ny("2026-03-06 18:00"), 1) == ny("2026-03-10 17:00")
    assert end_of_business_day(CLINIC, ny("2026-07-02 09:00"), 1) == ny("2026-07-06 17:00")


def test_each_clock_has_its_due_time() -> None:
    late_friday = ny("2026-03-06 16:30")
    assert due(CLINIC, Clock.NOW, late_friday) == late_friday
    assert due(CLINIC, Clock.WITHIN_THE_HOUR, late_friday) == ny("2026-03-09 08:30")
    assert due(CLINIC, Clock.SAME_DAY, late_friday) == ny("2026-03-06 17:00")
    assert due(CLINIC, Clock.NEXT_DAY, late_friday) == ny("2026-03-09 17:00")


def test_a_clinic_that_never_opens_counts_by_the_wall() -> None:
    at = ny("2026-03-02 09:00")
    assert add_business_time(NEVER, at, HOUR) == at + HOUR
    assert end_of_business_day(NEVER, at, 0) == at + timedelta(days=1)
    assert end_of_business_day(NEVER, at, 1) == at + timedelta(days=2)
    assert business_time_between(NEVER, at, at + timedelta(days=30)) == timedelta(0)
    assert kind_of_time(NEVER, at) == "closed"
    assert all(due(NEVER, clock, at) >= at for clock in Clock)


def test_a_clinic_closed_for_good_after_today_does_not_wait_for_ever() -> None:
    closed = OpeningHours(zone="UTC", week={}, days={date(2026, 3, 2): ((time(8), time(9)),)})
    at = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
    assert add_business_time(closed, at, HOUR) == at + HOUR
    assert end_of_business_day(closed, at, 1) == at + timedelta(days=2)
    assert closes_at(closed, at) == datetime(2026, 3, 2, 9, tzinfo=UTC)


# properties

MARKS = [time(hour, minute) for hour in (0, 4, 6, 7, 8, 12, 13, 17, 20, 22, 23) for minute in (0, 30)]
"""Shift times outside 01:00 to 03:59, where a wall clock shows an hour twice or not at all."""
ZONES = ["America/New_York", "America/Phoenix", "Europe/Berlin", "Asia/Kolkata", "UTC"]


@st.composite
def periods(draw: st.DrawFn) -> tuple[Period, ...]:
    """Up to three shifts of a day, the last of which may run to midnight."""
    marks = sorted(draw(st.sets(st.sampled_from(MARKS), max_size=6)))
    shifts = list(zip(marks[::2], marks[1::2], strict=False))
    if len(marks) % 2:
        shifts.append((marks[-1], time(0)))
    return tuple(shifts)


@st.composite
def opening_hours(draw: st.DrawFn) -> OpeningHours:
    days = st.dates(date(2026, 3, 1), date(2026, 11, 10))
    found = OpeningHours(
        zone=draw(st.sampled_from(ZONES)),
        week=draw(st.dictionaries(st.integers(0, 6), periods(), max_size=7)),
        days=draw(st.dictionaries(days, periods(), max_size=5)),
    )
    if not any(found.week.values()):
        found.week[draw(st.integers(0, 6))] = WORKDAY
    return found


NEAR_THE_CHANGES = st.one_of(
    st.datetimes(datetime(2026, 3, 5), datetime(2026, 4, 2)),  # noqa: DTZ001  (hypothesis wants naive bounds)
    st.datetimes(datetime(2026, 10, 20), datetime(2026, 11, 5)),  # noqa: DTZ001
)
MOMENTS = NEAR_THE_CHANGES.map(lambda naive: naive.replace(second=0, microsecond=0, tzinfo=UTC))
SPANS = st.integers(0, 60 * 20).map(lambda minutes: timedelta(minutes=minutes))
"""Twenty hours take a clinic that opens for half an hour a week 40 weeks, within the days looked ahead."""


@given(opening_hours(), MOMENTS)
def test_open_is_what_the_clock_on_the_wall_says(hours: OpeningHours, at: datetime) -> None:
    wall = at.astimezone(ZoneInfo(hours.zone))
    shifts = hours.days.get(wall.date(), hours.week.get(wall.weekday(), ()))
    expected = any(
        opens <= wall.time() and (wall.time() < closes or closes == time(0)) for opens, closes in shifts
    )
    assert is_open(hours, at) is expected


@given(opening_hours(), MOMENTS, SPANS)
def test_time_added_is_the_time_between(hours: OpeningHours, at: datetime, delta: timedelta) -> None:
    assert business_time_between(hours, at, add_business_time(hours, at, delta)) == delta


@given(opening_hours(), MOMENTS, SPANS)
def test_a_clock_stops_while_the_clinic_is_open_or_as_it_closes(
    hours: OpeningHours, at: datetime, delta: timedelta
) -> None:
    end = add_business_time(hours, at, delta)
    assert end >= at
    assert is_open(hours, end) or is_open(hours, end - MINUTE)


@given(opening_hours(), MOMENTS, SPANS, SPANS)
def test_more_time_or_a_later_start_never_ends_sooner(
    hours: OpeningHours, at: datetime, delta: timedelta, more: timedelta
) -> None:
    end = add_business_time(hours, at, delta)
    assert add_business_time(hours, at, delta + more) >= end
    assert add_business_time(hours, at + more, delta) >= end


@given(opening_hours(), MOMENTS, SPANS, SPANS)
def test_time_between_adds_up(hours: OpeningHours, at: datetime, one: timedelta, two: timedelta) -> None:
    middle, end = at + one, at + one + two
    whole = business_time_between(hours, at, end)
    assert whole == business_time_between(hours, at, middle) + business_time_between(hours, middle, end)
    assert timedelta(0) <= whole <= one + two
    assert business_time_between(hours, end, at) == timedelta(0)


@given(opening_hours(), MOMENTS)
def test_the_next_opening_is_open_and_nothing_before_it_is(hours: OpeningHours, at: datetime) -> None:
    opening = next_opening(hours, at)
    assert opening is not None
    assert is_open(hours, opening)
    assert business_time_between(hours, at, opening) == timedelta(0)


@given(opening_hours(), MOMENTS)
def test_closing_ends_an_unbroken_opening(hours: OpeningHours, at: datetime) -> None:
    closing = closes_at(hours, at)
    if closing is None:
        assert not is_open(hours, at) or business_time_between(
            hours, at, at + timedelta(days=30)
        ) == timedelta(days=30)
        return
    assert business_time_between(hours, at, closing) == closing - at
    assert not is_open(hours, closing)


@given(opening_hours(), MOMENTS)
def test_clocks_are_ordered(hours: OpeningHours, at: datetime) -> None:
    same, following = due(hours, Clock.SAME_DAY, at), due(hours, Clock.NEXT_DAY, at)
    assert due(hours, Clock.NOW, at) == at < same < following
    assert is_open(hours, same - MINUTE)
    assert is_open(hours, following - MINUTE)
