"""Thousands of texts through a carrier in bad weather, while the gateway is killed again and again.

The gateway is a process of its own: the service's real texting side on a real database. The carrier loses answers,
repeats receipts and sends all of them in another order; it does not know our ids again when a text is sent twice.
"""

import asyncio
import random
import secrets
import socket
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import yaml

from secondring.domain.episodes import SEND_TEXT
from secondring.domain.ids import EpisodeId, JobKey, SiteId, TextId
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Episode, Job, Text, TextState
from secondring.store.keys import Key
from secondring.store.migrate import upgrade
from secondring.store.sqlstore import SqlStore
from tests.support.fake_carrier.core import Core, Told, Trouble
from tests.support.fake_carrier.http_dialect import SECRET, HttpGateway, write_knock
from tests.support.fake_carrier.http_peer import http_peer

REPO = Path(__file__).parents[2]
CLINIC = PhoneNumber("+12025550100")
AREAS = range(201, 990)
HELD_BACK = 0.5
"""The share of receipts that wait for a later turn, so that they arrive far out of order."""


@dataclass(frozen=True)
class Forecast:
    """How bad it gets."""

    texts: int
    kills: int
    lost: float = 0.05
    repeated: float = 0.05
    opted_out: float = 0.01
    landlines: float = 0.01
    seed: int = 7
    concurrency: int = 16
    patience: float = 600.0
    """Seconds after which it is given up."""


@dataclass
class Outcome:
    """What became of it all."""

    seconds: float = 0.0
    kills: int = 0
    answers_lost: int = 0
    receipts: int = 0
    receipts_repeated: int = 0
    twice: int = 0
    """Phones that got a text more than once."""
    lost: int = 0
    """Texts that neither reached a phone nor a person."""
    states: Counter[str] = field(default_factory=Counter)
    expected: Counter[str] = field(default_factory=Counter)
    opt_outs: int = 0
    tasks: int = 0

    def rows(self) -> dict[str, object]:
        """In the order that one would tell them."""
        return {
            "seconds": round(self.seconds, 1),
            "kills": self.kills,
            "answers lost": self.answers_lost,
            "receipts": self.receipts,
            "of them repeated": self.receipts_repeated,
            "got two": self.twice,
            "lost": self.lost,
            "states": dict(sorted(self.states.items())),
            "states that are right": dict(sorted(self.expected.items())),
            "opt-outs mirrored": self.opt_outs,
            "tasks for a person": self.tasks,
        }


