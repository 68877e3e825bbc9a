"""Who is on call: nights, holidays, the two days a year when clocks move, and gaps."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.hours import OpeningHours, Period
from secondring.domain.ladder import DialPlan, Ladder, Order, Shift, Step, Target, on_call

ANA, BEN = Target(number="1001"), Target(number="+12025550177", outside=True)
ZONE = "America/New_York"
MIDNIGHT = time(0)
Week = dict[int, tuple[Period, ...]]
DAYS: Week = dict.fromkeys(range(5), ((time(8), time(17)),))
NIGHTS: Week = {day: ((MIDNIGHT, time(8)), (time(17), MIDNIGHT)) for day in range(5)}


def shift(target: Target, week: Week, **days: object) -> Shift:
    return Shift(target=target, hours=OpeningHours(zone=ZONE, week=week, **days))  # type: ignore[arg-type]


ROTA = (shift(ANA, DAYS), shift(BEN, NIGHTS))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "who"),
    [
        ("2026-03-02T07:59:59-05:00", (BEN,)),
        ("2026-03-02T08:00:00-05:00", (ANA,)),
        ("2026-03-02T17:00:00-05:00", (BEN,)),
        ("2026-03-02T23:59:59-05:00", (BEN,)),
        ("2026-03-03T00:00:00-05:00", (BEN,)),
        ("2026-03-07T12:00:00-05:00", ()),
        # The Monday after clocks went forward, and the one after they went back.
        ("2026-03-09T08:00:00-04:00", (ANA,)),
        ("2026-03-09T07:59:59-04:00", (BEN,)),
        ("2026-11-02T08:00:00-05:00", (ANA,)),
        ("2026-10-30T08:00:00-04:00", (ANA,)),
    ],
)
def test_who_is_on_call(moment: str, who: tuple[Target, ...]) -> None:
    assert on_call(ROTA, at(moment)) == who


def test_on_the_day_the_clocks_move_the_night_has_no_gap() -> None:
    sunday: Week = {6: ((MIDNIGHT, time(2)), (time(2), time(6)))}
    for day in ("2026-03-08T00:00:00-05:00", "2026-11-01T00:00:00-04:00"):
        begins = at(day)
        hours = timedelta(hours=5 if day.startswith("2026-03") else 7)
        minutes = range(0, int(hours.total_seconds()), 60)
        assert all(on_call((shift(ANA, sunday),), begins + timedelta(seconds=s)) for s in minutes)
        assert not on_call((shift(ANA, sunday),), begins + hours)


def test_a_date_of_ones_own_takes_the_place_of_the_weekday() -> None:
    off = shift(ANA, DAYS, days={date(2026, 12, 24): ()})
    covers = shift(BEN, {}, days={date(2026, 12, 24): ((MIDNIGHT, MIDNIGHT),)})
    assert on_call((off, covers), at("2026-12-24T10:00:00-05:00")) == (BEN,)
    assert on_call((off, covers), at("2026-12-23T10:00:00-05:00")) == (ANA,)


def test_a_phone_that_is_named_twice_rings_once() -> None:
    both = Step(targets=(ANA, ANA), rota=ROTA)
    assert both.on_duty(at("2026-03-02T09:00:00-05:00")) == (ANA,)


def test_a_gap_in_the_rota_is_an_empty_step() -> None:
    assert Step(rota=ROTA).on_duty(at("2026-03-07T12:00:00-05:00")) == ()


@given(st.text(max_size=30))
def test_a_target_takes_only_what_may_be_dialled(text: str) -> None:
    fine = 0 < len(text) <= 24 and all(c in "0123456789+*#" for c in text)
    if fine:
        assert Target(number=text).number == text
        assert DialPlan().string(text, outside=False) == f"PJSIP/{text}"
    else:
        with pytest.raises(ValueError, match="only digits"):
            Target(number=text)
        with pytest.raises(ValueError, match="only digits"):
            DialPlan().string(text, outside=True)


def test_dial_strings() -> None:
    plan = DialPlan(internal="Local/{number}@originate-skipvm/n", outside="PJSIP/{digits}@trunk")
    assert plan.string("1001", outside=False) == "Local/1001@originate-skipvm/n"
    assert plan.string("+12025550177", outside=True) == "PJSIP/12025550177@trunk"


def test_the_longest_search_counts_every_phone_of_every_round() -> None:
    ladder = Ladder(
        steps=(Step(targets=(ANA,)), Step(targets=(ANA, BEN), order=Order.ONE_BY_ONE)),
        rounds=2,
        pause=timedelta(seconds=30),
    )
    assert ladder.longest_search == timedelta(seconds=2 * (3 * 20 + 3 * 8) + 30)
