"""Rows and their times, however they are written or torn."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ami_listener.records.cdr import Cdr
from ami_listener.records.cel import Cel
from ami_listener.records.clock import born, moment, zone_error
from ami_listener.records.gathering import Gathering, Kind
from ami_listener.records.judging import judged
from ami_listener.records.queue_log import QueueLog
from ami_listener.records.rows import CDR_COLUMNS, CEL_COLUMNS, QUEUE_COLUMNS, Row, csv_fields, queue_fields
from secondring.domain.call_events import ListeningRules
from secondring.domain.ids import Uniqueid

NEW_YORK = ZoneInfo("America/New_York")


@given(st.binary(max_size=300))
def test_any_bytes_are_a_row_or_none(line: bytes) -> None:
    for found in (csv_fields(line, CDR_COLUMNS), queue_fields(line)):
        assert found is None or all(isinstance(value, str) for value in found.values())


@pytest.mark.parametrize("columns", [CDR_COLUMNS, CEL_COLUMNS, QUEUE_COLUMNS])
def test_a_row_shows_no_patient(columns: tuple[str, ...]) -> None:
    assert "2025550123" not in repr(Row("1", dict.fromkeys(columns, "+12025550123")))


def test_quotes_and_commas_in_a_caller_name() -> None:
    line = b'"","+12025550123","s","from-trunk","""Doe, ""Jo"""" <1>","PJSIP/t-1","","Dial"\n'
    found = csv_fields(line, CDR_COLUMNS)
    assert found is not None
    assert found["clid"].startswith('"Doe, "Jo')
    assert found["channel"] == "PJSIP/t-1"


EVENTS = (
    "CHAN_START",
    "CHAN_END",
    "ANSWER",
    "HANGUP",
    "BRIDGE_ENTER",
    "BRIDGE_EXIT",
    "APP_START",
    "PARK_END",
)
QUEUE_EVENTS = ("ENTERQUEUE", "CONNECT", "ABANDON", "EXITWITHKEY", "EXITWITHTIMEOUT", "DID")
OTHERS = ("ANSWERED", "BUSY", "FAILED", "Dial", "Queue", "VoiceMail", "AppDial", "from-trunk", "{}", "[]", "")
CHANNELS = ("1772463600.1", "1772463600.2", "1772463601.3", "PJSIP/t-1", "Local/a@b-1;1", "Local/a@b-1;2")
TIMES = ("2026-03-02 15:00:00", "2026-03-02 15:00:09.5", "1772463605")
WORDS = st.one_of(st.sampled_from((*EVENTS, *QUEUE_EVENTS, *OTHERS, *CHANNELS, *TIMES)), st.text(max_size=8))


@pytest.mark.parametrize(
    ("kind", "columns"),
    [(Cel(UTC), CEL_COLUMNS), (Cdr(UTC), (*CDR_COLUMNS, "calldate", "did")), (QueueLog(), QUEUE_COLUMNS)],
    ids=["cel", "cdr", "queue_log"],
)
@given(data=st.data())
def test_no_rows_whatever_break_the_reading(
    kind: Kind, columns: tuple[str, ...], data: st.DataObject
) -> None:
    found = data.draw(
        st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(columns, WORDS)), max_size=12)
    )
    gathering = Gathering(kind)
    gathering.add(Row(str(number), fields) for number, fields in enumerate(found))
    for story in gathering.quiet_since(datetime(2100, 1, 1, tzinfo=UTC)):
        gathering.is_over(story)
        judged(kind, story.in_order(), ListeningRules())
        gathering.forget(story)
    assert len(gathering) == 0
    assert gathering.mark() is None


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("1772463600", "2026-03-02T15:00:00+00:00"),
        ("1772463600.250000", "2026-03-02T15:00:00.250000+00:00"),
        ("2026-03-02 10:00:00", "2026-03-02T15:00:00+00:00"),
        ("2026-03-02 10:00:00.5", "2026-03-02T15:00:00.500000+00:00"),
        ("2026-03-02T15:00:00+00:00", "2026-03-02T15:00:00+00:00"),
    ],
)
def test_every_way_in_which_a_time_is_written(text: str, utc: str) -> None:
    assert moment(text, NEW_YORK) == datetime.fromisoformat(utc)


@given(st.text(max_size=30))
def test_any_text_is_a_time_or_none(text: str) -> None:
    found = moment(text, NEW_YORK)
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize("hours", [-5, -4, 5.5, 10, 0])
def test_a_zone_that_is_off_gives_itself_away(hours: float) -> None:
    channel = Uniqueid("lab-1772463600.17")
    began = born(channel)
    assert began is not None
    told = began + timedelta(hours=hours, seconds=0.4)
    assert zone_error(told, channel) == timedelta(hours=hours)


def test_a_late_row_is_no_zone_error() -> None:
    channel = Uniqueid("1772463600.17")
    began = born(channel)
    assert began is not None
    assert zone_error(began + timedelta(minutes=22), channel) == timedelta(0)
    assert zone_error(began, Uniqueid("chosen-by-somebody")) == timedelta(0)
