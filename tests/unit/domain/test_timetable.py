"""Which times are open: by pattern, exception, length, capacity, lead and horizon, whatever the clocks do."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.timetable import (
    GRAIN,
    Slot,
    Taken,
    Timetable,
    VisitType,
    grains,
    occupied,
    open_slots,
    within,
)

NEW_YORK = "America/New_York"
HALF_AN_HOUR = timedelta(minutes=30)
MORNING = ((time(9), time(11)),)
CHECKUP = VisitType(id="checkup", names={"en": "Check-up", "es": "Consulta"}, length=HALF_AN_HOUR)
LONG = VisitType(id="long", names={"en": "Long visit"}, length=timedelta(minutes=60))
MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""10:00 in New York."""


def a_timetable(**changes: object) -> Timetable:
    values: dict[str, object] = {
        "zone": NEW_YORK,
        "week": dict.fromkeys(range(5), MORNING),
        "visits": (CHECKUP, LONG),
        "lead": timedelta(0),
        "horizon": timedelta(days=7),
    }
    return Timetable(**values | changes)  # type: ignore[arg-type]


def said(slots: list[Slot], zone: str = NEW_YORK) -> list[str]:
    return [f"{slot.starts_at.astimezone(ZoneInfo(zone)):%a %H:%M}" for slot in slots]


def test_times_follow_the_pattern_from_now_on() -> None:
    slots = list(open_slots(a_timetable(horizon=timedelta(days=1)), CHECKUP, [], MONDAY))
    assert said(slots) == ["Mon 10:00", "Mon 10:30", "Tue 09:00", "Tue 09:30", "Tue 10:00"]
    assert all(slot.ends_at - slot.starts_at == HALF_AN_HOUR for slot in slots)


def test_a_long_visit_needs_room_at_the_end() -> None:
    slots = open_slots(a_timetable(every=HALF_AN_HOUR, horizon=timedelta(days=1)), LONG, [], MONDAY)
    assert said(list(slots)) == ["Mon 10:00", "Tue 09:00", "Tue 09:30", "Tue 10:00"]


def test_lead_and_horizon_cut_off_both_ends() -> None:
    slots = open_slots(
        a_timetable(lead=timedelta(hours=24), horizon=timedelta(hours=24, minutes=30)), CHECKUP, [], MONDAY
    )
    assert said(list(slots)) == ["Tue 10:00", "Tue 10:30"]


def test_an_exception_takes_the_place_of_the_pattern() -> None:
    days = {date(2026, 3, 3): (), date(2026, 3, 4): ((time(13), time(14)),)}
    slots = open_slots(a_timetable(days=days, horizon=timedelta(days=3)), CHECKUP, [], MONDAY)
    assert said(list(slots))[2:5] == ["Wed 13:00", "Wed 13:30", "Thu 09:00"]


def test_a_visit_type_may_have_its_own_days() -> None:
    new_patient = VisitType(
        id="new", names={"en": "First visit"}, length=HALF_AN_HOUR, week={2: ((time(10), time(12)),)}
    )
    slots = open_slots(a_timetable(), new_patient, [], MONDAY)
    assert said(list(slots)) == ["Wed 10:00", "Wed 10:30"]


def test_a_taken_time_is_open_for_as_many_as_there_are_seats() -> None:
    nine = datetime(2026, 3, 3, 14, 0, tzinfo=UTC)
    taken = [Taken(nine, nine + HALF_AN_HOUR, 0)]

    def first(capacity: int, more: list[Taken]) -> tuple[str, int]:
        timetable = a_timetable(capacity=capacity, lead=timedelta(hours=12))
        slot = next(open_slots(timetable, CHECKUP, more, MONDAY))
        return said([slot])[0], slot.seat

    assert first(1, taken) == ("Tue 09:30", 0)
    assert first(2, taken) == ("Tue 09:00", 1)
    assert first(2, [*taken, Taken(nine, nine + HALF_AN_HOUR, 1)]) == ("Tue 09:30", 0)


def test_a_visit_keeps_one_seat_from_beginning_to_end() -> None:
    """Two seats, each busy for one half of the hour: nobody can stay for all of it."""
    nine = datetime(2026, 3, 3, 14, 0, tzinfo=UTC)
    taken = [
        Taken(nine, nine + HALF_AN_HOUR, 0),
        Taken(nine + HALF_AN_HOUR, nine + 2 * HALF_AN_HOUR, 1),
    ]
    timetable = a_timetable(capacity=2, every=HALF_AN_HOUR, lead=timedelta(hours=12))
    assert said([next(open_slots(timetable, LONG, taken, MONDAY))]) == ["Tue 09:30"]


def test_a_lowered_capacity_counts_who_is_there() -> None:
    nine = datetime(2026, 3, 3, 14, 0, tzinfo=UTC)
    taken = [Taken(nine, nine + HALF_AN_HOUR, seat) for seat in (0, 2)]
    timetable = a_timetable(capacity=2, lead=timedelta(hours=12))
    assert said([next(open_slots(timetable, CHECKUP, taken, MONDAY))]) == ["Tue 09:30"]


NIGHT = ((time(0), time(4)),)


