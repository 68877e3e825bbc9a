"""`secondring audit`, on the records of recorded runs."""

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from lab.record import RECORDINGS
from secondring import wiring
from secondring.cli import app
from secondring.recorded import history
from tests.support.terminal import Desk

RUNS = ("rang_out", "answered_directly", "queue_abandoned")
DAY = "2026-11-29"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    for name, ending in (("queue_log", ".queue_log"), ("cel.csv", ".cel.csv"), ("cdr.csv", ".cdr.csv")):
        kept = [RECORDINGS / f"{run}{ending}" for run in RUNS]
        (tmp_path / name).write_bytes(b"".join(file.read_bytes() for file in kept if file.exists()))
    records = {
        "cel": {"place": f"{tmp_path}/cel.csv"},
        "cdr": {"place": f"{tmp_path}/cdr.csv"},
        "queue_log": f"{tmp_path}/queue_log",
        "zone": "Etc/UTC",
        "horizon": "3650d",
    }
    (tmp_path / "conf.d/90-records.yaml").write_text(yaml.safe_dump({"records": records}))
    return made


def audit(desk: Desk, *words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, [*desk.begin, "audit", "--day", DAY, *words], catch_exceptions=False)
    return result.exit_code, result.stdout


def rows(desk: Desk, *words: str) -> tuple[int, list[dict[str, object]]]:
    code, told = audit(desk, *words, "--json")
    return code, [json.loads(line) for line in told.splitlines()]


def listen(desk: Desk) -> None:
    """The service was there: the calls are in the books, as the records tell them."""
    settings = wiring.load_settings(desk.folder)
    found = history(settings)
    assert found is not None
    found.read(wiring.now())
    with desk.store.transaction() as books:
        for story in found.over(wiring.now(), set()):
            desk.clinic.casework.tell(books, story.events, wiring.now())


def test_calls_that_nobody_heard_are_told_and_end_with_1(desk: Desk) -> None:
    code, found = rows(desk)
    assert code == 1
    assert [(row["kind"], row["ours"], row["theirs"]) for row in found] == [
        ("only-theirs", "-", "answered"),
        ("only-theirs", "-", "missed:no-answer"),
        ("only-theirs", "-", "missed:abandoned"),
    ]
    _, told = audit(desk)
    assert f"{DAY}: 3 calls compared with cel: 0 agreed, 0 different, 0 only-ours, 3 only-theirs." in told
    assert "we did not hear of it" in " ".join(told.split())
    assert "2025550123" not in told


@pytest.mark.parametrize("record", ["cel", "cdr", "queue_log"])
def test_who_listened_agrees_with_every_record(desk: Desk, record: str) -> None:
    listen(desk)
    code, found = rows(desk, "--record", record)
    assert code == 0
    assert {row["kind"] for row in found} == {"agreed"}
    assert len(found) == (1 if record == "queue_log" else 3)
    assert "0 different" in audit(desk, "--record", record)[1]


def test_a_day_that_is_none_is_refused(desk: Desk) -> None:
    result = CliRunner().invoke(app, [*desk.begin, "audit", "--day", "soon"])
    assert (result.exit_code, "is no day" in result.stderr) == (2, True)
