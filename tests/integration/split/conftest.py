"""A PBX that says what a test tells it to, a broker, and the services of one clinic as processes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.support.fake_ami import FakeAmi
from tests.support.mosquitto import Mosquitto, Reader
from tests.support.split import Split


@pytest.fixture
async def ami() -> AsyncIterator[FakeAmi]:
    async with FakeAmi() as running:
        yield running


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    folder = tmp_path / "broker"
    folder.mkdir()
    with Mosquitto(folder) as running:
        yield running


@pytest.fixture
async def reader(broker: Mosquitto) -> AsyncIterator[Reader]:
    """Somebody who listens to all that is published."""
    listener = Reader(broker.port)
    listening = asyncio.create_task(listener.run())
    yield listener
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


@pytest.fixture
async def clinic(tmp_path: Path, ami: FakeAmi, broker: Mosquitto) -> AsyncIterator[Split]:
    folder = tmp_path / "clinic"
    folder.mkdir()
    made = Split(folder, ami, broker)
    yield made
    made.close()
    for log in folder.glob("*.log"):
        assert "Traceback" not in log.read_text(), log.read_text()