class Storm:
    """One run, in a folder of its own."""

    def __init__(self, folder: Path, forecast: Forecast) -> None:
        self.folder, self.forecast = folder, forecast
        self.random = random.Random(forecast.seed)
        self.core = Core(_now, seed=forecast.seed)
        self.core.weather.lost_responses = forecast.lost
        self.core.weather.repeated_receipts = forecast.repeated
        self.core.weather.shuffled = True
        self.port = free_port()
        self.outcome = Outcome()
        self._waiting: list[Told] = []
        self._in_hand = 0
        self._numbers = [a_number(n) for n in range(forecast.texts)]

    async def run(self) -> Outcome:
        """Queue, send, kill, until every text is settled and every receipt is in."""
        key = Key(secrets.token_bytes(32))
        (self.folder / "key").write_text(key.secret.hex())
        (self.folder / "key").chmod(0o600)
        url = f"sqlite:///{self.folder / 'books.db'}"
        upgrade(url)
        store = SqlStore(url, key)
        try:
            self._queue(store)
            began = time.monotonic()
            async with http_peer(HttpGateway(self.core), keeps=False) as peer:
                self._configure(peer.url, url)
                async with asyncio.timeout(self.forecast.patience):
                    await self._live(store)
            self.outcome.seconds = time.monotonic() - began
            self._judge(store)
        finally:
            store.close()
        return self.outcome

    # ------------------------------------------------------------ before

    def _configure(self, carrier: str, database: str) -> None:
        (self.folder / "secret").write_text(SECRET)
        (self.folder / "secret").chmod(0o600)
        config = {
            "ami": {"secret_file": str(self.folder / "secret")},
            "database": {"url": database, "key_file": str(self.folder / "key")},
            "carriers": [
                {
                    "name": "http",
                    "kind": "http",
                    "url": carrier,
                    "lookup_url": f"{carrier}/texts",
                    "timeout": "2s",
                    "inbound_secret_file": str(self.folder / "secret"),
                }
            ],
            "webhooks": {"port": self.port, "per_second": 100_000, "burst": 100_000},
            "gateway": {
                "per_second": 100_000,
                "concurrency": self.forecast.concurrency,
                "max_age": "2h",
                "max_attempts": 50,
            },
            "state_directory": str(self.folder),
            "log": {"level": "error"},
            "sites": {
                "main": {
                    "name": "Northside Clinic",
                    "phone": CLINIC.e164,
                    "zone": "America/New_York",
                    "hours": {"mon-sun": ["00:00-24:00"]},
                }
            },
        }
        (self.folder / "conf.d").mkdir()
        (self.folder / "conf.d" / "10-storm.yaml").write_text(yaml.safe_dump(config, sort_keys=False))

    def _queue(self, store: SqlStore) -> None:
        now = _now()
        for start in range(0, len(self._numbers), 500):
            with store.transaction() as books:
                for place, number in enumerate(self._numbers[start : start + 500], start):
                    self._prepare_phone(number)
                    episode = EpisodeId(f"E-{place}")
                    books.save_episode(
                        Episode(
                            id=episode,
                            site=SiteId("main"),
                            caller=number,
                            opened_at=now,
                            window_ends_at=now + timedelta(hours=24),
                        )
                    )
                    text = a_text(place, number, now)
                    books.save_text(text)
                    key = JobKey(f"{SEND_TEXT}:{text.id}")
                    books.add_job(Job(key=key, kind=SEND_TEXT, ref=text.id, due_at=now))

    def _prepare_phone(self, number: PhoneNumber) -> None:
        luck, phone = self.random.random(), self.core.phones[number.e164]
        if luck < self.forecast.opted_out:
            phone.opted_out = True
        elif luck < self.forecast.opted_out + self.forecast.landlines:
            phone.fails = Trouble.LANDLINE
        bad = phone.opted_out or phone.fails is not None
        self.outcome.expected["failed" if bad else "delivered"] += 1

    # ------------------------------------------------------------ meanwhile

    async def _live(self, store: SqlStore) -> None:
        telling = asyncio.create_task(self._tell_receipts())
        steps = self.forecast.kills + 1
        try:
            for life in range(1, steps + 1):
                child = await self._start()
                try:
                    last = life == steps
                    await (self._settled(store) if last else self._taken(life * self.forecast.texts // steps))
                finally:
                    child.kill()
                    await child.wait()
                self.outcome.kills += not last
        finally:
            telling.cancel()
            await asyncio.gather(telling, return_exceptions=True)

    async def _start(self) -> asyncio.subprocess.Process:
        command = [sys.executable, "-m", "tests.support.storm_gateway", str(self.folder)]
        child = await asyncio.create_subprocess_exec(*command, cwd=REPO, stdout=asyncio.subprocess.PIPE)
        assert child.stdout is not None
        assert await child.stdout.readline() == b"ready\n"
        return child

    async def _taken(self, count: int) -> None:
        while len(self.core.taken) < count:  # noqa: ASYNC110 - what is waited for happens in requests
            await asyncio.sleep(0.01)
        await asyncio.sleep(self.random.uniform(0, 0.05))

    async def _settled(self, store: SqlStore) -> None:
        while True:
            await asyncio.sleep(0.1)
            with store.reading() as books:
                still_to_send = books.next_due([SEND_TEXT]) is not None
            if not still_to_send and not self._waiting and not self._in_hand and not self.core.owes_receipts:
                return

    async def _tell_receipts(self) -> None:
        """As carriers do: again and again until we say that it is on our disk."""
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}", timeout=5) as client:
            while True:
                self.core.carry()
                fresh = self.core.due_receipts()
                self.outcome.receipts += len(fresh)
                self._waiting += fresh
                self.random.shuffle(self._waiting)
                share = len(self._waiting) if len(self._waiting) < 20 else int(len(self._waiting) * HELD_BACK)
                now, self._waiting = self._waiting[:share], self._waiting[share:]
                self._in_hand = len(now)
                for start in range(0, len(now), 16):
                    batch = now[start : start + 16]
                    taken = await asyncio.gather(*(self._tell(client, one) for one in batch))
                    self._waiting += [one for one, ok in zip(batch, taken, strict=True) if not ok]
                self._in_hand = 0
                await asyncio.sleep(0.02)

    async def _tell(self, client: httpx.AsyncClient, told: Told) -> bool:
        knock = write_knock(told, self.core)
        try:
            answer = await client.post(
                "/carriers/http/receipt", content=knock.body, headers=dict(knock.headers)
            )
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    # ------------------------------------------------------------ after

    def _judge(self, store: SqlStore) -> None:
        out, core = self.outcome, self.core
        arrived = Counter(taken.key for taken in core.taken)
        out.twice = sum(times > 1 for times in arrived.values())
        out.answers_lost = core.hung_up
        out.receipts_repeated = core.repeated
        with store.reading() as books:
            for place, number in enumerate(self._numbers):
                text = books.text(TextId(f"M-{place}"))
                assert text is not None
                out.states[text.state.value] += 1
                tasks = len(books.tasks_of(text.episode))
                out.tasks += tasks
                consent = books.consent(number)
                out.opt_outs += consent is not None and consent.source == "carrier"
                out.lost += not (text.id in arrived or tasks)


def a_text(place: int, number: PhoneNumber, now: datetime) -> Text:
    """The first text of an episode, waiting to be sent."""
    return Text(
        id=TextId(f"M-{place}"),
        episode=EpisodeId(f"E-{place}"),
        site=SiteId("main"),
        outgoing=True,
        patient=number,
        ours=CLINIC,
        body="Sorry we missed your call to Northside Clinic. Reply BOOK, BILLING, REFILL or URGENT.",
        template="first-open",
        state=TextState.QUEUED,
        created_at=now,
        due_at=now,
    )


def a_number(place: int) -> PhoneNumber:
    """A number that is kept for fiction, another one for each of 70,000 places."""
    return PhoneNumber(f"+1{AREAS[place // 100]}55501{place % 100:02}")


def _now() -> datetime:
    return datetime.now(UTC)


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
