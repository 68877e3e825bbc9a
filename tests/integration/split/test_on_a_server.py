"""A service whose books are on a PostgreSQL: it waits for a server that is away, and never works beside another one."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from zlib import crc32

import psycopg
import pytest

from secondring import wiring
from secondring.domain.phone import PhoneNumber
from secondring.domain.pulse import Service
from secondring.store.postgres import SERVICE
from tests.support.fake_ami import FakeAmi
from tests.support.postgres import Cluster
from tests.support.split import Split, until

pytestmark = pytest.mark.timeout(400)  # processes start, on a busy machine slowly

LISTENS = SERVICE ^ crc32(Service.LISTEN.encode())
ANNA = PhoneNumber("+12025550123")


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    """One of this module's own, to be stopped and started."""
    with Cluster() as made:
        yield made


@pytest.fixture
def url(server: Cluster) -> Iterator[str]:
    with server.new_database() as made:
        yield made


@pytest.fixture
async def clinic(tmp_path: Path, ami: FakeAmi, url: str) -> AsyncIterator[Split]:
    folder = tmp_path / "clinic"
    folder.mkdir()
    made = Split(folder, ami)
    (folder / "conf.d/30-server.yaml").write_text(f"database: {{url: '{url}'}}\n")
    made.settings = wiring.load_settings(folder)
    wiring.migrate(made.settings)
    yield made
    made.close()
    for log in folder.glob("*.log"):
        assert "Traceback" not in log.read_text(), log.read_text()


async def test_a_service_waits_for_a_server_that_is_away_at_its_start(clinic: Split, server: Cluster) -> None:
    """systemd sees it ready and alive meanwhile, people are told, and the first call is no different from any other."""
    server.stop()
    await clinic.start("listen")
    await clinic.says("listen", "WAITING for the database: ", "its server cannot be reached", "WATCHDOG=1")
    assert "ALARM" in clinic.running["listen"].log
    assert "see whether it runs and the network leads there" in clinic.running["listen"].log
    server.start()
    await clinic.says("listen", "STATUS=listening")
    clinic.misses(ANNA)
    await until(
        lambda: clinic.books(lambda books: books.open_episodes(ANNA)), "the first call to be in the books"
    )
    assert clinic.stop() == {"listen": 0}


async def test_a_listener_whose_lock_another_one_took_stands_down(
    clinic: Split, server: Cluster, url: str
) -> None:
    """Its session was cut, and whoever stood in the queue for the lock had it at that very moment."""
    await clinic.start("listen")
    await clinic.says("listen", "STATUS=listening")
    other = await psycopg.AsyncConnection.connect(url, autocommit=True, application_name="secondring other")
    async with other:
        waits = asyncio.create_task(other.execute("SELECT pg_advisory_lock(%s)", (LISTENS,)))
        await until(lambda: server.at_lock(url, LISTENS, waiting=True), "the other one to wait for the lock")
        service = clinic.running["listen"]
        for pid in server.at_lock(url, LISTENS):
            server.sql(f"SELECT pg_terminate_backend({pid})")
        await waits
        await until(lambda: service.process.poll() is not None, "the listener to stand down")
    assert service.process.returncode == 0
    assert "another service (secondring other, this machine) took this database" in service.log
    assert "CRITICAL" in service.log
