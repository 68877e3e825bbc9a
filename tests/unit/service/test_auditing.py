"""Once a night both accounts are compared; a silence is alarmed of while it lasts, and not every minute."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from secondring.auditing import NightlyAudit, Referee, Silence
from secondring.domain import quiet
from secondring.domain.call_events import CallEnded
from secondring.domain.errors import PeerError
from secondring.domain.weeks import Span
from secondring.writer import Reader, Writer
from tests.support.clinic import Clinic

ZONE = "America/New_York"
YESTERDAY = datetime(2026, 3, 2, 15, tzinfo=UTC)
NIGHT = datetime(2026, 3, 3, 8, 30, tzinfo=UTC)
"""Half past three in New York."""


class Night:
    """A clinic with a call of yesterday, and a record that has its own opinion."""

    def __init__(self) -> None:
        self.clinic = Clinic(now=YESTERDAY)
        self.theirs: list[CallEnded] = [self.clinic.misses()]
        self.now = NIGHT
        self.asked: list[Span] = []
        self.writer = Writer(self.clinic.store)
        referee = Referee(self.told, ZONE)
        reader = Reader(self.clinic.store)
        self.part = NightlyAudit(referee, self.clinic.rules, reader, self.writer, clock=lambda: self.now)

    def told(self, span: Span, now: datetime) -> tuple[str, list[CallEnded]]:
        self.asked.append(span)
        return "cdr", self.theirs


async def test_yesterday_is_compared_once_and_agrees() -> None:
    night = Night()
    found = await night.part.round()
    assert found is not None
    assert found.in_words == "1 calls compared with cdr: 1 agreed, 0 different, 0 only-ours, 0 only-theirs"
    assert await night.part.round() is None
    assert night.clinic.alarms == []
    assert [span.begins for span in night.asked] == [datetime(2026, 3, 2, 5, tzinfo=UTC)]
    night.writer.close()


async def test_a_difference_is_an_alarm_that_names_the_call_and_no_number() -> None:
    night = Night()
    night.theirs = []
    await night.part.round()
    (alarm,) = night.clinic.alarms
    assert alarm.kind == "audit-differs"
    assert "1 of 1 calls of 2026-03-02 differ from cdr (1.1)" in alarm.because
    assert "`secondring audit --day 2026-03-02`" in alarm.because
    night.writer.close()


async def test_before_three_it_waits_for_the_records_to_be_written() -> None:
    night = Night()
    night.now = NIGHT - timedelta(hours=1)
    assert await night.part.round() is None
    night.writer.close()


async def test_a_record_that_cannot_be_read_is_tried_again() -> None:
    night = Night()

    def broken(span: Span, now: datetime) -> tuple[str, list[CallEnded]]:
        raise PeerError("the database is down: start it")

    told, night.part._referee = night.part._referee, Referee(broken, ZONE)
    with pytest.raises(PeerError):
        await night.part.round()
    night.part._referee = told
    assert await night.part.round() is not None
    night.writer.close()


async def test_a_silence_is_alarmed_of_at_once_then_hourly(monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = Clinic()
    writer = Writer(clinic.store)
    silent: list[quiet.Quiet | None] = [quiet.Quiet(clinic.now - timedelta(minutes=15), 8)]
    monkeypatch.setattr(quiet, "look", lambda *_: silent[0])
    part = Silence(replace(clinic.rules), Reader(clinic.store), writer, clock=lambda: clinic.now)
    assert await part.round()
    clinic.wait(minutes=1)
    assert not await part.round()
    clinic.wait(minutes=60)
    assert await part.round()
    silent[0] = None
    assert not await part.round()
    assert {alarm.kind for alarm in clinic.alarms} == {"signal-quiet"}
    writer.close()
