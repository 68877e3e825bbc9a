"""Every page of staff's in a clinic that has grown, and 200 open screens: `python -m benchmarks.screens [EPISODES]`.

The pages' times are the server's, from request to last byte, in this process. The floor is the bare driver reading as
many rows as a full page shows. The screens are in a process of their own; so is their floor, `benchmarks.browsers`.
"""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx

from benchmarks.browsers import SCREENS
from benchmarks.timed import BUDGET_MS, ROUNDS, Timed, floor_ms, rows_of, time_pages
from secondring.bus.memory import Ear
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import TaskState
from secondring.domain.staff import Role, Session, Stage
from secondring.store.columns import to_micros
from secondring.store.vault import Vault
from secondring.web.app import make_app
from secondring.web.changes import LOOK_EVERY, Changes
from secondring.web.routes import open_to_strangers, screens
from secondring.web.tokens import kept, new_token
from tests.support.addresses import NO_PAGES, addresses
from tests.support.books import KEY
from tests.support.scene import Scene

MILLION, TO_DO, CHANGES = 1_000_000, 150, 10
FIGURES = "/dashboard"
"""Pages of figures have a clinic and a table of their own: `benchmarks.dashboard`."""
MORE = ("/metrics", "/healthz", "/readyz", "/audit?about=E-77", "/audit?who=ana")
_EPISODE = (
    "INSERT INTO episodes (id, site, caller, caller_hash, origin, opened_at, window_ends_at, calls, language,"
    " texted_at, closed_at, outcome) VALUES (?,'north',?,?,'call',?,?,1,'en',?,?,'reached')"
)
_CALL = (
    "INSERT INTO calls (pbx, uniqueid, site, direction, caller, caller_hash, did, started_at, ended_at, verdict,"
    " reason, caller_note, episode_id, partial, late) VALUES"
    " ('pbx',?,'north','inbound',?,?,?,?,?,'missed','no-answer','',?,0,0)"
)
_DECISION = (
    "INSERT INTO decisions (at, action, rule, because, episode_id)"
    " VALUES (?,'text','text-back','nobody answered, and the clinic is open',?)"
)
_AUDIT = (
    "INSERT INTO audit (at, user_id, shown, action, what, about, site, address)"
    " VALUES (?,'P-ana','A. Clerk','view','work list',?,'north','127.0.0.1')"
)


def grow(scene: Scene, episodes: int) -> None:
    """Years of episodes that have ended, each with a call, a decision and an entry in the audit."""
    vault = Vault(KEY)
    number = "+12025550123"
    sealed = [vault.seal(place, number) for place in ("episodes.caller", "calls.caller", "calls.did")]
    blind = vault.blind(number)
    begin = to_micros(scene.now() - timedelta(days=1825))
    apart = to_micros(scene.now() - timedelta(hours=1)) - begin
    database = sqlite3.connect(scene.folder / "secondring.db")
    for n in range(episodes):
        name, at = f"E-{n}", begin + apart * n // episodes
        database.execute(_EPISODE, (name, sealed[0], blind, at, at, at, at))
        database.execute(_CALL, (f"old.{n}", sealed[1], blind, sealed[2], at, at, name))
        database.execute(_DECISION, (at, name))
        database.execute(_AUDIT, (at, name))
    database.commit()
    database.close()


def populate(scene: Scene) -> None:
    """What is to be done today, and an urgent caller on either side of the board."""
    for n in range(TO_DO):
        words = ("please call me", "REFILL", "BILLING", "my appointment on Thursday")[n % 4]
        scene.missed(PhoneNumber(f"+1202555{1000 + n}"), words, ago=n % 50)
    scene.urgent(PhoneNumber("+12025550141"))
    scene.urgent(PhoneNumber("+12025550142"), left=True)


def cookie(scene: Scene, name: str) -> str:
    """Somebody's log-in."""
    token, now = new_token(), scene.now()
    user = scene.read(lambda books: books.user_named(name))
    assert user is not None
    session = Session(token_hash=kept(token), user=user.id, stage=Stage.FULL, created_at=now, seen_at=now)
    scene.write(lambda books: books.save_session(session))
    return f"__Host-session={token}"


# ---------------------------------------------------------------- pages


def everything(scene: Scene) -> list[str]:
    """An address of each page in the table of routes, but for the figures."""
    soon = scene.now() + timedelta(days=1)
    booking = scene.booked(PhoneNumber("+12025550143"), soon)
    case = scene.read(lambda books: books.open_urgent_cases())[0]
    rows = {
        "episode": scene.tasks()[0].episode,
        "case": case.id,
        "user": "P-ana",
        "number": "0",
        "booking": booking.id,
    }
    found = []
    for screen in screens(scene.desk(Changes(scene.store.watch, Ear()))):
        page = screen.method == "GET" and screen.path not in NO_PAGES and not open_to_strangers(screen)
        if page and screen.path != "/" and not screen.path.startswith(FIGURES):
            found += addresses(screen.path, rows)
    return [*found, *MORE]


def time_all(scene: Scene) -> list[Timed]:
    """Each of them, many times."""
    looks = iter(range(10**9))
    desk = scene.desk(Changes(scene.store.watch, Ear()))
    # Moves a little at each look, so that nobody counts as asking too often.
    desk = replace(desk, clock=lambda: scene.now() + next(looks) * timedelta(milliseconds=2))
    headers = {"cookie": cookie(scene, "ana")}
    pages = [(path, path) for path in everything(scene)]
    return asyncio.run(time_pages(make_app(desk), headers, pages, ROUNDS))


# ---------------------------------------------------------------- open screens


