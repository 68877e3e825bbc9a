"""Every recording of a real PBX gets the verdicts that its scenario demands. `python -m lab.record` makes them."""

import json
from pathlib import Path
from typing import Any

import pytest

from lab.judge import differences
from lab.scenarios.stage import Expected

RECORDINGS = Path(__file__).parents[1] / "recordings"
ENTRIES: list[dict[str, Any]] = json.loads((RECORDINGS / "expected.json").read_text())


@pytest.mark.parametrize("entry", ENTRIES, ids=[entry["file"] for entry in ENTRIES])
def test_recording(entry: dict[str, Any]) -> None:
    received = (RECORDINGS / entry["file"]).read_bytes()
    assert differences([Expected(**call) for call in entry["expected"]], received) == []


def test_every_recording_has_its_story() -> None:
    assert {entry["file"] for entry in ENTRIES} == {path.name for path in RECORDINGS.glob("*.ami")}
