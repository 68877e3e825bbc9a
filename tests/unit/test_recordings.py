"""Every recording of a real PBX gets the verdicts that its scenario demands. `python -m lab.record` makes them."""

import json
from pathlib import Path
from typing import Any

import pytest

from lab.judge import differences, verdicts_of
from lab.scenarios.stage import Expected
from secondring.domain.calls import CallTracker

RECORDINGS = Path(__file__).parents[1] / "recordings"
PLACES = (RECORDINGS, RECORDINGS / "freepbx")
"""On the lab's own dialplan, and on one of FreePBX's shape."""


def entries(place: Path) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads((place / "expected.json").read_text())
    return [entry | {"file": str((place / entry["file"]).relative_to(RECORDINGS))} for entry in listed]


ENTRIES = [entry for place in PLACES for entry in entries(place)]


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["file"] for entry in ENTRIES])
def test_recording(entry: dict[str, Any]) -> None:
    received = (RECORDINGS / entry["file"]).read_bytes()
    assert differences([Expected(**call) for call in entry["expected"]], received) == []


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["file"] for entry in ENTRIES])
def test_nothing_is_remembered_of_a_call_that_is_over(entry: dict[str, Any]) -> None:
    tracker = CallTracker()
    verdicts_of((RECORDINGS / entry["file"]).read_bytes(), tracker)
    assert (tracker.open_calls, tracker.legs_known) == (0, 0)


def test_every_recording_has_its_story() -> None:
    found = {str(path.relative_to(RECORDINGS)) for path in RECORDINGS.rglob("*.ami")}
    assert {entry["file"] for entry in ENTRIES} == found
