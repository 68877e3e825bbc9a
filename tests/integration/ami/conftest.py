"""A link to the fake AMI, with short times."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime

import pytest

from ami_listener import AmiAccount, AmiLink, Timing
from secondring.domain.facts import Fact
from tests.support.fake_ami import SECRET, USER, FakeAmi, until

QUICK = Timing(
    connect=5,
    answer=5,
    boot=5,
    ping_every=60,
    ping_deadline=0.1,
    first_pause=0.01,
    longest_pause=0.05,
    refused_pause=3600,
)


def clock() -> datetime:
    return datetime.now(UTC)


class Listening:
    """A running link and all that it told."""

    def __init__(self, link: AmiLink) -> None:
        self.link = link
        self.stats = link.stats
        self.facts: list[Fact] = []
        self.batches: list[int] = []
        self.may_handle = asyncio.Event()
        self.may_handle.set()

    async def handle(self, facts: list[Fact]) -> None:
        await self.may_handle.wait()
        self.facts += facts
        self.batches.append(len(facts))

    def count(self, kind: type[Fact]) -> int:
        return sum(isinstance(fact, kind) for fact in self.facts)

    def kinds(self) -> list[str]:
        return [type(fact).__name__ for fact in self.facts]

    async def told(self, kind: type[Fact], times: int = 1) -> None:
        await until(lambda: self.count(kind) >= times, f"{times} x {kind.__name__} (of {self.kinds()})")


Listen = Callable[..., AbstractAsyncContextManager[Listening]]


@pytest.fixture
async def ami() -> AsyncIterator[FakeAmi]:
    async with FakeAmi() as fake:
        yield fake


@pytest.fixture
def account(ami: FakeAmi) -> AmiAccount:
    return AmiAccount(port=ami.port, user=USER, secret=SECRET)


@pytest.fixture
async def listen(account: AmiAccount) -> AsyncIterator[Listen]:
    """`async with listen(timing=..., queue_limit=...) as hearing`: leaves no task behind."""

    @asynccontextmanager
    async def listening(
        timing: Timing = QUICK, queue_limit: int = 1000, batch: int = 100, *, blocked: bool = False
    ) -> AsyncIterator[Listening]:
        link = AmiLink(account, clock=clock, timing=timing, queue_limit=queue_limit, batch=batch)
        hearing = Listening(link)
        if blocked:
            hearing.may_handle.clear()
        running = asyncio.create_task(hearing.link.run(hearing.handle))
        try:
            async with asyncio.timeout(10):
                await asyncio.wait(
                    [running, up := asyncio.create_task(hearing.link.up())],
                    return_when=asyncio.FIRST_COMPLETED,
                )
            up.cancel()
            if running.done():
                running.result()
            yield hearing
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    yield listening
    assert [task.get_name() for task in asyncio.all_tasks() if task.get_name().startswith("ami ")] == []