@pytest.mark.parametrize(
    ("sunday", "expected"),
    [
        (date(2026, 3, 8), ["00:00", "01:00", "03:00"]),
        (date(2026, 11, 1), ["00:00", "01:00", "01:00", "02:00", "03:00"]),
        (date(2026, 11, 8), ["00:00", "01:00", "02:00", "03:00"]),
    ],
)
def test_a_night_on_which_the_clocks_change(sunday: date, expected: list[str]) -> None:
    now = datetime.combine(sunday - timedelta(days=1), time(12), ZoneInfo(NEW_YORK)).astimezone(UTC)
    slots = list(open_slots(a_timetable(week={6: NIGHT}), LONG, [], now))
    assert [word[4:] for word in said(slots)] == expected
    assert len({slot.starts_at for slot in slots}) == len(expected)


def test_a_pattern_that_ends_where_the_clocks_jump_stays_within_itself() -> None:
    now = datetime(2026, 3, 7, 17, 0, tzinfo=UTC)
    skipped = a_timetable(week={6: ((time(1), time(2, 30)),)})
    assert said(list(open_slots(skipped, CHECKUP, [], now))) == ["Sun 01:00"]


def test_midnight_is_the_end_of_a_day() -> None:
    late = a_timetable(week={0: ((time(23), time(0)),)}, horizon=timedelta(days=1))
    assert said(list(open_slots(late, CHECKUP, [], MONDAY))) == ["Mon 23:00", "Mon 23:30"]


def test_the_parts_that_two_patterns_share() -> None:
    day = ((time(8), time(12)), (time(13), time(0)))
    assert within(day, ((time(11), time(14)),)) == ((time(11), time(12)), (time(13), time(14)))
    assert within(day, ((time(20), time(0)),)) == ((time(20), time(0)),)
    assert within(day, ()) == ()


# ------------------------------------------------------------------ whatever the timetable is

marks = st.integers(0, 287).map(lambda n: time(n // 12, n % 12 * 5))


@st.composite
def patterns(draw: st.DrawFn) -> tuple[tuple[time, time], ...]:
    points = sorted(draw(st.sets(marks, min_size=2, max_size=4)))
    points = points[: len(points) // 2 * 2]
    return tuple((points[n], points[n + 1]) for n in range(0, len(points), 2))


lengths = st.integers(1, 24).map(lambda n: n * GRAIN)
zones = st.sampled_from([NEW_YORK, "America/Phoenix", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
moments = st.sampled_from(
    [datetime(2026, 3, 7, 12, tzinfo=UTC), datetime(2026, 10, 31, 12, tzinfo=UTC), MONDAY]
).flatmap(lambda at: st.integers(-3000, 3000).map(lambda n: at + timedelta(minutes=n)))


@st.composite
def timetables(draw: st.DrawFn) -> Timetable:
    return a_timetable(
        zone=draw(zones),
        week=draw(st.dictionaries(st.integers(0, 6), patterns())),
        every=draw(st.none() | lengths),
        capacity=draw(st.integers(1, 3)),
        lead=draw(st.integers(0, 60).map(lambda n: timedelta(hours=n))),
        horizon=timedelta(days=3),
        visits=(VisitType(id="v", names={"en": "V"}, length=draw(lengths)),),
    )


def book_up(timetable: Timetable, now: datetime, picks: list[int]) -> list[Taken]:
    """Book one open time after the other; those that were there first stay."""
    taken: list[Taken] = []
    for pick in picks:
        slots = list(open_slots(timetable, timetable.visits[0], taken, now))
        if slots:
            slot = slots[pick % len(slots)]
            taken.append(Taken(slot.starts_at, slot.ends_at, slot.seat))
    return taken


@given(timetables(), moments)
def test_no_time_lies_outside_the_pattern_by_the_wall_clock(timetable: Timetable, now: datetime) -> None:
    zone = ZoneInfo(timetable.zone)
    for slot in open_slots(timetable, timetable.visits[0], [], now):
        local = slot.starts_at.astimezone(zone)
        opened = timetable.week[local.weekday()]
        assert any(start <= local.time() < end for start, end in opened), local
        assert now + timetable.lead <= slot.starts_at <= now + timetable.horizon


@given(timetables(), moments)
def test_times_come_in_order_and_once(timetable: Timetable, now: datetime) -> None:
    starts = [slot.starts_at for slot in open_slots(timetable, timetable.visits[0], [], now)]
    assert all(earlier < later for earlier, later in pairwise(starts))


@given(timetables(), moments, st.lists(st.integers(0, 1000), max_size=12))
def test_never_more_people_than_seats(timetable: Timetable, now: datetime, picks: list[int]) -> None:
    taken = book_up(timetable, now, picks)
    for one in taken:
        for at in grains(one.starts_at, one.ends_at):
            here = [t for t in taken if t.starts_at <= at < t.ends_at]
            assert len(here) <= timetable.capacity
            assert len({t.seat for t in here}) == len(here)
    assert max((len(seats) for seats in occupied(taken).values()), default=0) <= timetable.capacity


@given(timetables(), moments, st.lists(st.integers(0, 1000), max_size=6))
def test_giving_a_time_back_opens_it_again(timetable: Timetable, now: datetime, picks: list[int]) -> None:
    visit = timetable.visits[0]
    taken = book_up(timetable, now, picks)
    for one in taken:
        rest = [t for t in taken if t is not one]
        assert Slot(one.starts_at, one.ends_at, one.seat) in list(open_slots(timetable, visit, rest, now))


@given(st.integers(0, 10_000), st.integers(1, 50))
def test_the_five_minutes_of_a_visit_cover_it_and_no_more(start: int, length: int) -> None:
    begins = MONDAY + start * GRAIN
    marks_of = grains(begins, begins + length * GRAIN)
    assert marks_of == [begins + n * GRAIN for n in range(length)]
