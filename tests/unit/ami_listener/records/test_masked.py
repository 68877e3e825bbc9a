"""A number that was withheld and passed on all the same: the live stream has FreePBX's note of it, no record has."""

import re
from pathlib import Path

import pytest

PLACE = Path(__file__).parents[3] / "recordings/freepbx"
NOTE = re.compile(r"prohib|anonymous|restrict|private|withheld|unavail|screen", re.IGNORECASE)


def test_the_live_stream_has_the_note() -> None:
    assert "prohib" in (PLACE / "fp_masked_number.ami").read_text(errors="replace")


@pytest.mark.parametrize("record", ["cel.csv", "cdr.csv", "queue_log"])
def test_no_record_tells_it_from_a_number_that_may_be_shown(record: str) -> None:
    """Else the reader of that record should say so, and the task of docs/records.md would not be needed."""
    (file,) = PLACE.glob(f"fp_masked_number*{record}")
    rows = file.read_text()
    assert "+13125550123" in rows
    assert NOTE.findall(rows) == []
