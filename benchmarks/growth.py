"""What a missed call costs when so many are stored already: `secondring run` on a database that grows from 10³ to 10⁷.

The first calls are real; they are then multiplied inside the database by its own driver, column by column as the tables
have them: other names, other callers, times over the past three years. Each size is measured on the same file.
"""

import os
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import clinic
from benchmarks.carrier import Carrier
from benchmarks.fake_pbx import FakePbx
from benchmarks.gauges import cpu_seconds, resident_mb
from benchmarks.loop import CONCURRENCY, missed_calls, push
from benchmarks.plots import draw
from lab.service import Service

SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
REAL = 50
"""Calls whose rows are multiplied."""
CALLS = 2000
WARM_UP = 100
FLOOR_COMMITS = 500
TABLES = ("episodes", "calls", "texts", "decisions")
NAMES = frozenset({"id", "uniqueid", "episode_id", "call_uniqueid", "text_id", "carrier_id"})
HISTORY = 3 * 365 * 86_400_000_000
"""Microseconds."""
APART = 2 * 86_400_000_000
"""The youngest of the copies is so old: no episode of theirs is open."""


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
    resident_mb: float
    floor: float
    """Durable one-row commits a second by the bare driver, on the same disk, just before."""
    load: float


def measure(sizes: Sequence[int] = SIZES, calls: int = CALLS, warm_up: int = WARM_UP) -> list[Grown]:
    """Fill, measure, fill on."""
    with tempfile.TemporaryDirectory(prefix="secondring-bench-", dir="/var/tmp") as folder:
        home = Path(folder) / "clinic"
        stream = missed_calls()
        with _clinic(home) as (service, pbx, carrier):
            push(stream, pbx, carrier, 0, REAL)
            service.stop()
        file = home / "state/secondring.db"
        return [_one(home, file, stream, size, calls, warm_up) for size in sizes]


def _one(home: Path, file: Path, stream: Iterator[bytes], size: int, calls: int, warm_up: int) -> Grown:
    began = time.monotonic()
    stored = multiply(file, size)
    filled, load = time.monotonic() - began, os.getloadavg()[0]
    floor = _floor(file.with_name("floor.db"))
    launched = time.monotonic()
    with _clinic(home) as (service, pbx, carrier):
        started = time.monotonic() - launched
        push(stream, pbx, carrier, 0, warm_up)
        began, used = time.monotonic(), cpu_seconds(service.pid)
        push(stream, pbx, carrier, warm_up, warm_up + calls)
        return Grown(
            stored=stored,
            megabytes=file.stat().st_size / 1e6,
            filled_s=filled,
            start_s=started,
            calls=calls,
            seconds=time.monotonic() - began,
            cpu=cpu_seconds(service.pid) - used,
            resident_mb=resident_mb(service.pid),
            floor=floor,
            load=load,
        )


@contextmanager
def _clinic(home: Path) -> Iterator[tuple[Service, FakePbx, Carrier]]:
    with Carrier() as carrier, FakePbx() as pbx:
        config = clinic.settings(
            carrier.url, account="secondring", concurrency=CONCURRENCY, brake=clinic.WIDE
        )
        home.mkdir(exist_ok=True)
        with Service(pbx, config=config, home=home) as service:
            clinic.has_asked()
            yield service, pbx, carrier


# ---------------------------------------------------------------- filling


def multiply(file: Path, size: int) -> int:
    """Copy the real calls until so many are stored; returns how many there are."""
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        for pragma in (
            "journal_mode = OFF",
            "synchronous = OFF",
            "cache_size = -2000000",
            "foreign_keys = OFF",
        ):
            database.execute(f"PRAGMA {pragma}")
        (there,) = database.execute("SELECT count(*) FROM calls").fetchone()
        (copies,) = database.execute(
            "SELECT count(*) / ? FROM calls WHERE uniqueid LIKE '%-x%'", (REAL,)
        ).fetchone()
        more = (size - there) // REAL
        if more > 0:
            with _without_indexes(database):
                for table in TABLES:
                    database.execute(_copying(database, table), {"first": copies + 1, "last": copies + more})
        database.execute("PRAGMA journal_mode = WAL")
        return int(database.execute("SELECT count(*) FROM calls").fetchone()[0])


