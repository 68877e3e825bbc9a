"""How fast the books are: `python benchmarks/store_speed.py [ROUNDS]`, on a database in the current folder's disk.

Ratios are to a floor measured in the same run: one UPDATE a transaction by the bare driver, equally durable.
"""

import sqlite3
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from secondring.domain.calls import Direction
from secondring.domain.ids import CallId, JobKey, SiteId, Uniqueid, episode_id, text_id
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Store
from secondring.domain.records import Call, DecisionRecord, Episode, Job, Text, TextState
from secondring.domain.verdict import Verdict
from secondring.store.keys import make_key
from secondring.store.migrate import upgrade
from secondring.store.sqlstore import SqlStore

START, SITE, CLINIC = datetime(2026, 3, 2, tzinfo=UTC), SiteId("main"), PhoneNumber("+12025550100")
MissedCall = tuple[Episode, Call, DecisionRecord, Text, Job]


def missed_call(number: int) -> MissedCall:
    """All that one missed call writes in its transaction."""
    call, at = CallId("pbx", Uniqueid(f"1740000000.{number}")), START + timedelta(seconds=number)
    episode, caller = episode_id(call), PhoneNumber(f"+1202555{100 + number % 100:04d}")
    text = text_id(episode, "first")
    return (
        Episode(id=episode, site=SITE, caller=caller, opened_at=at, window_ends_at=at + timedelta(days=7)),
        Call(
            id=call,
            site=SITE,
            direction=Direction.INBOUND,
            caller=caller,
            did=CLINIC.e164,
            started_at=at,
            ended_at=at,
            verdict=Verdict.MISSED,
            reason="no-answer",
            episode=episode,
        ),
        DecisionRecord(at=at, action="text", rule="first", because="rang out", episode=episode, call=call),
        Text(
            id=text,
            episode=episode,
            site=SITE,
            outgoing=True,
            patient=caller,
            ours=CLINIC,
            body="Sorry we missed your call. Reply BOOK, BILLING, REFILL or URGENT. STOP to opt out.",
            template="first",
            state=TextState.QUEUED,
            created_at=at,
            due_at=at,
        ),
        Job(key=JobKey(f"send:{text}"), kind="send", ref=text, due_at=at),
    )


def keep(store: Store, missed: MissedCall) -> None:
    episode, call, decision, text, job = missed
    with store.transaction() as books:
        books.save_episode(episode)
        books.save_call(call)
        books.add_decision(decision)
        books.save_text(text)
        books.add_job(job)


def claim_and_finish(store: Store) -> None:
    with store.transaction() as books:
        (job,) = books.claim_jobs(
            ["send"], now=START + timedelta(days=999), lease=timedelta(seconds=30), limit=1
        )
    with store.transaction() as books:
        books.finish_job(job)


def floor(file: Path, rounds: int) -> float:
    """Durable one-row transactions a second by the bare driver."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE floor (id INTEGER PRIMARY KEY, n INTEGER)")
    connection.execute("INSERT INTO floor VALUES (1, 0)")
    rate = per_second(rounds, lambda _: connection.execute("UPDATE floor SET n = n + 1 WHERE id = 1"))
    connection.close()
    return rate


def per_second(rounds: int, work: Callable[[int], object]) -> float:
    begun = time.perf_counter()
    for number in range(rounds):
        work(number)
    return rounds / (time.perf_counter() - begun)


def main(rounds: int = 5000) -> None:
    with TemporaryDirectory(dir=".") as folder:
        file = Path(folder) / "speed.db"
        url = f"sqlite:///{file}"
        upgrade(url)
        bare = floor(file, rounds)
        print(f"floor, one UPDATE a transaction: {bare:.0f}/s")
        store = SqlStore(url, make_key())
        missed = [missed_call(number) for number in range(rounds)]
        used = time.process_time()
        rate = per_second(rounds, lambda number: keep(store, missed[number]))
        used = (time.process_time() - used) / rounds * 1e6
        print(
            f"missed call, all in one transaction: {rate:.0f}/s, {used:.0f} us of CPU, {bare / rate:.1f} x the floor"
        )
        jobs = per_second(rounds, lambda _: claim_and_finish(store))
        print(f"claim one job and finish it, two transactions: {jobs:.0f}/s")
        store.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
