"""The emergency spool keeps what it is given, sealed, whatever became of the disk in between."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from secondring.domain.call_events import CallAnswered, CallBegan, CallEnded, CallEvent, Direction
from secondring.domain.call_notes import from_plain, to_plain
from secondring.domain.verdict import Detail, Verdict
from secondring.store.emergency import EmergencySpool
from secondring.store.keys import make_key
from tests.support.books import ANNA, CLINIC, KEY, NOW, call_id

moments = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis wants them bare
calls = st.integers(1, 9).map(call_id)
words = st.text(max_size=12)
events: st.SearchStrategy[CallEvent] = st.one_of(
    st.builds(CallBegan, call=calls, at=moments, caller=words, did=words),
    st.builds(
        CallAnswered,
        call=calls,
        at=moments,
        direction=st.sampled_from(Direction),
        far=words,
        withheld=st.booleans(),
    ),
    st.builds(
        CallEnded,
        call=calls,
        direction=st.sampled_from(Direction),
        verdict=st.sampled_from(Verdict),
        reason=st.none() | words,
        detail=st.none() | st.sampled_from(Detail),
        caller=words,
        withheld=st.booleans(),
        did=words,
        queue=st.none() | words,
        started_at=moments,
        ended_at=moments,
        answered_at=st.none() | moments,
        partial=st.booleans(),
        late=st.booleans(),
    ),
)


def began(number: int) -> CallBegan:
    return CallBegan(
        call=call_id(number), at=NOW + timedelta(seconds=number), caller=ANNA.e164, did=CLINIC.e164
    )


@given(events)
def test_every_event_is_read_as_it_was_written(event: CallEvent) -> None:
    assert from_plain(to_plain(event)) == event


def test_events_are_kept_in_order_sealed_for_their_owner_alone_and_gone_when_cleared(tmp_path: Path) -> None:
    file = tmp_path / "pbx.calls"
    EmergencySpool(file, KEY).add([began(1), began(2)])
    EmergencySpool(file, KEY).add([began(3)])
    assert file.stat().st_mode & 0o777 == 0o600
    assert ANNA.e164[2:].encode() not in file.read_bytes()
    again = EmergencySpool(file, KEY)
    assert again.kept() == [began(1), began(2), began(3)]
    again.clear()
    assert not file.exists()
    assert again.kept() == []


def test_a_torn_or_foreign_line_costs_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "pbx.calls"
    spool = EmergencySpool(file, KEY)
    spool.add([began(1), began(2)])
    file.write_bytes(file.read_bytes()[:-30])
    spool.add([began(3)])
    EmergencySpool(file, make_key()).add([began(4)])
    spool.add([began(5)])
    assert spool.kept() == [began(1), began(3), began(5)]
    assert "2 lines cannot be read" in caplog.text


def test_a_place_that_cannot_be_written_is_told_once_and_raises_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = EmergencySpool(tmp_path / "none/pbx.calls", KEY)
    with caplog.at_level(logging.ERROR):
        spool.add([began(1)])
        spool.add([began(2)])
        spool.clear()
    assert caplog.text.count("in memory alone") == 1
    assert spool.kept() == []


def test_it_does_not_fill_the_other_disk_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secondring.store.emergency.MOST_BYTES", 1000)
    file = tmp_path / "pbx.calls"
    spool = EmergencySpool(file, KEY)
    for number in range(1, 30):
        spool.add([began(number)])
    assert file.stat().st_size < 2000
    assert spool.kept()[0] == began(1)
