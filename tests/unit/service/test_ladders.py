"""What people are told of a ladder before it matters."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from secondring.domain.hours import OpeningHours, Period
from secondring.domain.ladder import Ladder, Shift, Step, Target, first_gap
from secondring.ladders import cautions, summary
from tests.support.clinic import a_site, some_rules
from tests.unit.config.conftest import configure

ZONE = "America/New_York"
MONDAY = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
"""10:00 in New York."""
WEEK = timedelta(days=7)
NURSE = Target(number="1003")
ALL_DAY: Period = (time(0), time(0))
NO_DAYS: Mapping[date, tuple[Period, ...]] = {}


def shift(week: Mapping[int, tuple[Period, ...]], days: Mapping[date, tuple[Period, ...]] = NO_DAYS) -> Shift:
    return Shift(target=NURSE, hours=OpeningHours(zone=ZONE, week=dict(week), days=dict(days)))


def gap(*shifts: Shift, targets: tuple[Target, ...] = ()) -> datetime | None:
    return first_gap((Step(targets=targets), Step(rota=shifts)), MONDAY, WEEK)


EVERY_DAY = dict.fromkeys(range(7), (ALL_DAY,))


@pytest.mark.parametrize(
    ("shifts", "expected"),
    [
        ((shift(EVERY_DAY),), None),
        ((), MONDAY),
        ((shift({0: ((time(8), time(17)),)}),), datetime(2026, 3, 2, 22, 0, tzinfo=UTC)),
        (
            (shift({0: ((time(8), time(17)),)}), shift({0: ((time(16), time(0)),), 1: (ALL_DAY,)})),
            datetime(2026, 3, 4, 5, 0, tzinfo=UTC),
        ),
        ((shift(EVERY_DAY, {date(2026, 3, 5): ()}),), datetime(2026, 3, 5, 5, 0, tzinfo=UTC)),
        ((shift(EVERY_DAY, {date(2026, 3, 20): ()}),), None),
    ],
)
def test_the_first_hour_without_anybody(shifts: tuple[Shift, ...], expected: datetime | None) -> None:
    assert gap(*shifts) == expected
    assert gap(*shifts, targets=(NURSE,)) is None, "a phone in `ring` is always there"


def test_it_is_told_by_the_clinics_own_clock() -> None:
    ladder = Ladder(steps=(Step(rota=(shift({0: ((time(8), time(17)),)}),)),))
    settings = replace(configure(), rules=some_rules(a_site(triage=ladder)))
    (told,) = cautions(settings, MONDAY)
    assert "nobody is on call from Mon 2026-03-02 17:00 on" in told
    assert "NOBODY" in told


def test_a_ladder_in_a_line() -> None:
    ladder = Ladder(
        steps=(Step(targets=(NURSE,)),) * 3, last_resort=Target(number="+12025550188", outside=True)
    )
    assert summary(ladder) == "3 steps, 2 rounds, at most 3 min 8 s, last resort +12025550188"
    assert summary(Ladder(steps=ladder.steps[:1], rounds=1)) == (
        "1 step, 1 round, at most 28 s, last resort none"
    )
