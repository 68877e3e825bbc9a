"""The service's own texting side, from its configuration: two gateways on real sockets, one of which fails."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import yaml

from secondring import wiring
from secondring.bus.memory import Doorbell
from secondring.domain.episodes import SEND_TEXT
from secondring.domain.ids import EpisodeId, JobKey, SiteId
from secondring.domain.records import Episode, Job, Text, TextState
from secondring.domain.sending import ClinicDesk
from secondring.gateway import Gateway
from secondring.running import run_together
from secondring.store.keys import make_key
from secondring.store.memory import MemoryStore
from secondring.writer import Writer
from tests.support.fake_carrier.core import Core, Told, Trouble
from tests.support.fake_carrier.http_dialect import SECRET, HttpGateway, write_knock
from tests.support.fake_carrier.http_peer import http_peer
from tests.support.storm import CLINIC, a_number, a_text, free_port

ANNA = a_number(0)


@dataclass
class Two:
    """Both carriers and what stands in the books."""

    main: Core
    spare: Core
    store: MemoryStore
    port: int

    def text(self) -> Text:
        with self.store.reading() as books:
            found = books.text(a_text(0, ANNA, _now()).id)
            assert found is not None
            return found

    def queue(self) -> None:
        with self.store.transaction() as books:
            text = a_text(0, ANNA, _now())
            window = text.created_at + timedelta(days=1)
            books.save_episode(
                Episode(
                    id=EpisodeId("E-0"),
                    site=SiteId("main"),
                    caller=ANNA,
                    opened_at=text.created_at,
                    window_ends_at=window,
                )
            )
            books.save_text(text)
            key = JobKey(f"{SEND_TEXT}:{text.id}")
            books.add_job(Job(key=key, kind=SEND_TEXT, ref=text.id, due_at=text.due_at))

    async def tells(self, name: str, core: Core) -> list[int]:
        """The carrier knocks with all that it has to say; the statuses of our answers."""
        core.carry()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as client:
            return [await _post(client, name, one, core) for one in core.due_receipts()]


async def _post(client: httpx.AsyncClient, name: str, one: Told, core: Core) -> int:
    knock = write_knock(one, core)
    answer = await client.post(f"/carriers/{name}/receipt", content=knock.body, headers=dict(knock.headers))
    return answer.status_code


@asynccontextmanager
async def two_carriers(folder: Path) -> AsyncIterator[Two]:
    main, spare, port = Core(_now), Core(_now), free_port()
    async with http_peer(HttpGateway(main)) as first, http_peer(HttpGateway(spare)) as second:
        settings = _settings(folder, {"main": first.url, "spare": second.url}, port)
        store, bell = MemoryStore(), Doorbell()
        writer, gateway = Writer(store), Gateway(settings)
        desk = ClinicDesk(settings.rules, wiring.wording(settings), wiring.links(settings.rules))
        parts = gateway.parts(desk, writer, bell.listen("texts"), lambda: bell.ring("texts"))
        running = asyncio.create_task(run_together(parts, lambda: None))
        try:
            yield Two(main, spare, store, port)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            await gateway.close()
            writer.close()


def _settings(folder: Path, urls: dict[str, str], port: int) -> wiring.Settings:
    for name, content in (("secret", SECRET), ("key", make_key().secret.hex())):
        (folder / name).write_text(content)
        (folder / name).chmod(0o600)
    config = {
        "ami": {"secret_file": str(folder / "secret")},
        "database": {"url": f"sqlite:///{folder / 'books.db'}", "key_file": str(folder / "key")},
        "carriers": [
            {"name": name, "kind": "http", "url": url, "inbound_secret_file": str(folder / "secret")}
            for name, url in urls.items()
        ],
        "webhooks": {"port": port},
        "state_directory": str(folder),
        "sites": {"main": {"name": "Northside Clinic", "phone": CLINIC.e164, "zone": "America/New_York"}},
    }
    config["sites"]["main"]["hours"] = {"mon-sun": ["00:00-24:00"]}  # type: ignore[index]
    (folder / "10-clinic.yaml").write_text(yaml.safe_dump(config))
    return wiring.load_files(folder / "10-clinic.yaml")


async def until(fact: Callable[[], bool], what: str) -> None:
    async with asyncio.timeout(20):
        while not fact():  # noqa: ASYNC110 - what is waited for happens in other tasks
            await asyncio.sleep(0.01)


async def test_a_dead_account_at_the_first_and_the_second_delivers(tmp_path: Path) -> None:
    async with two_carriers(tmp_path) as two:
        two.main.senders[CLINIC.e164] = Trouble.ACCOUNT
        two.queue()
        await until(lambda: two.text().state is TextState.ACCEPTED, "taken by the second")
        assert (two.main.taken, two.text().carrier) == ([], "spare")
        assert set(await two.tells("spare", two.spare)) == {200}
        assert two.text().state is TextState.DELIVERED
        with two.store.reading() as books:
            kinds = [alarm.kind for alarm in books.alarms(since=_now() - timedelta(hours=1), limit=9)]
        assert kinds == ["carrier-account"]


async def test_a_number_that_opted_out_at_the_first_is_not_tried_at_the_second(tmp_path: Path) -> None:
    async with two_carriers(tmp_path) as two:
        two.main.phones[ANNA.e164].opted_out = True
        two.queue()
        await until(lambda: two.text().state is TextState.FAILED, "refused")
        assert two.spare.requests == 0
        with two.store.reading() as books:
            consent, tasks = books.consent(ANNA), books.tasks_of(EpisodeId("E-0"))
        assert consent is not None
        assert (consent.opted_out, consent.source, len(tasks)) == (True, "carrier", 1)


async def test_a_receipt_at_another_carriers_door_changes_nothing(tmp_path: Path) -> None:
    async with two_carriers(tmp_path) as two:
        two.queue()
        await until(lambda: two.text().state is TextState.ACCEPTED, "taken by the first")
        assert set(await two.tells("spare", two.main)) == {404}
        assert two.text().state is TextState.ACCEPTED


def _now() -> datetime:
    return datetime.now(UTC)
