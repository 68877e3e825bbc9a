"""The command line: what scripts read, what people read, and how it refuses."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer

from secondring.cli.common import moment
from tests.support.terminal import a_clinic, complains, run

RECORDINGS = Path(__file__).parents[2] / "recordings"
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def test_replay_gives_one_json_object_a_call() -> None:
    (row,) = [json.loads(line) for line in run("replay", str(RECORDINGS / "busy.ami"), "--json").splitlines()]
    assert list(row) == [
        "call",
        "verdict",
        "reason",
        "detail",
        "caller",
        "did",
        "queue",
        "started_at",
        "ended_at",
        "waited_s",
    ]
    assert (row["verdict"], row["reason"], row["caller"]) == ("missed", "busy", "+13125550123")


def test_replay_for_people_masks_the_number() -> None:
    shown = run("replay", str(RECORDINGS / "busy.ami"))
    assert "5550123" not in shown
    assert "1 missed" in shown


def test_try_says_what_a_reply_would_do() -> None:
    rows = [json.loads(line) for line in run("try", "--json", stdin="BOOK\n\nqué es esto\n").splitlines()]
    assert [(row["text"], row["intent"]) for row in rows] == [("BOOK", "book"), ("qué es esto", "unknown")]
    assert set(rows[0]) == {"text", "intent", "rule"}
    assert "task for billing" in run("try", stdin="BILLING\n")


def test_from_nothing_to_an_empty_clinic(tmp_path: Path) -> None:
    begin = a_clinic(tmp_path)
    assert "The configuration is good" in run(*begin, "check-config")
    assert "Nobody is waiting" in run(*begin, "tasks")
    assert "No calls" in run(*begin, "calls")
    assert "No missed calls in this period" in run(*begin, "report")
    assert json.loads(run(*begin, "report", "--json"))["recovery"] == {
        "numerator": 0,
        "denominator": 0,
        "value": None,
    }
    assert "eventfilter" in run(*begin, "render", "manager", "--asterisk", "22.1.0")


def test_no_configuration_is_one_line_and_exit_code_78(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = complains(["--config", str(tmp_path), "calls"], monkeypatch, capsys)
    assert code == 78
    assert f"`secondring --config {tmp_path} init`" in told
    assert "Traceback" not in told


def test_what_does_not_exist_is_said_with_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = a_clinic(tmp_path)
    code, told = complains([*begin, "explain", "1.2"], monkeypatch, capsys)
    assert (code, f"`secondring --config {tmp_path} calls`" in told) == (1, True)
    code, told = complains(
        [*begin, "tasks", "done", "T-none", "--result", "spoke", "--by", "ana"], monkeypatch, capsys
    )
    assert (code, "there is no task T-none" in told) == (1, True)
    code, told = complains([*begin, "report", "--site", "moon"], monkeypatch, capsys)
    assert (code, "there are: main" in told) == (1, True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90m", NOW - timedelta(minutes=90)),
        ("7d", NOW - timedelta(days=7)),
        ("2026-03-01T08:00", datetime(2026, 3, 1, 8, tzinfo=UTC)),
    ],
)
def test_spans_and_times(text: str, expected: datetime) -> None:
    assert moment(text, NOW) == expected


def test_a_span_that_is_none_is_refused_with_an_example() -> None:
    with pytest.raises(typer.BadParameter, match="90m"):
        moment("yesterday", NOW)
