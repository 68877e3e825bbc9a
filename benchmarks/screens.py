"""Staff's pages of a clinic that has grown, and 200 open screens: `python -m benchmarks.screens [EPISODES]`.

The pages are asked for from the server's own process, so their times are a little more than the server alone takes;
the screens are in a process of their own.
"""

import asyncio
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx

from secondring.domain.phone import PhoneNumber
from secondring.domain.records import TaskState
from secondring.domain.staff import Role, Session, Stage
from secondring.store.columns import to_micros
from secondring.store.vault import Vault
from secondring.web.tokens import kept, new_token
from tests.support.books import KEY
from tests.support.scene import Scene

MILLION, TO_DO, ROUNDS, SCREENS = 1_000_000, 150, 40, 200
SETTLE = 2.0
"""Seconds in which a screen is told what was new when it came."""
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
    rows = ((n, begin + apart * n // episodes) for n in range(episodes))
    for n, at in rows:
        name = f"E-{n}"
        database.execute(_EPISODE, (name, sealed[0], blind, at, at, at, at))
        database.execute(_CALL, (f"old.{n}", sealed[1], blind, sealed[2], at, at, name))
        database.execute(_DECISION, (at, name))
        database.execute(_AUDIT, (at, name))
    database.commit()
    database.close()


def populate(scene: Scene) -> None:
    """What is to be done today."""
    for n in range(TO_DO):
        words = ("please call me", "REFILL", "BILLING", "my appointment on Thursday")[n % 4]
        scene.missed(PhoneNumber(f"+1202555{1000 + n}"), words, ago=n % 50)
    scene.urgent(PhoneNumber("+12025550141"))
    scene.urgent(PhoneNumber("+12025550142"), left=True)


def cookie(scene: Scene, name: str) -> dict[str, str]:
    """Somebody's log-in."""
    token, now = new_token(), scene.now()
    session = Session(token_hash=kept(token), user=f"P-{name}", stage=Stage.FULL, created_at=now, seen_at=now)  # type: ignore[arg-type]
    scene.write(lambda books: books.save_session(session))
    return {"cookie": f"__Host-session={token}"}


def pages(scene: Scene) -> None:
    """The time of each page."""
    headers = cookie(scene, "ana")
    episode = scene.tasks()[0].episode
    sys.stdout.write(f"{'page':34}{'p50 ms':>8}{'p95 ms':>8}{'kB':>8}\n")
    with httpx.Client(base_url=scene.address, headers=headers, trust_env=False) as client:
        for path in ("/work", "/work/rows", f"/conversation/{episode}", "/urgent", "/urgent/board", "/health",
                     "/audit", "/audit?about=E-77", "/account", "/metrics"):  # fmt: skip
            took, size = [], 0
            for _ in range(ROUNDS):
                began = time.perf_counter()
                answer = client.get(path).raise_for_status()
                took.append((time.perf_counter() - began) * 1000)
                size = len(answer.content)
            line = f"{path[:33]:34}{statistics.median(took):8.1f}{_p95(took):8.1f}{size / 1000:8.1f}\n"
            sys.stdout.write(line)


def _p95(took: Sequence[float]) -> float:
    return sorted(took)[int(len(took) * 0.95) - 1]


async def browse(address: str, cookies: Sequence[str]) -> None:
    """Many screens in a process of their own: says `ready`, is told when the change was made, tells when drawn."""
    headers = [{"cookie": one} for one in cookies]
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=SCREENS)
    async with httpx.AsyncClient(base_url=address, limits=limits, timeout=60, trust_env=False) as client:
        ready, drawn = asyncio.Semaphore(0), []

        async def screen(number: int) -> None:
            mine = headers[number % len(headers)]
            async with client.stream("GET", "/live?topics=work", headers=mine) as stream:
                came = time.perf_counter()
                async for line in stream.aiter_lines():
                    if line == "event: hello":
                        ready.release()
                    if line == "event: work" and time.perf_counter() - came > SETTLE:
                        (await client.get("/work/rows", headers=mine | {"x-live": "1"})).raise_for_status()
                        drawn.append(time.perf_counter())
                        return

        waiting = [asyncio.create_task(screen(n)) for n in range(SCREENS)]
        for _ in range(SCREENS):
            await ready.acquire()
        await asyncio.sleep(SETTLE + 1)  # whatever was new when they came has been told
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        changed = float(await asyncio.to_thread(sys.stdin.readline))
        await asyncio.gather(*waiting)
    took = sorted(at - changed for at in drawn)
    sys.stdout.write(
        f"{SCREENS} screens, one change: the first drew it after {took[0]:.2f} s,"
        f" half of them after {took[len(took) // 2]:.2f} s, the last after {took[-1]:.2f} s\n"
    )


def screens(scene: Scene) -> None:
    """One row is taken: how long until each of many screens has drawn it."""
    cookies = [cookie(scene, "ana")["cookie"] for _ in range(SCREENS // 10)]
    command = [sys.executable, "-m", "benchmarks.screens", "browse", scene.address, *cookies]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as browsers:
        assert browsers.stdin is not None
        assert browsers.stdout is not None
        assert browsers.stdout.readline() == "ready\n"
        changed = time.perf_counter()
        taken = replace(scene.tasks()[5], owner="ana", state=TaskState.TAKEN)
        scene.write(lambda books: books.save_task(taken))
        browsers.stdin.write(f"{changed}\n")
        browsers.stdin.flush()
        sys.stdout.write(browsers.stdout.readline())


def main() -> None:
    """Grow the clinic, then look at it."""
    if sys.argv[1:2] == ["browse"]:
        asyncio.run(browse(sys.argv[2], sys.argv[3:]))
        return
    episodes = int(sys.argv[1]) if len(sys.argv) > 1 else MILLION
    with tempfile.TemporaryDirectory(prefix="secondring-bench-") as folder, Scene(Path(folder)) as scene:
        scene.user("ana", "A. Clerk", *Role)
        began = time.perf_counter()
        grow(scene, episodes)
        populate(scene)
        sys.stdout.write(f"{episodes:,} episodes, written in {time.perf_counter() - began:.0f} s\n")
        pages(scene)
        screens(scene)


if __name__ == "__main__":
    main()