@dataclass(frozen=True, slots=True)
class Told:
    """Seconds from a change until the first, half, and all of the screens had drawn it: of many changes the middle."""

    first: float
    half: float
    last: float
    worst: float
    """The last screen's, of all changes."""


def follow(address: str, cookies: Sequence[str], change: Callable[[int], None], rounds: int) -> Told:
    """Open the screens, change something so often."""
    command = [sys.executable, "-m", "benchmarks.browsers", "look", address, str(rounds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as browsers:
        assert browsers.stdin is not None
        assert browsers.stdout is not None
        browsers.stdin.write("".join(f"{one}\n" for one in cookies) + "\n")
        found = []
        for number in range(rounds):
            browsers.stdin.flush()
            assert browsers.stdout.readline() == "ready\n"
            changed = time.perf_counter()
            change(number)
            browsers.stdin.write(f"{changed}\n")
            browsers.stdin.flush()
            found.append(sorted(json.loads(browsers.stdout.readline())))
    middle = len(found) // 2
    first, half, last = (sorted(one[place] for one in found) for place in (0, SCREENS // 2, -1))
    return Told(first[middle], half[middle], last[middle], last[-1])


def our_screens(scene: Scene, rounds: int = CHANGES) -> Told:
    """A row is taken and given back, in turn."""
    task = scene.tasks()[5]

    def change(number: int) -> None:
        state = (TaskState.OPEN, None) if number % 2 else (TaskState.TAKEN, "ana")
        scene.write(lambda books: books.save_task(replace(task, state=state[0], owner=state[1])))

    cookies = [cookie(scene, "ana") for _ in range(SCREENS // 10)]
    return follow(scene.address, cookies, change, rounds)


def floor_screens(size: int, rounds: int = CHANGES) -> Told:
    """The same screens at a server that has nothing to do."""
    with _floor_server(size) as address, httpx.Client(base_url=address, trust_env=False) as bell:

        def change(_: int) -> None:
            bell.post("/ring").raise_for_status()

        return follow(address, ["nobody=1"], change, rounds)


@contextmanager
def _floor_server(size: int) -> Iterator[str]:
    port = 8497
    command = [sys.executable, "-m", "benchmarks.browsers", "floor", str(port), str(size)]
    with subprocess.Popen(command) as server:
        address = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                httpx.get(f"{address}/work/rows", trust_env=False)
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield address
        server.kill()


# ---------------------------------------------------------------- the page


@dataclass(frozen=True, slots=True)
class Result:
    """All of it."""

    episodes: int
    floor_ms: float
    pages: list[Timed]
    ours: Told
    floor: Told
    load: float


PAGE = """\
## Every other page, and 200 open screens

A clinic of {episodes:,} episodes, each with its call, decision and audit row, and {to_do} rows to do, in SQLite. The
list of pages is made from the table of routes. Server time of each from request to last byte, role check and audit row
included, {rounds} times each. Floor: the bare driver reads the newest fifty episodes in {floor:.2f} ms. Load when it
began: {load:.2f}. Budget: p95 at most {budget:.0f} ms ({verdict}).

| page | p50 | p95 | slowest | processor time | size |
|---|---:|---:|---:|---:|---:|
{rows}

{screens} screens follow the work list by server-sent events; a row is taken or given back, {changes} times. Seconds
from before the commit until the screens have the new list ({size:.0f} kB each), in the middle of all changes; the
browsers, a process of their own, share the two cores with the server. The floor is a server without books and
log-ins: it says one word to each screen and sends the same bytes to whoever asks. Ours also has to see that somebody
wrote, for which it looks every {look:.0f} ms.

| | first | half | last | last, of the slowest change |
|---|---:|---:|---:|---:|
| floor | {told_floor} |
| Second Ring | {told_ours} |
| ratio | {told_ratio} |

Budget: every screen within a second ({within}).
"""


def page(result: Result) -> str:
    """The section of docs/performance.md."""
    worst = max(p.p95_ms for p in result.pages)
    ours, floor = _numbers(result.ours), _numbers(result.floor)
    listed = next(p for p in result.pages if p.name == "/work/rows")
    return PAGE.format(
        episodes=result.episodes,
        to_do=TO_DO,
        rounds=ROUNDS,
        floor=result.floor_ms,
        load=result.load,
        budget=BUDGET_MS,
        verdict="met" if worst <= BUDGET_MS else "missed",
        rows=rows_of(result.pages),
        screens=SCREENS,
        changes=CHANGES,
        size=listed.size / 1000,
        look=LOOK_EVERY * 1000,
        told_floor=" | ".join(f"{s:.2f} s" for s in floor),
        told_ours=" | ".join(f"{s:.2f} s" for s in ours),
        told_ratio=" | ".join(f"{a / b:.1f}" for a, b in zip(ours, floor, strict=True)),
        within="met" if result.ours.worst < 1 else "missed",
    )


def _numbers(told: Told) -> list[float]:
    return [told.first, told.half, told.last, told.worst]


def measure(episodes: int = MILLION) -> Result:
    """Grow the clinic, then look at it."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="secondring-bench-") as folder, Scene(Path(folder)) as scene:
        scene.user("ana", "A. Clerk", *Role)
        grow(scene, episodes)
        populate(scene)
        pages = time_all(scene)
        listed = next(p for p in pages if p.name == "/work/rows")
        ours = our_screens(scene)
        floor = floor_screens(listed.size)
        least = floor_ms(scene.folder / "secondring.db", ROUNDS)
    return Result(episodes, least, pages, ours, floor, load)


if __name__ == "__main__":
    print(page(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)))
