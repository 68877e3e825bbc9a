"""The command line: what scripts read, what people read, and how it refuses."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer

from secondring.cli.common import moment
from secondring.cli.report import show_report
from secondring.domain.metrics import report as make_report
from secondring.store.memory import MemoryStore
from tests.support.terminal import a_clinic, complains, run, warnings

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


def test_the_version_is_said() -> None:
    assert run("--version").startswith("secondring 0.")


def test_init_asks_again_and_says_what_it_left_alone(tmp_path: Path) -> None:
    begin = ["--config", str(tmp_path / "a clinic")]
    first = run(*begin, "init", stdin="Northside Clinic\n555\n(202) 555-0100\nEST\nAmerica/New_York\n")
    assert "Did you mean America/New_York?" in first, "the zone is asked for, too"
    assert "not a phone number" in first
    assert "wrote" in first
    assert f"secondring --config '{tmp_path}/a clinic' migrate" in first
    again = run(*begin, "init", "--clinic", "Other", "--phone", "+12025550199", "--zone", "America/Chicago")
    assert again.count("kept ") == 4
    assert "none of your answers" in again
    assert "secondring.db is made." in run(*begin, "migrate")
    assert "secondring.db is up to date already." in run(*begin, "migrate")
    assert "1 number, America/New_York" in run(*begin, "check-config")
    assert "queues_post_custom.conf" in run(*begin, "render", "queues", "--asterisk", "22.1.0")
    second = tmp_path / "a clinic/credentials/ami-dial-secret"
    second.unlink()
    assert f"wrote {second}" in run(*begin, "init"), "asks nothing"
    assert second.exists()
    assert "Every secret is there." in run(*begin, "init")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["mode", "lively"], "'lively' is none of live, shadow."),
        (["user", "add", "ana", "--role", "nurs"], "'nurs' is none of front-desk, billing, nurse,"),
        (["audit", "--record", "cell"], "'cell' is none of cel, cdr, queue_log."),
        (["report", "--by", "month"], "'month' is none of week, hour,"),
    ],
)
def test_a_word_that_is_none_of_those_is_refused_with_all_of_them(
    words: list[str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = complains(words, monkeypatch, capsys)
    plain = " ".join(said.replace("│", " ").split())
    assert (code, told in plain, "Value error" in plain) == (2, True, False), said


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["init"], "--clinic"),
        (["init", "--clinic", "N"], "--phone"),
        (["init", "--clinic", "N", "--phone", "555"], "not a phone"),
        (["init", "--clinic", "N", "--phone", "+12025550100", "--zone", "EST"], "America/New_York"),
        (["replay", str(RECORDINGS / "busy.ami"), "--inbound", "["], "regular expression"),
        (["replay", str(RECORDINGS / "busy.ami"), "--region", "XX"], "not a country"),
    ],
)
def test_wrong_usage_is_exit_code_2(
    words: list[str],
    told: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, said = complains(["--config", str(tmp_path), *words], monkeypatch, capsys)
    assert (code, told in " ".join(said.split())) == (2, True)


@pytest.mark.parametrize("content", [b"", b"not a word of Asterisk's\n", bytes(range(256)) * 40])
def test_a_file_that_is_no_recording_fails(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "x.ami"
    file.write_bytes(content)
    for option in ([], ["--json"]):
        code, said = complains(["replay", str(file), *option], monkeypatch, capsys)
        assert (code, "no recording" in said) == (1, True)


def test_nothing_to_try_is_said(tmp_path: Path) -> None:
    assert "no reply came in" in warnings("try")


def test_a_file_that_may_not_be_read_is_no_bug_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", "x.ami")

    monkeypatch.setattr("secondring.recordings.read_facts", refuse)
    code, said = complains(["replay", str(RECORDINGS / "busy.ami")], monkeypatch, capsys)
    assert (code, "x.ami: Permission denied. Run this as root" in said) == (1, True)


def test_a_folder_of_messages_that_is_not_there_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = a_clinic(tmp_path)
    site = tmp_path / "conf.d/10-site.yaml"
    site.write_text(site.read_text() + "messages:\n  directory: /nowhere/at/all\n")
    code, said = complains([*begin, "check-config"], monkeypatch, capsys)
    assert (code, "messages.directory: there is no folder /nowhere/at/all" in said) == (78, True)


def test_a_phone_is_read_and_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    begin = a_clinic(tmp_path)
    assert "No text has reached" in run(*begin, "handset", "inbox", "2025550123")
    assert "to (202) 555-0100" in run(*begin, "handset", "reply", "2025550123", "hello")
    assert "to (202) 555-0100" in run(*begin, "handset", "reply", "2025550123", "hello", "--to", "main")
    assert "to (202) 555-0144" in run(*begin, "handset", "reply", "2025550123", "x", "--to", "2025550144")
    assert "nobody is reading" in warnings(*begin, "handset", "reply", "2025550123", "hello")
    code, said = complains([*begin, "handset", "inbox", "12"], monkeypatch, capsys)
    assert (code, "not a phone number" in said) == (2, True)


def test_what_is_rendered_says_where_it_belongs(tmp_path: Path) -> None:
    begin = a_clinic(tmp_path)
    assert "manager_custom.conf" in warnings(*begin, "render", "manager", "--asterisk", "22.1.0")


def test_a_report_does_not_call_those_lost_or_won_who_are_still_open(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with MemoryStore().reading() as books:
        nothing = books.figures(since=NOW, until=NOW)
    show_report(make_report(replace(nothing, episodes=5, open=4)), "today")
    said = " ".join(capsys.readouterr().out.split())
    assert "unrecovered 0% so far 0 of 5 missed callers given up; 4 still open" in said
