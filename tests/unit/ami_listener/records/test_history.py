"""Records of many calls, read in pieces, by readers that come and go: each call is told, and told alike."""

import shutil
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ami_listener.records.cel import Cel
from ami_listener.records.files import FileRecord
from ami_listener.records.history import GRACE, NEVER_ENDED, STILL_OPEN, History, Source
from ami_listener.records.queue_log import QueueLog
from ami_listener.records.rows import CEL_COLUMNS, Row, csv_fields, queue_fields
from lab.record import RECORDINGS
from lab.witnesses import ALWAYS, LATER, compared, told
from secondring.domain.call_events import CallEnded, ListeningRules
from secondring.domain.ids import Uniqueid

NAMES = (
    "attended_transfer",
    "two_calls_one_answered",
    "queue_abandoned",
    "menu_hung_up",
    "rang_out",
    "queue_timeout_then_answered",
    "forked_locals_nobody",
    "parked_and_fetched",
)
RULES = ListeningRules(outside_prefix="9")


def a_history(folder: Path, zone: ZoneInfo | None = None) -> History:
    queues = QueueLog()
    cel = Cel(zone or ZoneInfo("UTC"))
    return History(
        RULES,
        Source(cel, FileRecord(folder / "cel.csv", lambda line: csv_fields(line, CEL_COLUMNS), cel.at)),
        Source(queues, FileRecord(folder / "queue_log", queue_fields, queues.at)),
        horizon=ALWAYS,
    )


def lines_of(ending: str) -> list[bytes]:
    files = [RECORDINGS / f"{name}{ending}" for name in NAMES]
    return [line for file in files if file.exists() for line in file.read_bytes().splitlines(keepends=True)]


CEL_LINES, QUEUE_LINES = lines_of(".cel.csv"), lines_of(".queue_log")
EXPECTED = {
    (call.call.uniqueid, str(call.verdict), str(call.reason))
    for name in NAMES
    for call in told(RECORDINGS, name, ("cel", "queue_log"))
}


@given(
    st.lists(st.integers(0, len(b"".join(CEL_LINES))), max_size=8),
    st.lists(st.booleans(), min_size=9, max_size=9),
)
@settings(max_examples=25, deadline=None)
def test_torn_anywhere_and_begun_anew_anywhere(cuts: list[int], restarts: list[bool]) -> None:
    whole = b"".join(CEL_LINES)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "queue_log").write_bytes(b"".join(QUEUE_LINES))
        history = a_history(folder)
        history.begin({})
        found: set[tuple[str, str, str]] = set()
        kept: dict[str, str] = {}
        begin = 0
        for end, restart in zip([*sorted(cuts), len(whole)], restarts, strict=False):
            with (folder / "cel.csv").open("ab") as file:
                file.write(whole[begin:end])
            begin = end
            if restart:
                history = a_history(folder)
                history.begin(kept)
            while history.read(LATER):
                pass
            for story in history.over(LATER, None):
                found |= {(v.call.uniqueid, str(v.verdict), str(v.reason)) for v in _inbound(story.verdicts)}
            kept = history.bookmarks()
        assert found == EXPECTED


def _inbound(verdicts: list[CallEnded]) -> list[CallEnded]:
    return [verdict for verdict in verdicts if verdict.direction == "inbound"]


def test_read_whole_it_tells_every_call_as_each_alone(tmp_path: Path) -> None:
    (tmp_path / "cel.csv").write_bytes(b"".join(CEL_LINES))
    (tmp_path / "queue_log").write_bytes(b"".join(QUEUE_LINES))
    history = a_history(tmp_path)
    history.read(LATER)
    stories = history.over(LATER, None)
    found = [(v.call.uniqueid, str(v.verdict), str(v.reason)) for s in stories for v in _inbound(s.verdicts)]
    assert sorted(found) == sorted(EXPECTED)
    assert history.over(LATER, None) == []
    assert history.waiting == 0


def test_every_row_twice_tells_every_call_once(tmp_path: Path) -> None:
    (tmp_path / "cel.csv").write_bytes(b"".join(line for line in CEL_LINES for _ in range(2)))
    (tmp_path / "queue_log").write_bytes(b"".join(line for line in QUEUE_LINES for _ in range(2)))
    history = a_history(tmp_path)
    history.read(LATER)
    stories = history.over(LATER, None)
    found = [(v.call.uniqueid, str(v.verdict), str(v.reason)) for s in stories for v in _inbound(s.verdicts)]
    assert sorted(found) == sorted(EXPECTED)


