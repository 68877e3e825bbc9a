"""How long the server takes for each page of figures, on a clinic that has grown to a million episodes.

The floor is reading as many rows as the page shows by their index, with the bare driver. `python -m
benchmarks.dashboard [EPISODES]` alone measures a smaller one; `... serve FILE` lets somebody look at it.
"""

import asyncio
import itertools
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from datetime import time as of_day
from pathlib import Path
from typing import TypeVar, cast

import uvicorn
from starlette.applications import Starlette

from benchmarks import grown
from benchmarks.timed import BUDGET_MS, ROUNDS, Timed, floor_ms, rows_of, time_pages
from secondring.bus.memory import Ear
from secondring.clinic_words import ClinicWording
from secondring.domain.booking_link import Links
from secondring.domain.booking_on_behalf import OnBehalf
from secondring.domain.deskwork import Deskwork
from secondring.domain.hours import OpeningHours, Period
from secondring.domain.ids import SiteId
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.rules import Rules, Site
from secondring.domain.staff import Role, Session, Stage, User, UserId
from secondring.store.sqlstore import SqlStore
from secondring.web.app import make_app
from secondring.web.changes import Changes
from secondring.web.desk import Desk
from secondring.web.settings_port import SettingsDesk
from secondring.web.tokens import kept, new_token
from secondring.writer import Reader, Writer
from secondring.written import TextDesk
from sms_gateway.messages import Messages

T = TypeVar("T")
MILLION = 1_000_000
PAGES = (
    ("dashboard, last week", "/dashboard"),
    ("dashboard, this week", "/dashboard?until=2026-W47"),
    ("dashboard, 13 weeks", "/dashboard?weeks=13"),
    ("dashboard, 13 weeks with this one", "/dashboard?weeks=13&until=2026-W47"),
    ("dashboard, one site, 4 weeks", "/dashboard?site=harbor&weeks=4"),
    ("week to print", "/dashboard/week"),
    ("rows, recovered, last week", "/dashboard/rows?show=recovered"),
    ("rows, one reason, 13 weeks", "/dashboard/rows?show=unrecovered&by=reason&value=busy&weeks=13"),
    ("rows, Mondays 8 to 9, 13 weeks", "/dashboard/rows?show=calls-missed&by=hour&value=0-8&weeks=13"),
    ("rows, excluded calls, 13 weeks", "/dashboard/rows?show=calls-ignored&weeks=13"),
    ("rows, urgent, 13 weeks", "/dashboard/rows?show=urgent&weeks=13"),
)
EXPORT = "/dashboard/export.csv?weeks=13"
NAMES = {
    "northside": "Northside Clinic",
    "harbor": "Harbor Clinic",
    "lakeview": "Lakeview Clinic",
    "mesa": "Mesa Clinic",
}


def rules() -> Rules:
    """The four sites of the grown clinic."""
    week: dict[int, tuple[Period, ...]] = {day: ((of_day(8), of_day(17)),) for day in range(5)}
    return Rules(
        sites=tuple(
            Site(
                id=SiteId(place.site),
                name=NAMES[place.site],
                phone=PhoneNumber(f"+120255501{number:02}"),
                sender=PhoneNumber(f"+120255501{number:02}"),
                dids=(PhoneNumber(f"+120255501{number:02}"),),
                hours=OpeningHours(zone=place.zone, week=week),
            )
            for number, place in enumerate(grown.PLACES)
        )
    )


def pages(store: SqlStore, writer: Writer) -> tuple[Starlette, str]:
    """The application, and the token of a manager who has signed in."""
    token = new_token()
    manager = User(
        id=UserId("P-bench"),
        name="manager",
        shown="M. Manager",
        roles=frozenset({Role.MANAGER}),
        created_at=grown.NOW,
    )

    def sign_in(books: Books) -> None:
        books.save_user(manager)
        books.save_session(
            Session(
                token_hash=kept(token),
                user=manager.id,
                stage=Stage.FULL,
                created_at=grown.NOW,
                seen_at=grown.NOW,
            )
        )

    with store.transaction() as books:
        sign_in(books)
    clinic, words = rules(), ClinicWording(Messages(None))
    desk = Desk(
        deskwork=Deskwork(clinic, words),
        bookings=OnBehalf(clinic, words, Links(clinic)),
        texting=TextDesk(words),
        rules=clinic,
        clock=_clock(),
        read=Reader(store),
        write=writer,
        changes=Changes(store.watch, Ear()),
        settings=cast("SettingsDesk", None),  # these pages never ask for it
    )
    return make_app(desk), token


def _clock() -> Callable[[], datetime]:
    """Moves a little at each look, so that nobody counts as asking too often."""
    looks = itertools.count()
    return lambda: grown.NOW + next(looks) * timedelta(milliseconds=20)


