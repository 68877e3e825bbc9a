"""Several gateway workers on one database, each a process of its own: how many texts a second one, two and four send.

Against a carrier that answers at once, which keeps processors busy, and one that takes its time, which keeps hands.

    python -m benchmarks.workers URL CARRIER IN_FLIGHT   one worker; begins when a line comes in
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.carrier import Carrier
from benchmarks.gauges import cpu_seconds
from benchmarks.plots import draw
from benchmarks.texting import DISK, outbox, queue
from secondring import wiring
from secondring.domain.episodes import SEND_TEXT
from secondring.store.keys import Key
from secondring.store.migrate import upgrade
from secondring.store.sqlstore import SqlStore
from secondring.writer import Writer
from sms_gateway.carriers.http import HttpCarrier, HttpSettings
from tests.support.postgres import Cluster

KEY = Key(bytes(range(32)))
COUNTS = (1, 2, 4)
KINDS = (("at once", 0.0, 16, 2000), ("after 200 ms", 0.2, 4, 400))
"""What the carrier does, how long it takes, how many requests each worker has out at one time (as installed: 4), and
how many texts there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One round."""

    database: str
    carrier: str
    workers: int
    texts: int
    seconds: float
    cpu: float
    """Of all workers together."""
    twice: int
    load: float


def measure(counts: Sequence[int] = COUNTS, most: int = 2000) -> list[Sent]:
    """Every database, carrier and number of workers."""
    return [
        _round(database, kind, after, hands, workers, min(texts, most))
        for database in DATABASES
        for kind, after, hands, texts in KINDS
        for workers in counts
    ]


def _round(database: str, kind: str, after: float, hands: int, workers: int, texts: int) -> Sent:
    with DATABASES[database]() as url, Carrier(after) as carrier:
        store = SqlStore(url, KEY)
        queue(store, texts)
        store.close()
        load = os.getloadavg()[0]
        command = [sys.executable, "-m", "benchmarks.workers", url, carrier.url, str(hands)]
        processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(workers)
        ]
        try:
            for process in processes:
                assert process.stdout
                process.stdout.readline()
            used = [cpu_seconds(process.pid) for process in processes]
            began = time.monotonic()
            for process in processes:
                print(file=process.stdin, flush=True)
            carrier.wait_for(texts)
            seconds = time.monotonic() - began
            cpu = sum(cpu_seconds(p.pid) - before for p, before in zip(processes, used, strict=True))
            _wait_until_booked(url)
        finally:
            for process in processes:
                process.kill()
                process.communicate()
        return Sent(
            database=database,
            carrier=kind,
            workers=workers,
            texts=texts,
            seconds=seconds,
            cpu=cpu,
            twice=len(carrier.arrivals) - texts,
            load=load,
        )


def _wait_until_booked(url: str) -> None:
    """What went out a second time would do so before the last answer is booked."""
    store = SqlStore(url, KEY)
    try:
        while True:
            with store.reading() as books:
                if books.next_due([SEND_TEXT]) is None:
                    return
            time.sleep(0.05)
    finally:
        store.close()


@contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="secondring-bench-", dir=DISK) as folder:
        url = f"sqlite:///{Path(folder) / 'books.db'}"
        upgrade(url)
        yield url


@contextmanager
def _postgres() -> Iterator[str]:
    settings = {"shared_buffers": "128MB", "autovacuum": "on"}  # and it commits to its disk
    with Cluster(settings) as server, server.new_database() as url:
        upgrade(url)
        yield url


DATABASES = {"SQLite": _sqlite, "PostgreSQL": _postgres}


async def work(url: str, carrier_url: str, hands: int) -> None:
    """One worker, until it is killed."""
    store = SqlStore(url, KEY)
    writer = Writer(store)
    carrier = HttpCarrier(HttpSettings(url=carrier_url, connections=hands), wiring.now)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    await outbox(writer, carrier, hands).run()


PAGE = """\
## Several workers

`scripts/bench workers`: texts that are due, sent by one, two and four gateway workers, processes of their own on one
database. The carrier is a process too and shares this machine's two cores with them and with the database: where it
answers at once, two cores are the limit; where it takes 200 ms, the 4 requests that a gateway has out at one time are.

| database | carrier answers | workers | texts/s | to one worker | processor time a text | sent twice | load |
|---|---|---:|---:|---:|---:|---:|---:|
{rows}

{drawings}"""


def page(found: Sequence[Sent], *, drawn: bool = False) -> str:
    """The section of docs/performance.md."""
    fewest = min(s.workers for s in found)
    one = {(s.database, s.carrier): s.texts / s.seconds for s in found if s.workers == fewest}
    rows = "\n".join(
        f"| {s.database} | {s.carrier} | {s.workers} | {s.texts / s.seconds:.0f}"
        f" | {s.texts / s.seconds / one[s.database, s.carrier]:.2f} | {1000 * s.cpu / s.texts:.2f} ms | {s.twice}"
        f" | {s.load:.1f} |"
        for s in found
    )
    return PAGE.format(rows=rows, drawings=_drawn(found) if drawn else "")


def _drawn(found: Sequence[Sent]) -> str:
    slow = KINDS[1][0]
    return "".join(
        draw(
            f"workers-{database.lower()}",
            f"Texts a second by workers, {database}, a carrier that answers {slow}",
            "/s",
            [
                (str(s.workers), s.texts / s.seconds)
                for s in found
                if (s.database, s.carrier) == (database, slow)
            ],
        )
        for database in DATABASES
    )


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], sys.argv[2], int(sys.argv[3])))
