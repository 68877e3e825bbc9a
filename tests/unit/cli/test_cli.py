"""The command line: what scripts read, what people read, and how it refuses."""

import io
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from secondring import wiring
from secondring.cli import app, main
from secondring.cli.common import moment
from secondring.domain.errors import ConfigError
from secondring.domain.settings import Path as Path_
from secondring.domain.settings import SettingsVersion, Value, set_on

runner = CliRunner()
RECORDINGS = Path(__file__).parents[2] / "recordings"
NOW = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


def a_clinic(folder: Path) -> list[str]:
    """A first configuration and an empty database; returns the words every command begins with."""
    begin = ["--config", str(folder)]
    init = ["init", "--clinic", "Northside Clinic", "--phone", "+12025550100", "--zone", "America/New_York"]
    assert runner.invoke(app, [*begin, *init]).exit_code == 0
    site = folder / "conf.d/10-site.yaml"
    places = f"\ndatabase:\n  url: sqlite:///{folder}/books.db\nstate_directory: {folder}\n"
    site.write_text(site.read_text() + places)
    assert runner.invoke(app, [*begin, "migrate"]).exit_code == 0
    return begin


def run(*words: str, stdin: str = "") -> str:
    result = runner.invoke(app, list(words), input=stdin, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


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


def complains(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[int, str]:
    monkeypatch.setattr("sys.argv", ["secondring", *words])
    monkeypatch.setattr("sys.stdin", io.StringIO())
    with pytest.raises(SystemExit) as stopped:
        main()
    return int(stopped.value.code or 0), capsys.readouterr().err


def test_no_configuration_is_one_line_and_exit_code_78(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = complains(["--config", str(tmp_path), "calls"], monkeypatch, capsys)
    assert code == 78
    assert "secondring init" in told
    assert "Traceback" not in told


def test_what_does_not_exist_is_said_with_where_to_look(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = a_clinic(tmp_path)
    code, told = complains([*begin, "explain", "1.2"], monkeypatch, capsys)
    assert (code, "secondring calls" in told) == (1, True)
    code, told = complains([*begin, "tasks", "done", "T-none"], monkeypatch, capsys)
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


def test_what_was_set_on_screen_can_be_seen_taken_back_and_dropped(tmp_path: Path) -> None:
    begin = a_clinic(tmp_path)
    assert "Nothing is set on screen" in run(*begin, "settings", "list")
    assert "Nothing was ever set" in run(*begin, "settings", "history")
    values: dict[Path_, Value] = {
        ("sites", "main", "name"): "Other Clinic",
        ("follow_up", "link_silence"): "3h",
    }
    with wiring.writing(wiring.load_files(tmp_path)) as books:
        overlay = set_on({}, values, by="A. Admin", at=NOW, version=1)
        books.add_settings(SettingsVersion(number=1, at=NOW, by="A. Admin", note="a try", overlay=overlay))

    rows = [json.loads(line) for line in run(*begin, "settings", "list", "--json").splitlines()]
    assert [(row["key"], row["value"], row["by"]) for row in rows] == [
        ("follow_up.link_silence", "3h", "A. Admin"),
        ("sites.main.name", "Other Clinic", "A. Admin"),
    ]
    assert rows[1]["file"] == f"{tmp_path}/conf.d/10-site.yaml:10"
    checked = run(*begin, "check-config")
    assert "site main: Other Clinic" in checked
    assert "note: sites.main.name" in checked
    assert "secondring settings drop sites.main.name" in checked
    assert "+ Other Clinic" in run(*begin, "settings", "show", "1")

    assert "version 2 now" in run(*begin, "settings", "rollback", "0")
    assert "Northside Clinic" in run(*begin, "check-config")
    run(*begin, "settings", "rollback", "1")
    assert "this is version 4" in run(*begin, "settings", "drop", "sites.main")
    assert json.loads(run(*begin, "check-config", "--json")) | {"files": []} == {
        "ok": True,
        "files": [],
        "sites": 1,
        "version": 4,
        "disagreements": [],
    }
    history = [
        json.loads(line)["version"] for line in run(*begin, "settings", "history", "--json").splitlines()
    ]
    assert history == [4, 3, 2, 1]


def test_settings_can_be_mended_when_nothing_else_starts(tmp_path: Path) -> None:
    begin = a_clinic(tmp_path)
    with wiring.writing(wiring.load_files(tmp_path)) as books:
        overlay = set_on({}, {("sites", "gone", "name"): "Gone"}, by="A. Admin", at=NOW, version=1)
        books.add_settings(SettingsVersion(number=1, at=NOW, by="A. Admin", note="a try", overlay=overlay))
    with pytest.raises(ConfigError, match=r"settings drop sites\.gone"):
        run(*begin, "check-config")
    run(*begin, "settings", "drop", "sites.gone")
    assert "is good" in run(*begin, "check-config")
