"""Going live, and back into shadow mode, while the service runs: one mode at a time, and nothing lost between."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

import pytest

from secondring.domain.episodes import SEND_TEXT
from secondring.domain.errors import StoreBusy
from secondring.domain.records import TextState
from secondring.domain.settings import path_of
from secondring.following import Follower
from secondring.texting_side import Side, TextingSide
from secondring.writer import Reader
from tests.support.clinic import ANNA, BEN, Clinic
from tests.support.fake_ami import until
from tests.support.settings import TWO_SITES, ClinicFiles
from tests.unit.service.test_on_screen import Desk


class Carriers:
    """Some that only know whether they were let go."""

    is_open = False
    answers: Mapping[str, bool] = {"main": True}

    def __init__(self, *, confirms: bool) -> None:
        self.confirms_opt_out = confirms
        self.closed = False

    async def close(self) -> None:
        self.closed = True


@dataclass
class Bench:
    """A texting side, and what it did in order."""

    shadow: bool = True
    did: list[str] = field(default_factory=list)
    made: list[Carriers] = field(default_factory=list)
    fail: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.side = TextingSide(self.build, shadow=self.shadow)

    def build(self, shadow: bool) -> Side:
        word = "shadow" if shadow else "live"
        carriers = Carriers(confirms=not shadow)
        self.made.append(carriers)

        async def work() -> None:
            self.did.append(f"{word} works")
            try:
                await self.fail.wait()
                raise ValueError("the part broke")
            finally:
                self.did.append(f"{word} stopped")

        return Side(carriers, {"outbox": work})

    async def swap(self, confirms_opt_out: bool) -> None:
        self.did.append(f"swapped, carrier confirms: {confirms_opt_out}")

    async def broken(self, _: bool) -> None:
        raise StoreBusy("the books are busy")


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    running = asyncio.create_task(made.side.run())
    await until(lambda: bool(made.did))
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_one_mode_is_gone_before_the_other_begins(bench: Bench) -> None:
    await bench.side.change(shadow=False, swap=bench.swap)
    await until(lambda: bench.did[-1] == "live works")
    assert bench.did == ["shadow works", "shadow stopped", "swapped, carrier confirms: True", "live works"]
    assert [carrier.closed for carrier in bench.made] == [True, False]
    assert not bench.side.shadow
    assert bench.side.confirms_opt_out
    assert bench.side.answers == {"main": True}


async def test_when_the_books_cannot_go_over_all_goes_on_as_it_was(bench: Bench) -> None:
    with pytest.raises(StoreBusy):
        await bench.side.change(shadow=False, swap=bench.broken)
    await until(lambda: bench.did[-1] == "shadow works")
    assert bench.side.shadow
    assert [carrier.closed for carrier in bench.made] == [True, True, False]
    await bench.side.change(shadow=False, swap=bench.swap)
    assert not bench.side.shadow


async def test_a_part_that_breaks_ends_the_side_with_its_error(bench: Bench) -> None:
    running = asyncio.create_task(bench.side.run())
    bench.fail.set()
    with pytest.raises(ValueError, match="the part broke"):
        await running


# ---------------------------------------------------------------- with the settings


@dataclass
class Service(Desk):
    """A running service whose texting side is a bench."""

    files: ClinicFiles = field(default_factory=lambda: ClinicFiles(then="mode: shadow\n" + TWO_SITES))

    def __post_init__(self) -> None:
        super().__post_init__()
        self.bench = Bench()
        self.follower = Follower(
            self.files.made, self.rules, self.wording, Reader(self.store), self.writer, self.bench.side
        )
        self.clinic = Clinic(rules=self.rules, store=self.store)

    async def switch(self, mode: str) -> None:
        await self.screen.save(await self.change(values={path_of("mode"): mode}))
        await self.follower.look()


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    made = Service()
    running = asyncio.create_task(made.bench.side.run())
    await until(lambda: bool(made.bench.did))
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    made.writer.close()


async def test_the_switch_on_screen_is_in_force_for_the_next_caller(service: Service) -> None:
    service.clinic.misses(ANNA)
    await service.switch("live")
    assert not service.rules.shadow
    assert service.rules.carrier_confirms_opt_out
    assert (await service.screen.view()).waiting == ()
    service.clinic.misses(BEN)
    assert [(text.patient, text.state) for text in service.clinic.texts] == [
        (ANNA, TextState.WITHHELD),
        (BEN, TextState.QUEUED),
    ]


async def test_back_in_shadow_mode_what_waited_never_goes(service: Service) -> None:
    await service.switch("live")
    service.clinic.misses(BEN)
    await service.switch("shadow")
    assert service.rules.shadow
    (text,) = service.clinic.texts
    assert text.state is TextState.WITHHELD
    with service.store.reading() as books:
        assert books.next_due([SEND_TEXT]) is None
    assert any("shadow mode was switched on" in task.title for task in service.clinic.tasks)


async def test_rolling_back_takes_the_mode_back_too(service: Service) -> None:
    await service.switch("live")
    await service.screen.roll_back(0, await service.change())
    await service.follower.look()
    assert service.rules.shadow
    assert service.bench.side.shadow
    service.clinic.wait(minutes=1)
    service.clinic.misses(ANNA)
    assert service.clinic.texts[-1].state is TextState.WITHHELD


async def test_a_change_of_something_else_leaves_the_carrier_alone(service: Service) -> None:
    await service.save(sites__north__name="North Clinic")
    await service.follower.look()
    assert service.bench.did == ["shadow works"]
    assert service.rules.sites[0].name == "North Clinic"
