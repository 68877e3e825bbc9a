"""An account that the PBX does not take: who is told, and how often."""

from datetime import UTC, datetime, timedelta

import pytest

from secondring.domain.alarms import Alarm
from secondring.domain.errors import LoginRefused, PeerError
from secondring.domain.records import KeptAlarm
from secondring.refused import DIALLING, LISTENING, Refusals
from secondring.store.memory import MemoryStore
from secondring.writer import Writer
from tests.support.clinic import Clinic

NOW = datetime(2026, 3, 2, 15, tzinfo=UTC)
REFUSAL = LoginRefused(
    "the PBX at 127.0.0.1:5038 refuses user 'ring' (Authentication failed): compare the secret"
)


class Told:
    """A service, as far as its alarms go."""

    def __init__(self) -> None:
        self.now = NOW
        self.store = MemoryStore()
        self.rings = 0
        self.shouted: list[Alarm] = []

    def refusals(self, kind: str = LISTENING, in_store: object = None) -> Refusals:
        rules = Clinic().rules
        return Refusals(
            kind,
            rules,
            in_store or Writer(self.store),  # type: ignore[arg-type]
            clock=lambda: self.now,
            ring=self._ring,
            raise_alarm=self.shouted.append,
        )

    async def _ring(self) -> None:
        self.rings += 1

    @property
    def alarms(self) -> list[KeptAlarm]:
        with self.store.reading() as books:
            return books.alarms(since=NOW - timedelta(days=1), limit=99)


@pytest.fixture
def told() -> Told:
    return Told()


async def test_a_pbx_that_is_just_writing_its_accounts_wakes_nobody(told: Told) -> None:
    await told.refusals()(REFUSAL, 1)
    assert (told.alarms, told.rings) == ([], 0)


async def test_the_second_refusal_names_the_account_and_what_it_costs(told: Told) -> None:
    listening, dialling = told.refusals(), told.refusals(DIALLING)
    for count in (1, 2):
        await listening(REFUSAL, count)
        await dialling(REFUSAL, count)
    kept = {alarm.kind: alarm.because for alarm in told.alarms}
    assert kept.keys() == {LISTENING, DIALLING}
    assert "missed calls are not heard of" in kept[LISTENING]
    assert "urgent callers reach only the last resort" in kept[DIALLING]
    assert all("refuses user 'ring'" in because for because in kept.values())
    assert told.rings == 2


async def test_it_is_told_again_each_hour_and_afresh_after_it_was_well(told: Told) -> None:
    refusals = told.refusals()
    for count in range(1, 40):
        await refusals(REFUSAL, count)
        told.now += timedelta(minutes=5)
    assert len(told.alarms) == 4, "three hours and ten minutes"
    await refusals(REFUSAL, 1)
    await refusals(REFUSAL, 2)
    assert len(told.alarms) == 5


async def test_without_a_database_it_is_shouted(told: Told) -> None:
    async def none_there(work: object) -> None:
        raise PeerError("the disk is full")

    await told.refusals(in_store=none_there)(REFUSAL, 2)
    assert [alarm.kind for alarm in told.shouted] == [LISTENING]