@dataclass(frozen=True, slots=True)
class Result:
    """All of them."""

    episodes: int
    floor_ms: float
    pages: tuple[Timed, ...]
    export_rows: int
    export_s: float
    export_grew_mb: float


def measure(episodes: int = MILLION, *, rounds: int = ROUNDS) -> Result:
    """Make the clinic, ask for each page, stream the export."""
    with tempfile.TemporaryDirectory(prefix="secondring-bench-") as folder:
        file = Path(folder) / "grown.db"
        store = grown.write(file, episodes)
        try:
            return _measured(store, file, rounds)
        finally:
            store.close()


def measure_file(file: Path, *, rounds: int = ROUNDS) -> Result:
    """The same on a clinic that was written before."""
    store = SqlStore(f"sqlite:///{file}", grown.KEY)
    try:
        return _measured(store, file, rounds)
    finally:
        store.close()


def _measured(store: SqlStore, file: Path, rounds: int) -> Result:
    writer = Writer(store)
    try:
        app, token = pages(store, writer)
        return asyncio.run(_ask(app, token, file, rounds))
    finally:
        writer.close()


async def _ask(app: Starlette, token: str, file: Path, rounds: int) -> Result:
    timed = await time_pages(app, {"cookie": f"__Host-session={token}"}, PAGES, rounds)
    rows, seconds, grew = await _export(app, token)
    return Result(_count(file), floor_ms(file, rounds), tuple(timed), rows, seconds, grew)


async def _export(app: Starlette, token: str) -> tuple[int, float, float]:
    """Rows, seconds, and by how many MB this process grew meanwhile. httpx would gather the answer; we do not."""
    rows = 0
    path, _, query = EXPORT.partition("?")
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": [(b"host", b"127.0.0.1"), (b"cookie", f"__Host-session={token}".encode())],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 443), "scheme": "https", "http_version": "1.1",
        "root_path": "",
    }  # fmt: skip
    done = asyncio.Event()

    async def receive() -> dict[str, object]:
        await done.wait()
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        nonlocal rows
        body = message.get("body", b"")
        assert isinstance(body, bytes)
        rows += body.count(b"\r\n")

    before, begun = _resident_mb(), time.perf_counter()
    await app(scope, receive, send)  # type: ignore[arg-type]
    return rows - 1, time.perf_counter() - begun, _resident_mb() - before


def _resident_mb() -> float:
    """The most that this process ever had: it only grows."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _count(file: Path) -> int:
    with sqlite3.connect(file) as connection:
        return int(connection.execute("SELECT count(*) FROM episodes").fetchone()[0])


PAGE = """\
## Pages of figures

A clinic of {episodes:,} episodes and {calls:,} calls over {years} years at four sites, in SQLite; its tallies are kept,
as the service keeps them, and today's are counted on the spot. Server time of each page from request to last byte,
role check and audit row (with its fsync) included, {rounds} times each. Floor: the bare driver reads the newest fifty
episodes in {floor:.2f} ms. Budget: p95 at most {budget:.0f} ms ({verdict}).

| page | p50 | p95 | slowest | processor time | size |
|---|---:|---:|---:|---:|---:|
{rows}

Export of {exported:,} rows: streamed in {seconds:.1f} s ({rate:,.0f} rows/s); the process grew by {grew:.0f} MB.
"""


def page(result: Result) -> str:
    """The section of docs/performance.md."""
    worst = max(p.p95_ms for p in result.pages)
    return PAGE.format(
        episodes=result.episodes,
        calls=result.episodes * (1 + grown.ANSWERED),
        years=grown.YEARS,
        rounds=ROUNDS,
        floor=result.floor_ms,
        budget=BUDGET_MS,
        verdict="met" if worst <= BUDGET_MS else "missed",
        rows=rows_of(result.pages),
        exported=result.export_rows,
        seconds=result.export_s,
        rate=result.export_rows / result.export_s,
        grew=result.export_grew_mb,
    )


def serve(file: Path, port: int = 8499) -> None:
    """Let somebody look: prints the cookie of a manager."""
    store = SqlStore(f"sqlite:///{file}", grown.KEY)
    writer = Writer(store)
    app, token = pages(store, writer)
    print(token, flush=True)
    try:
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
    finally:
        writer.close()
        store.close()


def main(words: Sequence[str]) -> None:
    if words and words[0] == "serve":
        serve(Path(words[1]).absolute())
    elif words and not words[0].isdigit():
        print(page(measure_file(Path(words[0]).absolute())))
    else:
        print(page(measure(int(words[0]) if words else 100_000)))


if __name__ == "__main__":
    main(sys.argv[1:])
