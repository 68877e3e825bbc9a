"""How long the server takes for a page, from request to last byte, and the floor beside it."""

import sqlite3
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from starlette.applications import Starlette

ROUNDS = 60
BUDGET_MS = 100.0


@dataclass(frozen=True, slots=True)
class Timed:
    """A page."""

    name: str
    p50_ms: float
    p95_ms: float
    most_ms: float
    cpu_ms: float
    """Processor time of the whole process for one of them."""
    size: int


async def time_pages(
    app: Starlette, headers: Mapping[str, str], pages: Iterable[tuple[str, str]], rounds: int
) -> list[Timed]:
    """Names with addresses, one after the other."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(
        transport=transport, base_url="https://127.0.0.1", headers=headers
    ) as browser:
        return [await _page(browser, name, path, rounds) for name, path in pages]


async def _page(browser: httpx.AsyncClient, name: str, path: str, rounds: int) -> Timed:
    took: list[float] = []
    size, used = 0, 0.0
    for number in range(rounds + 1):
        if number == 1:
            used = time.process_time()
        begun = time.perf_counter()
        answer = await browser.get(path)
        if number:  # the first builds statements and templates
            took.append((time.perf_counter() - begun) * 1000)
        # A page that only leads on to another is one too.
        assert answer.status_code in (200, 303), (path, answer.status_code)
        size = len(answer.content)
    used = (time.process_time() - used) * 1000 / rounds
    took.sort()
    return Timed(name, took[len(took) // 2], took[int(len(took) * 0.95)], took[-1], used, size)


def rows_of(pages: Sequence[Timed]) -> str:
    """As lines of a table."""
    return "\n".join(
        f"| {p.name} | {p.p50_ms:.1f} ms | {p.p95_ms:.1f} ms | {p.most_ms:.1f} ms | {p.cpu_ms:.1f} ms"
        f" | {p.size / 1024:.0f} KiB |"
        for p in pages
    )


def floor_ms(file: Path, rounds: int) -> float:
    """Milliseconds of the bare driver for the newest fifty episodes."""
    connection = sqlite3.connect(file)
    took = []
    for _ in range(rounds):
        begun = time.perf_counter()
        connection.execute("SELECT * FROM episodes ORDER BY opened_at DESC LIMIT 50").fetchall()
        took.append((time.perf_counter() - begun) * 1000)
    connection.close()
    return sorted(took)[len(took) // 2]
