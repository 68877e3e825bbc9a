"""The desk's commands, as a receptionist and a nurse use them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from secondring import wiring
from secondring.cli import app
from secondring.domain import pulse
from secondring.domain.pulse import State
from tests.support.terminal import Desk, complains, run, runner, warnings


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.store.close()


def rows(desk: Desk, *words: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in run(*desk.begin, *words, "--json").splitlines()]


def the_task(desk: Desk) -> str:
    (row,) = rows(desk, "tasks")
    return str(row["task"])


def test_a_service_that_does_not_run_is_no_quiet_morning(desk: Desk) -> None:
    for words in (["tasks"], ["calls"], ["episodes"], ["report"]):
        assert "no service has run here yet" in warnings(*desk.begin, *words)
        assert "no service" not in run(*desk.begin, *words, "--json")
    desk.wrote("BILLING")
    with desk.store.transaction() as books:
        pulse.keep(books, State.STOPPED, wiring.now())
    assert "the service has been stopped since" in warnings(*desk.begin, "tasks")
    with desk.store.transaction() as books:
        pulse.keep(books, State.LISTENING, wiring.now())
    assert warnings(*desk.begin, "tasks") == ""


def test_a_quiet_list_says_when_something_was_noted_last(desk: Desk) -> None:
    assert "No call has been noted yet" in run(*desk.begin, "tasks")
    desk.wrote()
    assert "The last call noted: " in run(*desk.begin, "tasks")


def test_one_task_is_shown_with_all_that_is_needed_to_call(desk: Desk) -> None:
    desk.wrote("question about my bill")
    shown = run(*desk.begin, "tasks", "show", the_task(desk))
    for part in (
        "(202) 555-0123",
        "question about my bill",
        "--result spoke",
        "rang and nobody answered",
        "nobody yet",
    ):
        assert part in shown
    (row,) = rows(desk, "tasks", "show", the_task(desk))
    assert (row["caller"], row["said"]) == ("+12025550123", "question about my bill")


def test_finishing_says_what_it_did_to_the_other_tasks(desk: Desk) -> None:
    desk.wrote("where do I park?", "BILLING", "URGENT")
    (urgent,) = [str(row["task"]) for row in rows(desk, "tasks") if row["urgent"]]
    told = run(*desk.begin, "tasks", "done", urgent, "--by", "ana", "--result", "spoke")
    assert "also closed: T-" in told
    assert "still open: T-" in told
    assert [row["queue"] for row in rows(desk, "tasks")] == ["billing"]


def test_no_contact_keeps_the_task(desk: Desk) -> None:
    desk.wrote("where do I park?")
    task = the_task(desk)
    assert "stays on the list" in run(
        *desk.begin, "tasks", "done", task, "--by", "ana", "--result", "no-contact"
    )
    assert the_task(desk) == task


def test_a_result_has_to_be_said_and_the_choices_are_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.wrote("BILLING")
    code, told = complains([*desk.begin, "tasks", "done", the_task(desk), "--by", "ana"], monkeypatch, capsys)
    assert code == 2
    assert all(word in told for word in ("spoke", "booked", "resolved", "no-contact"))


def test_root_owns_no_task(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.wrote("BILLING")
    monkeypatch.setattr("getpass.getuser", lambda: "root")
    monkeypatch.delenv("SUDO_USER", raising=False)
    code, told = complains([*desk.begin, "tasks", "take", the_task(desk)], monkeypatch, capsys)
    assert (code, "--by YOUR-NAME" in told) == (2, True)
    monkeypatch.setenv("SUDO_USER", "ana")
    assert "is ana's" in run(*desk.begin, "tasks", "take", the_task(desk))


def test_somebody_elses_task_is_refused_and_says_whose(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.wrote("BILLING")
    task = the_task(desk)
    run(*desk.begin, "tasks", "take", task, "--by", "ana")
    finish = [*desk.begin, "tasks", "done", task, "--by", "bea", "--result", "resolved"]
    code, told = complains(finish, monkeypatch, capsys)
    assert (code, "is ana's" in told) == (1, True)
    assert "is done" in run(*finish, "--anyway")


def test_explain_takes_a_task_and_shows_numbers_when_asked(desk: Desk) -> None:
    desk.wrote("my own words")
    task = the_task(desk)
    assert "5550123" not in run(*desk.begin, "explain", task)
    whole = run(*desk.begin, "explain", task, "--numbers")
    assert "(202) 555-0123" in whole
    assert "'my own words'" in whole


def test_a_call_of_ours_is_not_shown_as_one_of_theirs(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "COLUMNS", "120"
    )  # in a narrow one "12:40 PM" makes the line wrap, and "9:40 AM" does not
    desk.wrote("BILLING").clinic.wait(seconds=5).calls_back(talked=0)
    (line,) = [line for line in run(*desk.begin, "calls").splitlines() if "we called" in line]
    assert "nobody answered" in line


def test_all_wishes_of_a_caller_are_listed(desk: Desk) -> None:
    desk.wrote("BILLING", "REFILL")
    assert "billing, refill" in run(*desk.begin, "episodes")
    (row,) = rows(desk, "episodes")
    assert (row["intent"], row["intents"]) == ("refill", ["billing", "refill"])


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_no_line_is_wider_than_the_terminal_and_ids_stay_whole(
    desk: Desk, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.wrote("where do I park?", "BILLING", "URGENT")
    monkeypatch.setenv("COLUMNS", str(width))
    for words in (["tasks", "--numbers"], ["calls"], ["episodes"], ["report"]):
        shown = run(*desk.begin, *words)
        assert max(map(len, shown.splitlines())) <= width
        assert "…" not in shown
    assert "billing, urgent" in " ".join(run(*desk.begin, "episodes").split())
    assert {str(row["task"]) for row in rows(desk, "tasks")} <= set(run(*desk.begin, "tasks").split())


def test_a_result_that_is_none_is_refused_in_plain_words(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.wrote("BILLING")
    done = [*desk.begin, "tasks", "done", the_task(desk), "--by", "ana", "--result", "talked"]
    code, told = complains(done, monkeypatch, capsys)
    assert (code, "'talked' is no result. Say spoke" in told, "Value error" in told) == (2, True, False)


def test_a_task_that_a_voicemail_closed_is_put_back(desk: Desk) -> None:
    desk.wrote("URGENT").clinic.wait(seconds=5).calls_back(talked=30)
    assert rows(desk, "tasks") == []
    (closed,) = rows(desk, "tasks", "--all")
    task = str(closed["task"])
    assert f"{task} is on the list again" in run(*desk.begin, "tasks", "reopen", task, "--by", "ana")
    (row,) = rows(desk, "tasks")
    assert (row["task"], row["urgent"], row["owner"], row["state"]) == (task, True, None, "open")
    assert "ana put" in run(*desk.begin, "explain", task)


def test_what_is_seen_and_changed_by_command_is_in_the_audit(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_USER", "ana")
    desk.wrote("where do I park?")
    task = the_task(desk)
    for words in (["tasks"], ["calls"], ["episodes"], ["explain", task], ["bookings"]):
        run(*desk.begin, *words)
        run(*desk.begin, *words, "--numbers")
    run(*desk.begin, "tasks", "show", task)
    run(*desk.begin, "tasks", "take", task, "--by", "bo")
    run(*desk.begin, "tasks", "done", task, "--by", "bo", "--result", "spoke")
    run(*desk.begin, "tasks", "reopen", task, "--by", "bo")
    with desk.store.reading() as books:
        found = [(entry.shown, entry.action, entry.what) for entry in reversed(books.audit(limit=100))]
    seen = (
        "tasks --numbers",
        "calls --numbers",
        "episodes --numbers",
        "explain --numbers",
        "bookings --numbers",
    )
    assert found == [
        *(("ana (terminal)", "view", f"secondring {what}") for what in (*seen, "tasks show")),
        ("bo (terminal)", "change", "secondring tasks take"),
        ("bo (terminal)", "change", "secondring tasks done: spoke"),
        ("bo (terminal)", "change", "secondring tasks reopen"),
    ], "and without --numbers nothing is seen, so nothing is written"


def test_a_task_that_is_not_taken_leaves_no_line_in_the_audit(desk: Desk) -> None:
    assert run_refused(desk, "tasks", "take", "T-none", "--by", "bo") != 0
    with desk.store.reading() as books:
        assert books.audit(limit=10) == []


def run_refused(desk: Desk, *words: str) -> int:
    return runner.invoke(app, [*desk.begin, *words]).exit_code
