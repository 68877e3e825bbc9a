"""`secondring sms`: texts for scripts, which pass no guard by."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from secondring.domain.records import TextState
from tests.support.clinic import ANNA
from tests.support.terminal import Desk, complains, run

BY = ("--by", "ana")
WORDS = "We have your form. Questions? Call us."


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path).goes_live()
    yield made
    made.store.close()


def send(desk: Desk, *more: str, to: str = ANNA.e164, text: str = WORDS) -> list[str]:
    return [*desk.begin, "sms", "send", to, text, *BY, *more]


def test_a_text_is_queued_for_the_service_and_audited(desk: Desk) -> None:
    desk.wrote("hello")
    (row,) = (json.loads(line) for line in run(*send(desk, "--json")).splitlines())
    assert (row["state"], row["text"], row["patient"]) == ("queued", WORDS, ANNA.e164)
    with desk.store.reading() as books:
        text = books.text(row["id"])
        assert text is not None
        assert (text.template, text.state) == ("staff-reply", TextState.QUEUED)
        assert [entry.what for entry in books.audit(limit=5)] == ["secondring sms send"]
    desk.clinic.wait(minutes=11)
    assert [sent.body for sent in desk.clinic.send_due()] == [WORDS]


def test_the_words_can_come_from_standard_input(desk: Desk) -> None:
    desk.wrote("hello")
    told = run(*send(desk, text="-"), stdin="See you soon.\n")
    assert "queued" in told


@pytest.mark.parametrize(
    ("words", "text", "told"),
    [
        (["STOP"], WORDS, "They get no texts"),
        (["hi"], "Your biopsy is back.", "clinical word"),
        (["hi"], " ", "empty"),
        (["hi"], "x" * 700, "too long|parts"),
    ],
)
def test_what_must_not_go_does_not(
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    text: str,
    told: str,
) -> None:
    desk.wrote(*words)
    code, said = complains(send(desk, text=text), monkeypatch, capsys)
    assert code == 1
    assert any(part in said for part in told.split("|")), said
    with desk.store.reading() as books:
        (episode,) = books.episodes_of(ANNA)
        assert "staff-reply" not in {each.template for each in books.texts_of(episode.id)}


def test_a_stranger_is_only_texted_once_they_agreed_and_that_is_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = complains(send(desk), monkeypatch, capsys)
    assert (code, "never called or wrote" in said, '--agreed "' in said) == (1, True, True)
    assert "queued" in run(*send(desk, "--agreed", "yes, text me about the form"))
    with desk.store.reading() as books:
        (entry,) = books.consents(ANNA)
    assert (entry.opted_out, entry.words, entry.by) == (False, "yes, text me about the form", "ana")


def test_a_landline_and_the_cap_are_heeded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = complains(send(desk, to="+18005550199"), monkeypatch, capsys)
    assert (code, "takes texts" in said) == (1, True)
    desk.wrote("hello")
    for _ in range(2):
        run(*send(desk))
    code, said = complains(send(desk), monkeypatch, capsys)
    assert (code, "4 texts in 24 hours" in said) == (1, True)


def test_waiting_says_when_nothing_took_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.wrote("hello")
    monkeypatch.setattr("time.sleep", lambda _seconds: None)
    code, said = complains(send(desk, "--wait", "1"), monkeypatch, capsys)
    assert (code, "has not taken" in said) == (69, True)


def test_the_inbox_shows_what_came_in_and_is_audited(desk: Desk) -> None:
    desk.wrote("can I come on Friday", "or Monday")
    rows = [json.loads(line) for line in run(*desk.begin, "sms", "inbox", "--json", *BY).splitlines()]
    assert [row["text"] for row in rows] == ["can I come on Friday", "or Monday"]
    assert ANNA.e164 not in json.dumps(rows)
    assert "can I come on Friday" in run(*desk.begin, "sms", "inbox", *BY)
    assert "No text in the last" in run(*desk.begin, "sms", "inbox", "--since", "1s", *BY)
    with desk.store.reading() as books:
        assert {entry.what for entry in books.audit(limit=5)} == {"secondring sms inbox"}
