"""What a missed call costs when so many are stored already: `secondring run` on a database that grows from 10³ to 10⁷.

The first calls are real; they are then multiplied inside the database (`filling`). Each size is measured on the same
file, or the same database of a server.
"""

import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

from benchmarks import clinic
from benchmarks.carrier import Carrier
from benchmarks.fake_pbx import FakePbx
from benchmarks.filling import REAL, Filled
from benchmarks.filling_file import FilledFile
from benchmarks.filling_server import filled_server
from benchmarks.gauges import cpu_seconds, resident_mb
from benchmarks.loop import CONCURRENCY, missed_calls, push
from benchmarks.plots import draw
from lab.service import Service
from secondring import digesting, wiring
from secondring.domain.tallying import keep, unkept

SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
CALLS = 2000
WARM_UP = 100
FILE, SERVER = "SQLite", "PostgreSQL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grown:
    """One size."""

    stored: int
    megabytes: float
    filled_s: float
    start_s: float
    """From its launch until it listens."""
    calls: int
    seconds: float
    cpu: float
    server_cpu: float
    """Of the database's server, all its processes; nothing where there is none."""
    pages: int
    """That the server touched for these calls, in its memory or on its disk."""
    resident_mb: float
    floor: float
    """Durable one-row commits a second by the bare driver, on the same disk, just before."""
    load: float


def measure(
    sizes: Sequence[int] = SIZES, calls: int = CALLS, warm_up: int = WARM_UP, kind: str = FILE
) -> list[Grown]:
    """Fill, measure, fill on."""
    with tempfile.TemporaryDirectory(prefix="secondring-bench-", dir="/var/tmp") as folder:
        home = Path(folder) / "clinic"
        with _database(home, kind) as filled:
            stream = missed_calls()
            with _clinic(home, filled) as (_, pbx, carrier):
                push(stream, pbx, carrier, 0, REAL)
            return [_one(home, filled, stream, size, calls, warm_up) for size in sizes]


def _database(home: Path, kind: str) -> AbstractContextManager[Filled]:
    return nullcontext(FilledFile(home / "state")) if kind == FILE else filled_server()


def _one(home: Path, filled: Filled, stream: Iterator[bytes], size: int, calls: int, warm_up: int) -> Grown:
    began = time.monotonic()
    stored = filled.multiply(size)
    _settle(home)
    filled_s, load = time.monotonic() - began, os.getloadavg()[0]
    floor = filled.floor()
    launched = time.monotonic()
    with _clinic(home, filled) as (service, pbx, carrier):
        started = time.monotonic() - launched
        push(stream, pbx, carrier, 0, warm_up)
        server, used, began = filled.work(), cpu_seconds(service.pid), time.monotonic()
        push(stream, pbx, carrier, warm_up, warm_up + calls)
        seconds, cpu, worked = time.monotonic() - began, cpu_seconds(service.pid) - used, filled.work()
        return Grown(
            stored=stored,
            megabytes=filled.megabytes(),
            filled_s=filled_s,
            start_s=started,
            calls=calls,
            seconds=seconds,
            cpu=cpu,
            server_cpu=worked.cpu - server.cpu,
            pages=worked.pages - server.pages,
            resident_mb=resident_mb(service.pid),
            floor=floor,
            load=load,
        )


def _settle(home: Path) -> None:
    """Count the days that are over, as a service that stores so many has long done, once for each day."""
    settings = wiring.load_settings(home)
    store = wiring.open_store(settings)
    with store.transaction() as books:
        for one in unkept(books, digesting.places(settings), wiring.now()):
            keep(books, one)
    store.close()


@contextmanager
def _clinic(home: Path, filled: Filled) -> Iterator[tuple[Service, FakePbx, Carrier]]:
    with Carrier() as carrier, FakePbx() as pbx:
        config = clinic.settings(
            carrier.url, account="secondring", concurrency=CONCURRENCY, brake=clinic.WIDE
        )
        home.mkdir(exist_ok=True)
        with Service(pbx, config=config | {"database": {"url": filled.url}}, home=home) as service:
            clinic.has_asked()
            yield service, pbx, carrier


PAGE = """\
## Cost of a call against what is stored

`scripts/bench growth`: one database that grows by multiplying real calls (each with its episode, decision and accepted
text, over three years), and at each size {calls:,} missed calls through `secondring run`, from the AMI's bytes to the
carrier's acceptance. The floor is a durable one-row commit by the bare driver on the same disk, just before.

| calls stored | database | start | processor time a call | calls/s | floor: commits/s | ratio | resident | load |
|---:|---:|---:|---:|---:|---:|---:|---:|---:|
{rows}

{drawing}"""
SERVER_PAGE = """\
## Cost of a call against what is stored, on PostgreSQL

`scripts/bench growth-server`: the same with the books on a PostgreSQL on this machine, every commit on its disk,
autovacuum on. The floor is a one-row commit by bare psycopg on that server, just before. Times and pages (8 kB)
are those of a call; pages are counted whether they lay in the server's memory or on its disk.

| calls stored | database | start | our time | the server's | pages | calls/s | commits/s | ratio | resident | load |
|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|
{rows}

{drawing}"""


def page(results: Sequence[Grown], *, kind: str = FILE, drawn: bool = False) -> str:
    """The section of docs/performance.md."""
    drawing = _drawn(results, kind) if drawn else ""
    rows = "\n".join(_row(found, kind) for found in results)
    template = PAGE if kind == FILE else SERVER_PAGE
    return template.format(calls=results[-1].calls, rows=rows, drawing=drawing)


def _row(g: Grown, kind: str) -> str:
    server = "" if kind == FILE else f" | {1000 * g.server_cpu / g.calls:.2f} ms | {g.pages / g.calls:,.0f}"
    return (
        f"| {g.stored:,} | {g.megabytes:,.0f} MB | {g.start_s:.1f} s | {1000 * g.cpu / g.calls:.2f} ms{server}"
        f" | {g.calls / g.seconds:.0f} | {g.floor:.0f} | {g.calls / g.seconds / g.floor:.2f} | {g.resident_mb:.0f} MB"
        f" | {g.load:.1f} |"
    )


def _drawn(results: Sequence[Grown], kind: str) -> str:
    name, whose = ("growth", "") if kind == FILE else ("growth-server", ", ours and the server's together")
    values = [(f"{g.stored:,}", 1000 * (g.cpu + g.server_cpu) / g.calls) for g in results]
    return draw(name, f"Processor time of a missed call, by calls stored{whose}", "ms", values)
