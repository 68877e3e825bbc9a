"""A night: small steps, to the end, once; and what it did can be read."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from secondring.domain import health, retention
from secondring.domain.errors import StoreBusy
from secondring.domain.health import State
from secondring.domain.ports import Books
from secondring.domain.records import Cleared, Outcome, TextState
from secondring.domain.retention import Policy
from secondring.retention import BATCH, NightlyRetention, Parts
from secondring.store.memory import MemoryStore
from tests.support.books import DAY, NOW, a_text, an_episode, eid

T = TypeVar("T")
HALF_A_YEAR = timedelta(days=180)
POLICY = Policy(words=HALF_A_YEAR, numbers=2 * HALF_A_YEAR, proofs=None, alarms=None, audit=None)
NIGHT = datetime(2026, 11, 19, 8, 30, tzinfo=UTC)
"""Half past three in New York, more than half a year after NOW."""
MANY = 3 * BATCH + 1


@dataclass
class House:
    """The books, with a clock, and a count of what is written."""

    store: MemoryStore = field(default_factory=MemoryStore)
    now: datetime = NIGHT
    writes: int = 0
    fails_at: int | None = None
    tidied: int = 0

    async def read(self, work: Callable[[Books], T]) -> T:
        with self.store.reading() as books:
            return work(books)

    async def write(self, work: Callable[[Books], T]) -> T:
        self.writes += 1
        if self.writes == self.fails_at:
            raise StoreBusy("somebody else writes")
        with self.store.transaction() as books:
            return work(books)

    def tidy(self) -> None:
        self.tidied += 1

    def service(self, policy: Policy = POLICY) -> NightlyRetention:
        parts = Parts(
            policy=policy,
            zone="America/New_York",
            read=self.read,
            write=self.write,
            tidy=self.tidy,
            clock=lambda: self.now,
        )
        return NightlyRetention(parts, pause=0)

    def cleared(self) -> list[Cleared]:
        with self.store.reading() as books:
            return [e.cleared for n in range(MANY) if (e := books.episode(eid(n))) is not None]

    def last(self) -> retention.Night:
        with self.store.reading() as books:
            found = retention.last(books)
        assert found is not None
        return found


@pytest.fixture
def house() -> House:
    made = House()
    with made.store.transaction() as books:
        for number in range(MANY):
            over = {"window_ends_at": NOW + DAY, "closed_at": NOW + DAY, "outcome": Outcome.RESOLVED}
            books.save_episode(an_episode(number, **over))
            books.save_text(a_text(number, state=TextState.DELIVERED))
    return made


async def test_everything_that_is_old_goes_in_small_steps_and_stands_in_the_audit_as_counts(
    house: House,
) -> None:
    night = await house.service().night()
    assert dict(night.removed) == {"episodes": MANY, "texts": MANY}
    assert house.cleared() == [Cleared.WORDS] * MANY
    assert house.writes >= MANY // BATCH + 1
    assert house.tidied == 1
    with house.store.reading() as books:
        (entry,) = books.audit(limit=9)
    assert (entry.shown, entry.action) == ("Second Ring", "remove")
    assert entry.what == f"retention: {MANY} episodes, {MANY} texts"


async def test_a_second_night_finds_nothing_and_writes_no_audit(house: House) -> None:
    await house.service().night()
    night = await house.service().night()
    assert dict(night.removed) == {}
    assert house.tidied == 1
    with house.store.reading() as books:
        assert len(books.audit(limit=9)) == 1


async def test_what_is_kept_for_ever_stays(house: House) -> None:
    house.now = NIGHT + timedelta(days=9999)
    for_ever = Policy(words=None, numbers=None, proofs=None, alarms=None, audit=None)
    assert dict((await house.service(for_ever).night()).removed) == {}
    assert house.cleared() == [Cleared.NOTHING] * MANY


async def test_a_night_that_is_broken_off_says_so_and_the_next_goes_on(house: House) -> None:
    house.fails_at = 3
    night = await house.service().night()
    assert night.removed["episodes"] == 2 * BATCH
    assert "somebody else writes" in house.last().trouble
    assert health.of_retention(house.last(), house.now).state is State.WARN
    night = await house.service().night()
    assert night.removed["episodes"] == MANY - 2 * BATCH
    assert house.cleared() == [Cleared.WORDS] * MANY
    assert house.last().trouble == ""


@pytest.mark.parametrize(("hours", "due"), [(0, True), (-2, False), (5, False), (12, False)])
async def test_it_begins_at_night_and_not_at_once_after_an_upgrade_by_day(
    house: House, hours: int, *, due: bool
) -> None:
    house.now = NIGHT + timedelta(hours=hours)
    assert await house.service()._is_due() is due


async def test_where_the_machine_is_off_at_night_it_is_done_by_day(house: House) -> None:
    house.now = NIGHT + timedelta(hours=6)
    assert not await house.service()._is_due()
    house.now += timedelta(hours=24)
    assert not await house.service()._is_due()
    house.now += timedelta(hours=13)
    assert await house.service()._is_due()
    await house.service().night()
    assert not await house.service()._is_due()
    house.now += timedelta(hours=37)
    assert await house.service()._is_due()


async def test_once_a_night(house: House) -> None:
    service = house.service()
    await service.night()
    house.now += timedelta(hours=3)
    assert not await service._is_due()
    house.now += timedelta(hours=21)
    assert await service._is_due()


async def test_the_health_page_tells_of_the_last_night(house: House) -> None:
    assert health.of_retention(None, house.now).state is State.UNKNOWN
    await house.service().night()
    found = health.of_retention(house.last(), house.now)
    assert (found.state, found.words) == (State.OK, f"last done on 2026-11-19: {MANY} episodes, {MANY} texts")
    assert health.of_retention(house.last(), house.now + timedelta(days=4)).state is State.WARN