def test_a_wrong_zone_changes_no_time(tmp_path: Path) -> None:
    (tmp_path / "cel.csv").write_bytes(b"".join(CEL_LINES))
    right, wrong = a_history(tmp_path), a_history(tmp_path, ZoneInfo("America/New_York"))
    times = []
    for history in (right, wrong):
        history.read(LATER)
        times.append({v.call: v.ended_at for s in history.over(LATER, None) for v in s.verdicts})
    assert times[0] == times[1]


def rang_out(folder: Path, *, without_end: bool = False) -> tuple[History, datetime]:
    lines = (RECORDINGS / "rang_out.cel.csv").read_bytes().splitlines(keepends=True)
    (folder / "cel.csv").write_bytes(b"".join(lines[:2] if without_end else lines))
    history = a_history(folder)
    cel = Cel(UTC)
    fields = csv_fields(lines[1] if without_end else lines[-1], CEL_COLUMNS)
    assert fields is not None
    at = cel.at(Row("", fields))
    assert at is not None
    return history, at


def test_what_just_ended_is_left_to_the_live_listener(tmp_path: Path) -> None:
    history, ended = rang_out(tmp_path)
    history.read(ended)
    assert history.over(ended + GRACE / 2, None) == []
    assert len(history.over(ended + GRACE, None)) == 1


def test_what_the_listener_has_still_open_is_left_to_it_for_a_minute(tmp_path: Path) -> None:
    history, ended = rang_out(tmp_path)
    history.read(ended)
    (root,) = {call.call.uniqueid for call in told(RECORDINGS, "rang_out", ("cel",))}
    assert history.over(ended + STILL_OPEN, {Uniqueid(root)}) == []
    assert len(history.over(ended + STILL_OPEN + GRACE, {Uniqueid(root)})) == 1


def test_a_story_without_end_waits_while_its_caller_may_be_on_the_line(tmp_path: Path) -> None:
    history, at = rang_out(tmp_path, without_end=True)
    history.read(at)
    much_later = at + timedelta(hours=1)
    (root,) = {call.call.uniqueid for call in told(RECORDINGS, "rang_out", ("cel",))}
    assert history.over(much_later, None) == []
    assert history.over(much_later, {Uniqueid(root)}) == []
    assert history.over(at + NEVER_ENDED, set()) == []
    (story,) = history.over(much_later, set())
    (verdict,) = story.verdicts
    assert (verdict.verdict, verdict.detail, verdict.ended_at) == ("missed", "lost-track", at)


def test_the_bookmark_stays_before_what_was_not_told(tmp_path: Path) -> None:
    history, _ = rang_out(tmp_path, without_end=True)
    history.read(LATER)
    kept = history.bookmarks()
    whole = (RECORDINGS / "rang_out.cel.csv").read_bytes()
    (tmp_path / "cel.csv").write_bytes(whole)
    again = a_history(tmp_path)
    again.begin(kept)
    again.read(LATER)
    (story,) = again.over(LATER, None)
    assert [(v.verdict, v.reason, v.late) for v in story.verdicts] == [("missed", "no-answer", True)]


@pytest.mark.parametrize("record", ["cel", "cdr"])
def test_recordings_are_there_for_every_scenario(record: str) -> None:
    without = [one.name for one in compared((record,)) if not one.told]
    assert without == [one.name for one in compared((record,)) if not one.live]


def test_rotation_in_the_middle_of_a_call(tmp_path: Path) -> None:
    lines = (RECORDINGS / "rang_out.cel.csv").read_bytes().splitlines(keepends=True)
    cel = tmp_path / "cel.csv"
    cel.write_bytes(b"".join(lines[:3]))
    history = a_history(tmp_path)
    history.read(LATER)
    shutil.move(cel, tmp_path / "cel.csv.1")
    cel.write_bytes(b"".join(lines[3:]))
    history.read(LATER)
    (story,) = history.over(LATER, None)
    assert [(v.verdict, v.reason) for v in story.verdicts] == [("missed", "no-answer")]
    assert history.gaps == []
