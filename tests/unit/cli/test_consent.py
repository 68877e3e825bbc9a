"""`secondring consent`: what a number wants, the proof of it, and wishes told by voice."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clinic import ANNA
from tests.support.terminal import Desk, complains, run

BY = ("--by", "ana")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path).goes_live()
    yield made
    made.store.close()


def audited(desk: Desk) -> list[tuple[str, str]]:
    with desk.store.reading() as books:
        return [(entry.action, entry.what) for entry in books.audit(limit=10)]


def test_a_number_nobody_heard_of_may_be_texted_and_has_no_history(desk: Desk) -> None:
    assert "may be texted: no opt-out on record" in run(*desk.begin, "consent", "show", "2025550123", *BY)
    assert audited(desk) == [("view", "secondring consent show")]


def test_the_proof_shows_words_text_and_confirmation(desk: Desk) -> None:
    desk.wrote("pls dont text me anymore")
    shown = " ".join(run(*desk.begin, "consent", "show", "+12025550123", *BY).split())
    assert "gets no texts: opted out by text" in shown
    assert "pls dont text me anymore" in shown
    assert "confirming text M-" in shown
    (line,) = run(*desk.begin, "consent", "show", "2025550123", "--json", *BY).splitlines()
    row = json.loads(line)
    assert (row["may_text"], row["wishes"][0]["channel"]) == (False, "text message")


def test_the_export_has_every_event_in_both_forms_and_is_audited(desk: Desk) -> None:
    desk.wrote("STOP")
    lines = run(*desk.begin, "consent", "export", "2025550123", "--json", *BY).splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["event"] for row in rows].count("opted-out") == 1
    assert {row["number"] for row in rows} == {ANNA.e164}
    assert rows[0]["basis"] == "their own call; no announcement on record"
    as_csv = list(
        csv.DictReader(io.StringIO(run(*desk.begin, "consent", "export", "2025550123", "--csv", *BY)))
    )
    assert [row["event"] for row in as_csv] == [row["event"] for row in rows]
    assert audited(desk) == [("view", "secondring consent export")] * 2
    with desk.store.reading() as books:
        (episode,) = books.episodes_of(ANNA)
        assert {entry.about for entry in books.audit(limit=10)} == {episode.id}


def test_a_wish_told_by_voice_is_kept_and_only_the_patient_takes_it_back(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    told = run(*desk.begin, "consent", "opt-out", "2025550123", "--said", "just phone me", *BY)
    assert "gets no texts" in told
    assert "0123" not in told
    again = [*desk.begin, "consent", "opt-in", "2025550123", "--said", "ok text me", *BY]
    code, said = complains(again, monkeypatch, capsys)
    assert code == 2
    assert "only the patient" in said
    assert "may be texted" in run(*again, "--patient-asked")
    with desk.store.reading() as books:
        assert [(e.opted_out, e.words, e.by) for e in books.consents(ANNA)] == [
            (True, "just phone me", "ana"),
            (False, "ok text me", "ana"),
        ]
    assert [action for action, _ in audited(desk)] == ["change", "change"]


def test_no_number_and_no_form_are_refused_with_a_remedy(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = complains([*desk.begin, "consent", "show", "12", *BY], monkeypatch, capsys)
    assert (code, "no phone number" in said) == (2, True)
    code, said = complains([*desk.begin, "consent", "export", "2025550123", *BY], monkeypatch, capsys)
    assert (code, "--csv" in said) == (2, True)
