"""The texting side alone: texts a second per core beside a bare loop of the same HTTP client, and the great storm.

scripts/bench texting     how many it sends
scripts/bench storm       10,000 texts in bad weather, killed ten times meanwhile: minutes
"""

import asyncio
import json
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from benchmarks.carrier import Carrier
from secondring.bus.memory import Doorbell
from secondring.domain.episodes import SEND_TEXT
from secondring.domain.ids import EpisodeId, JobKey
from secondring.domain.records import Episode, Job, TextState
from secondring.domain.sending import ClinicDesk
from secondring.store.keys import make_key
from secondring.store.migrate import upgrade
from secondring.store.sqlstore import SqlStore
from secondring.writer import Writer
from sms_gateway.aftermath import Aftermath
from sms_gateway.carriers.http import HttpCarrier, HttpSettings
from sms_gateway.carriers.port import Driver
from sms_gateway.errands import Clerk
from sms_gateway.outbox import Outbox, OutboxSettings
from sms_gateway.retry import RetryPolicy
from sms_gateway.switchboard import Route, Switchboard
from tests.support.clinic import PlainWording, a_site, some_rules
from tests.support.storm import Forecast, Storm, a_number, a_text

TEXTS = 4000
AT_ONCE = 16
DISK = "/var/tmp"  # noqa: S108 - a real disk, where /tmp may be memory
STORM = Forecast(texts=10_000, kills=10, patience=3600)
PAGE = """\
## Texts

{texts:,} texts, {at_once} requests at a time, to a carrier that is a process of its own and answers at once. The floor
is the bare loop: the same HTTP client, the same JSON, nothing kept. Ours: two transactions around each request on disk
(`synchronous=FULL`, as many texts in one as there are), last look at the opt-outs, the choice of the way, the books of
what was accepted. Processor time is that of all threads of the process.

| | texts/s | processor time a text | texts/s per core |
|---|---:|---:|---:|
| floor: bare loop of the same client | {floor} |
| Second Ring | {ours} |
| ratio | {ratio} |
"""
STORM_PAGE = """\
## Texts in bad weather

{texts:,} texts through a carrier that loses {lost:.0%} of its answers (the text is taken, the connection breaks),
repeats {repeated:.0%} of the receipts and sends all of them in another order; {bad:.0%} of the numbers have opted out
there or are landlines. It does not know our ids again: what is handed over twice reaches the phone twice. The gateway,
a process of its own on a real database, is killed with `kill -9` {kills} times meanwhile.

| | |
|---|---:|
{rows}
"""


@dataclass(frozen=True, slots=True)
class Speed:
    """One of the two."""

    seconds: float
    cpu: float

    def cells(self) -> str:
        """For a table."""
        return f"{TEXTS / self.seconds:,.0f} | {1000 * self.cpu / TEXTS:.2f} ms | {TEXTS / self.cpu:,.0f}"


def measure() -> tuple[Speed, Speed]:
    """The floor and ours, the better of two turns each."""
    with Carrier() as carrier:
        turns = [(asyncio.run(_floor(carrier.url)), asyncio.run(_ours(carrier.url))) for _ in range(2)]
    floor, ours = zip(*turns, strict=True)
    return min(floor, key=lambda speed: speed.cpu), min(ours, key=lambda speed: speed.cpu)


async def _floor(url: str) -> Speed:
    numbers = iter(range(TEXTS))
    began, cpu = time.monotonic(), time.process_time()

    async def loop() -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            for place in numbers:
                text = a_text(place, a_number(place), _now())
                letter = {"id": text.id, "to": text.patient.e164, "from": text.ours.e164, "text": text.body}
                (await client.post(url, content=json.dumps(letter).encode())).raise_for_status()

    await asyncio.gather(*(loop() for _ in range(AT_ONCE)))
    return Speed(time.monotonic() - began, time.process_time() - cpu)


async def _ours(url: str) -> Speed:
    with tempfile.TemporaryDirectory(dir=DISK) as folder:
        database = f"sqlite:///{folder}/books.db"
        upgrade(database)
        store = SqlStore(database, make_key())
        queue(store, TEXTS)
        writer, carrier = Writer(store), HttpCarrier(HttpSettings(url=url, connections=AT_ONCE), _now)
        began, cpu = time.monotonic(), time.process_time()
        await _send_all(store, writer, carrier)
        speed = Speed(time.monotonic() - began, time.process_time() - cpu)
        await carrier.close()
        writer.close()
        store.close()
        return speed


async def _send_all(store: SqlStore, writer: Writer, carrier: HttpCarrier) -> None:
    work = asyncio.create_task(outbox(writer, carrier, AT_ONCE).run())
    while _are_left(store):  # noqa: ASYNC110 - the outbox tells nobody that it has nothing to do
        await asyncio.sleep(0.05)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)


def outbox(writer: Writer, carrier: HttpCarrier, in_flight: int) -> Outbox:
    """The worker of a gateway, with nothing around it."""
    policy, switchboard = RetryPolicy(), Switchboard([Route(Driver(carrier=carrier))])
    desk = ClinicDesk(some_rules(a_site(id="main")), PlainWording())
    aftermath = Aftermath(desk, switchboard, policy, lambda: 0.5)
    clerk = Clerk(desk, switchboard, aftermath, policy=policy, chance=lambda: 0.5)
    bell, settings = Doorbell().listen("texts"), OutboxSettings(in_flight=in_flight)
    return Outbox(clerk, writer, clock=_now, bell=bell, settings=settings)


def queue(store: SqlStore, texts: int) -> None:
    """So many texts that are due now, each of an episode of its own."""
    now = _now()
    with store.transaction() as books:
        for place in range(texts):
            text = a_text(place, a_number(place), now)
            books.save_episode(
                Episode(
                    id=EpisodeId(f"E-{place}"),
                    site=text.site,
                    caller=text.patient,
                    opened_at=now,
                    window_ends_at=now,
                )
            )
            books.save_text(text)
            key = JobKey(f"{SEND_TEXT}:{text.id}")
            books.add_job(Job(key=key, kind=SEND_TEXT, ref=text.id, due_at=now))


def _are_left(store: SqlStore) -> bool:
    with store.reading() as books:
        last = books.text(a_text(TEXTS - 1, a_number(TEXTS - 1), _now()).id)
        settled = last is not None and last.state is TextState.ACCEPTED
        return not settled or books.next_due([SEND_TEXT]) is not None


def _now() -> datetime:
    return datetime.now(UTC)


def page(found: tuple[Speed, Speed]) -> str:
    """The section of docs/performance.md."""
    floor, ours = found
    ratio = f"{floor.seconds / ours.seconds:.2f} | {ours.cpu / floor.cpu:.1f} | {floor.cpu / ours.cpu:.2f}"
    return PAGE.format(texts=TEXTS, at_once=AT_ONCE, floor=floor.cells(), ours=ours.cells(), ratio=ratio)


def storm() -> str:
    """The section about the storm, measured now."""
    with tempfile.TemporaryDirectory(dir=DISK) as folder:
        outcome = asyncio.run(Storm(Path(folder), STORM).run())
    rows = "\n".join(f"| {name} | {_cell(value)} |" for name, value in outcome.rows().items())
    bad = STORM.opted_out + STORM.landlines
    return STORM_PAGE.format(
        texts=STORM.texts, lost=STORM.lost, repeated=STORM.repeated, bad=bad, kills=STORM.kills, rows=rows
    )


def _cell(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{count:,} {state}" for state, count in value.items())
    return f"{value:,}"