@contextmanager
def _without_indexes(database: sqlite3.Connection) -> Iterator[None]:
    """Indexes are built anew at the end, in one go each; triggers stay silent meanwhile."""
    made = database.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
        f" AND tbl_name IN ({','.join('?' * len(TABLES))})",
        TABLES,
    ).fetchall()
    for kind, name, _ in made:
        database.execute(f"DROP {kind} {name}")
    database.execute("BEGIN")
    yield
    database.execute("COMMIT")
    for _, _, sql in made:
        database.execute(sql)


def _copying(database: sqlite3.Connection, table: str) -> str:
    columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})") if row[1] != "seq"]
    values = ", ".join(_value(table, column) for column in columns)
    (last,) = database.execute(
        f"SELECT max(seq) FROM (SELECT seq FROM {table} ORDER BY seq LIMIT {REAL})"
    ).fetchone()
    return (
        f"WITH RECURSIVE copy(n) AS (SELECT :first UNION ALL SELECT n + 1 FROM copy WHERE n < :last)"
        f" INSERT INTO {table} ({', '.join(columns)}) SELECT {values} FROM copy, {table} WHERE {table}.seq <= {last}"
    )


def _value(table: str, column: str) -> str:
    """What a copy has there."""
    ago = f"({HISTORY} - (n * {HISTORY} / {SIZES[-1] // REAL}) % {HISTORY} + {APART})"
    if (table, column) == ("episodes", "closed_at"):
        return f"opened_at + 86400000000 - {ago}"
    if (table, column) == ("episodes", "outcome"):
        return "'unrecovered'"
    if column in NAMES:
        return f"{column} || '-x' || n"
    if column.endswith("_hash"):
        return f"CAST(printf('%016d', (n * {REAL} + seq) * 2654435761 % 10000000000000000) AS BLOB)"
    if column == "at" or column.endswith("_at"):
        return f"{column} - {ago}"
    return f'"{column}"'


def _floor(file: Path) -> float:
    with closing(sqlite3.connect(file, isolation_level=None)) as database:
        for pragma in ("journal_mode = WAL", "synchronous = FULL"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("CREATE TABLE IF NOT EXISTS floor (n INTEGER)")
        began = time.monotonic()
        for number in range(FLOOR_COMMITS):
            database.execute("INSERT INTO floor VALUES (?)", (number,))
        return FLOOR_COMMITS / (time.monotonic() - began)


PAGE = """\
## Cost of a call against what is stored

`scripts/bench growth`: one database that grows by multiplying real calls (each with its episode, decision and accepted
text, over three years), and at each size {calls:,} missed calls through `secondring run`, from the AMI's bytes to the
carrier's acceptance. The floor is a durable one-row commit by the bare driver on the same disk, just before.

| calls stored | database | start | processor time a call | calls/s | floor: commits/s | ratio | resident | load |
|---:|---:|---:|---:|---:|---:|---:|---:|---:|
{rows}

{drawing}"""


def page(results: Sequence[Grown], *, drawn: bool = False) -> str:
    """The section of docs/performance.md."""
    rows = "\n".join(
        f"| {g.stored:,} | {g.megabytes:,.0f} MB | {g.start_s:.1f} s | {1000 * g.cpu / g.calls:.2f} ms"
        f" | {g.calls / g.seconds:.0f} | {g.floor:.0f} | {g.calls / g.seconds / g.floor:.2f} | {g.resident_mb:.0f} MB"
        f" | {g.load:.1f} |"
        for g in results
    )
    values = [(f"{g.stored:,}", 1000 * g.cpu / g.calls) for g in results]
    drawing = (
        draw("growth", "Processor time of a missed call, by calls stored", "ms", values) if drawn else ""
    )
    return PAGE.format(calls=results[-1].calls, rows=rows, drawing=drawing)
