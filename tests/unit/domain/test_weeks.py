"""Weeks in a site's own time zone, also when clocks are put."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.weeks import QUARTER, Span, Week, last

NEW_YORK = "America/New_York"
SPRING, AUTUMN = Week.parse("2026-W10"), Week.parse("2026-W44")
ZONES = st.sampled_from(
    [
        NEW_YORK,
        "UTC",
        "Asia/Kolkata",
        "Asia/Kathmandu",
        "America/St_Johns",
        "Africa/Cairo",
        "Australia/Lord_Howe",
    ]
)
WEEKS = st.dates(date(2010, 1, 1), date(2035, 1, 1)).map(Week.of)


def test_a_week_is_named_as_iso_8601_names_it() -> None:
    assert str(Week.of(date(2026, 1, 1))) == "2026-W01"
    assert Week.of(date(2027, 1, 1)) == Week.parse("2026-W53")
    assert Week.parse("2026-W47").monday == date(2026, 11, 16)
    assert Week.parse("2026-W47").sunday == date(2026, 11, 22)
    assert [str(week) for week in last(Week.parse("2026-W02"), 3)] == ["2025-W52", "2026-W01", "2026-W02"]


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-47", "2026-W54", "2026-W00", "1999-W01", "٢٠٢٦-W01", "2026-W1"]
)
def test_what_is_no_week_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="2026-W47"):
        Week.parse(text)


def test_a_week_with_clocks_put_forward_has_167_hours_and_one_put_back_169() -> None:
    for week, hours in ((SPRING, 167), (SPRING.plus(1), 168), (AUTUMN, 169)):
        span = week.span(NEW_YORK)
        assert span.ends - span.begins == timedelta(hours=hours)


def test_the_hour_that_is_skipped_has_no_time_and_the_one_that_is_repeated_two() -> None:
    assert SPRING.hour(6, 2, NEW_YORK) == ()
    (twice,) = AUTUMN.hour(6, 1, NEW_YORK)
    assert twice.ends - twice.begins == timedelta(hours=2)
    assert Week.parse("2026-W47").hour(0, 8, NEW_YORK) == (
        Span(datetime(2026, 11, 16, 13, tzinfo=UTC), datetime(2026, 11, 16, 14, tzinfo=UTC)),
    )


@given(WEEKS, ZONES)
def test_days_and_hours_make_up_the_week_without_gap_or_overlap(week: Week, zone: str) -> None:
    whole = week.span(zone)
    days = week.days(zone)
    hours = sorted(span for day in range(7) for hour in range(24) for span in week.hour(day, hour, zone))
    for parts in (list(days), hours):
        assert (parts[0].begins, parts[-1].ends) == (whole.begins, whole.ends)
        assert all(a.ends == b.begins for a, b in pairwise(parts))
    assert all((span.begins - whole.begins) % QUARTER == timedelta(0) for span in hours)
    assert Week.at(whole.begins, zone) == week == Week.at(whole.ends - timedelta(microseconds=1), zone)
