"""`report --by` and `digest` on a clinic's own books."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from config.loader import load
from secondring import wiring
from secondring.domain.ids import SiteId
from secondring.domain.metrics_rows import Place
from secondring.domain.weeks import Week
from tests.support.terminal import a_clinic, complains, run
from tests.support.weeks import WEEK, Pen, after


@pytest.fixture
def begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A clinic on the Monday after a week in which 84 callers were missed."""
    monkeypatch.setattr(wiring, "now", lambda: after(WEEK))
    words = a_clinic(tmp_path)
    store = wiring.open_store(load(tmp_path, {}))
    pen = Pen(store, Place(SiteId("main"), "America/New_York"))
    pen.week(WEEK.plus(-1), 100, replied=50, won=67)
    pen.week(WEEK, 84, replied=40, won=61, queue="=400")
    pen.answered(WEEK, 12)
    store.close()
    return words


def test_weeks_side_by_side(begin: list[str]) -> None:
    rows = [
        json.loads(line)
        for line in run(*begin, "report", "--by", "week", "--since", "3w", "--json").splitlines()
    ]
    assert [row["week"] for row in rows] == ["2026-W08", "2026-W09", "2026-W10", "2026-W11"]
    assert rows[2] == {
        "week": "2026-W10", "missed": 84, "texted": 84, "replied": 40, "recovered": 61, "recovery_rate": 0.7262,
        "unrecovered": 23,
    }  # fmt: skip
    assert rows[3]["recovery_rate"] is None
    shown = run(*begin, "report", "--by", "week", "--since", "3w")
    assert "2026-W10" in shown
    assert "73%" in shown


@pytest.mark.parametrize("by", ["site", "did", "queue", "reason", "intent"])
def test_every_way_to_tell_them_apart_adds_up(begin: list[str], by: str) -> None:
    rows = [
        json.loads(line) for line in run(*begin, "report", "--by", by, "--since", "3w", "--json").splitlines()
    ]
    assert sum(row["missed"] for row in rows) == 184
    assert sum(row["recovered"] for row in rows) == 128
    assert "184" in run(*begin, "report", "--by", "site", "--since", "3w")


def test_hours_count_calls(begin: list[str]) -> None:
    rows = [
        json.loads(line)
        for line in run(*begin, "report", "--by", "hour", "--since", "3w", "--json").splitlines()
    ]
    assert sum(row["missed_calls"] for row in rows) == 184
    (monday,) = [row for row in rows if (row["weekday"], row["hour"]) == ("Monday", 8)]
    assert monday["calls"] - monday["missed_calls"] == 12


def test_a_spreadsheet_runs_nothing(begin: list[str]) -> None:
    rows = list(csv.reader(io.StringIO(run(*begin, "report", "--by", "queue", "--since", "3w", "--csv"))))
    assert rows[0][:3] == ["queue", "name", "missed"]
    assert [row[:3] for row in rows[1:]] == [["", "no queue", "100"], ["'=400", "'=400", "84"]]


def test_csv_alone_says_what_it_needs(
    begin: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = complains([*begin, "report", "--csv"], monkeypatch, capsys)
    assert (code, "--by week" in told) == (2, True)
    code, told = complains([*begin, "digest", "--week", "last"], monkeypatch, capsys)
    assert (code, "2026-W47" in told) == (2, True)


def test_the_digest_is_shown_for_the_last_whole_week(begin: list[str]) -> None:
    shown = run(*begin, "digest")
    assert shown.startswith(
        "Subject: Second Ring, week 2026-W10: Last week 61 of 84 missed callers were recovered: 73 %"
    )
    assert "Monday March 2 to Sunday March 8, 2026" in shown
    assert "In week 2026-W09 67 of 100" in run(*begin, "digest", "--week", "2026-W09")
    assert run(*begin, "digest", "--html").startswith("<!doctype html>")


def test_sending_to_nobody_names_the_key(
    begin: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = complains([*begin, "digest", "--send"], monkeypatch, capsys)
    assert (code, "digest.owner" in told) == (78, True)


def test_this_week_is_told_as_far_as_it_went(begin: list[str]) -> None:
    week = str(Week.at(datetime(2026, 3, 9, 16, tzinfo=UTC), "UTC"))
    assert "So far this week no call was missed." in run(*begin, "digest", "--week", week)
