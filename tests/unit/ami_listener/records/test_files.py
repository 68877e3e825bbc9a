"""A file that grows, is renamed, copied away, emptied and compressed while it is read."""

import gzip
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ami_listener.records.files import NEAR_ENOUGH, FileRecord
from ami_listener.records.queue_log import QueueLog
from ami_listener.records.rows import MAX_LINE, queue_fields
from secondring.domain.errors import PeerError

BEGIN = datetime(2026, 3, 2, 15, tzinfo=UTC)
LONG_AGO = BEGIN - timedelta(days=400)


def line(number: int, event: str = "ENTERQUEUE") -> bytes:
    at = int(BEGIN.timestamp()) + number
    return f"{at}|{at}.{number}|front|NONE|{event}||+12025550123|1\n".encode()


class Reader:
    """Whoever reads on and on, keeping the bookmark."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.bookmark: str | None = None
        self.gaps = 0
        self.seen: list[str] = []

    def read(self, *, since: datetime = LONG_AGO, limit: int = 1000) -> list[str]:
        """With a new reader each time, as after a restart."""
        news: list[str] = []
        more = True
        while more:
            record = FileRecord(self.path, queue_fields, QueueLog().at)
            batch = record.read(self.bookmark, since=since, limit=limit)
            news += [row.get("callid").partition(".")[2] for row in batch.rows]
            self.bookmark, more = batch.bookmark, batch.more
            self.gaps += batch.gap
        self.seen += news
        return news


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "queue_log"


def append(log: Path, *numbers: int) -> None:
    with log.open("ab") as file:
        file.writelines(map(line, numbers))


def test_reads_on_from_where_it_was(log: Path) -> None:
    reader = Reader(log)
    assert reader.read() == []
    append(log, 1, 2)
    assert reader.read() == ["1", "2"]
    assert reader.read() == []
    append(log, 3)
    assert reader.read(limit=1) == ["3"]


def test_a_last_line_that_is_not_whole_is_left_for_the_next_reading(log: Path) -> None:
    reader = Reader(log)
    append(log, 1)
    whole = line(2)
    with log.open("ab") as file:
        file.write(whole[:25])
    assert reader.read() == ["1"]
    with log.open("ab") as file:
        file.write(whole[25:])
    assert reader.read() == ["2"]


def test_renamed_twice_and_compressed_since(log: Path) -> None:
    reader = Reader(log)
    append(log, 1, 2)
    reader.read()
    append(log, 3)
    with gzip.open(log.with_name("queue_log.2.gz"), "wb") as packed:
        packed.write(log.read_bytes())
    os.utime(log.with_name("queue_log.2.gz"), (BEGIN.timestamp(), BEGIN.timestamp()))
    log.unlink()
    append(log, 4)
    log.rename(log.with_name("queue_log.1"))
    append(log, 5)
    assert reader.read() == ["3", "4", "5"]
    assert reader.gaps == 0


def test_copied_and_truncated(log: Path) -> None:
    reader = Reader(log)
    append(log, 1)
    reader.read()
    append(log, 2)
    shutil.copy(log, log.with_name("queue_log-20260302"))
    log.write_bytes(b"")
    assert reader.read() == ["2"]
    append(log, 3)
    assert reader.read() == ["3"]
    assert reader.gaps == 0


def test_emptied_without_a_copy_is_a_gap_that_is_told(log: Path) -> None:
    reader = Reader(log)
    append(log, 1, 2)
    reader.read()
    log.write_bytes(b"")
    append(log, 3)
    assert reader.read() == ["3"]
    assert reader.gaps == 1


def test_a_file_that_came_and_was_rotated_before_we_looked_again(log: Path) -> None:
    reader = Reader(log)
    reader.read()
    append(log, 1)
    log.rename(log.with_name("queue_log.1"))
    append(log, 2)
    assert reader.read() == ["1", "2"]


def test_files_of_other_names_are_no_rotations(log: Path) -> None:
    append(log, 1)
    for name in ("queue_log.bak", "queue_log-old", "queue_logs"):
        shutil.copy(log, log.with_name(name))
    assert Reader(log).read() == ["1"]


def test_a_monstrous_line_costs_itself(log: Path) -> None:
    append(log, 1)
    with log.open("ab") as file:
        file.write(b"x" * (3 * MAX_LINE) + b"\n\0\xff\n\n")
    append(log, 2)
    batch = FileRecord(log, queue_fields, QueueLog().at).read(None, since=LONG_AGO, limit=10)
    assert [row.get("callid")[-1] for row in batch.rows] == ["1", "2"]
    assert batch.unreadable == 3


def test_a_year_of_rows_is_not_read_at_the_first_start(log: Path) -> None:
    append(log, *range(20_000))
    horizon = BEGIN + timedelta(seconds=19_000)
    found = Reader(log).read(since=horizon)
    assert found[-1] == "19999"
    assert 1000 <= len(found) <= 1000 + NEAR_ENOUGH // len(line(1)) + 2


def test_nor_after_a_long_absence(log: Path) -> None:
    reader = Reader(log)
    append(log, 0)
    reader.read()
    append(log, *range(1, 40_000))
    found = reader.read(since=BEGIN + timedelta(seconds=39_000))
    assert found[-1] == "39999"
    assert 1000 <= len(found) <= 1000 + NEAR_ENOUGH // len(line(1)) + 2
    assert reader.gaps == 0


def test_what_may_not_be_read_names_the_remedy(tmp_path: Path) -> None:
    folder = tmp_path / "queue_log"
    folder.mkdir()
    with pytest.raises(PeerError, match="usermod -a -G asterisk"):
        FileRecord(folder, queue_fields, QueueLog().at).read(None, since=LONG_AGO, limit=1)


STEPS = st.lists(
    st.sampled_from(["write", "half", "read", "rename", "copytruncate"]), min_size=1, max_size=30
)


@given(STEPS, st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_whatever_happens_to_the_file_each_row_is_read_once(steps: list[str], limit: int) -> None:
    import tempfile  # noqa: PLC0415 - a fixture is not made anew for each example

    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "queue_log"
        reader, written, rest = Reader(log), 0, b""
        for number, step in enumerate(steps):
            if step == "read":
                reader.read(limit=limit)
            elif step in ("write", "half"):
                written += 1
                row = rest + line(written)
                cut = len(row) - 5 if step == "half" else len(row)
                with log.open("ab") as file:
                    file.write(row[:cut])
                rest = row[cut:]
            elif log.exists() and not rest:
                aside = log.with_name(f"queue_log-{20260300 + number}")
                if step == "rename":
                    log.rename(aside)
                else:
                    shutil.copy(log, aside)
                    log.write_bytes(b"")
                os.utime(aside, (BEGIN.timestamp() + number, BEGIN.timestamp() + number))
        with log.open("ab") as file:
            file.write(rest)
        reader.read(limit=limit)
        assert reader.seen == [str(number + 1) for number in range(written)]
        assert reader.gaps == 0
