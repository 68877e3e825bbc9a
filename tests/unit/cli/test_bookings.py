"""`bookings` and `calendar`: what scripts read and what people read."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from secondring import wiring
from secondring.cli import app
from secondring.domain.booking import BookingState
from secondring.domain.own_calendar import OwnCalendar
from tests.support.books import ANNA, a_booking, an_episode
from tests.support.terminal import a_clinic, run, runner

CALENDAR = """
booking: {public_url: "https://book.example", listen: {proxies: [127.0.0.1]}}
sites:
  SITE:
    calendar:
      hours: {mon-sun: ["09:00-10:00"]}
      visits: {checkup: {name: Check-up, length: 30m}, long: {name: Long visit, length: 1h}}
"""


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A configured clinic with a calendar, on a day before a night without a change of clocks."""
    monkeypatch.setattr(wiring, "now", lambda: datetime(2026, 5, 4, 15, 0, tzinfo=UTC))
    begin = a_clinic(tmp_path)
    (site,) = wiring.load_settings(tmp_path).rules.sites
    (tmp_path / "conf.d/20-booking.yaml").write_text(CALENDAR.replace("SITE", site.id))
    return begin


def book(folder: str) -> None:
    """Anna has the first check-up of tomorrow."""
    chosen = wiring.load_settings(Path(folder))
    (site,) = chosen.rules.sites
    assert site.timetable is not None
    now = wiring.now()
    with wiring.writing(chosen) as books:
        books.save_episode(an_episode(1, site=site.id, caller=ANNA))
        calendar = OwnCalendar(books, site.id, site.timetable)
        first = calendar.open_times(site.timetable.visits[0], now)[0].starts_at
        wish = a_booking(
            1,
            site=site.id,
            starts_at=first,
            first_name="Zoe",
            born=date(1980, 4, 27),
            made_at=now,
            held_until=now + timedelta(minutes=10),
        )
        held = calendar.hold(wish, now)
        assert held is not None
        confirmed = calendar.confirm(held, now)
        assert confirmed is not None
        assert confirmed.state is BookingState.CONFIRMED


def test_open_times_by_day(clinic: list[str]) -> None:
    shown = run(*clinic, "calendar", "show", "--days", "2")
    assert "2026-05-05 Tue" in shown
    assert "09:00 09:30" in shown
    rows = [
        json.loads(line) for line in run(*clinic, "calendar", "show", "--days", "2", "--json").splitlines()
    ]
    assert [(row["visit"], row["starts_at"]) for row in rows if row["visit"] == "checkup"] == [
        ("checkup", "2026-05-05T13:00:00.000Z"),
        ("checkup", "2026-05-05T13:30:00.000Z"),
        ("checkup", "2026-05-06T13:00:00.000Z"),
        ("checkup", "2026-05-06T13:30:00.000Z"),
    ][: sum(row["visit"] == "checkup" for row in rows)]


def test_a_booked_time_is_not_open(clinic: list[str]) -> None:
    book(clinic[1])
    rows = [json.loads(line) for line in run(*clinic, "calendar", "show", "--json").splitlines()]
    starts = {(row["visit"], row["starts_at"]) for row in rows}
    assert ("checkup", "2026-05-05T13:00:00.000Z") not in starts
    assert ("long", "2026-05-05T13:00:00.000Z") not in starts
    assert ("checkup", "2026-05-05T13:30:00.000Z") in starts


def test_bookings_hide_who_comes_unless_asked(clinic: list[str]) -> None:
    assert "Nobody has booked" in run(*clinic, "bookings")
    book(clinic[1])
    (row,) = [json.loads(line) for line in run(*clinic, "bookings", "--json").splitlines()]
    assert (row["state"], row["visit"], row["starts_at"]) == (
        "confirmed",
        "checkup",
        "2026-05-05T13:00:00.000Z",
    )
    assert "first_name" not in row
    for shown in (json.dumps(row), run(*clinic, "bookings"), run(*clinic, "bookings", "--all")):
        assert "Zoe" not in shown
        assert "5550123" not in shown
        assert "1980" not in shown
    assert "Zoe" in run(*clinic, "bookings", "--numbers")
    (whole,) = [json.loads(line) for line in run(*clinic, "bookings", "--json", "--numbers").splitlines()]
    assert (whole["first_name"], whole["born"], whole["caller"]) == ("Zoe", "1980-04-27", ANNA.e164)


def test_the_clinic_calls_one_off(clinic: list[str]) -> None:
    book(clinic[1])
    (row,) = [json.loads(line) for line in run(*clinic, "bookings", "--json").splitlines()]
    assert "called off" in run(*clinic, "bookings", "call-off", row["booking"], "--by", "ana")
    assert run(*clinic, "bookings", "--json") == ""
    assert "Offer another time" in run(*clinic, "tasks", "--json")
    again = runner.invoke(app, [*clinic, "bookings", "call-off", row["booking"], "--by", "ana"])
    assert "no booking" in str(again.exception)


def test_check_counts_what_there_is(clinic: list[str]) -> None:
    told = run(*clinic, "calendar", "check")
    assert "checkup (30 min): 60 times in 30 days, 1 at a time" in told
    assert "off" not in told


def test_check_says_that_the_page_is_off(tmp_path: Path) -> None:
    told = run(*a_clinic(tmp_path), "calendar", "check")
    assert "The booking page is off" in told
    assert "has no calendar; callers who want a time: the desk calls them" in told


def test_an_unknown_visit_is_refused_with_those_there_are(clinic: list[str]) -> None:
    result = runner.invoke(app, [*clinic, "calendar", "show", "--visit", "surgery"])
    assert "there are: checkup, long" in str(result.exception)
