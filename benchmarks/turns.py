"""What taking turns costs: commits per second of one, two and four processes on one PostgreSQL.

`python -m benchmarks.turns [SECONDS]` starts a server of its own (fsync on) and prints a row each. The floor is one
bare connection that adds a row and commits, in the same run: nobody commits faster one after the other on this disk.
"""

import subprocess
import sys
import time

import psycopg

from secondring.store.sqlstore import SqlStore
from tests.support.books import KEY, a_text, an_episode
from tests.support.postgres import Cluster

DURABLE = {"fsync": "on", "synchronous_commit": "on"}
PROCESSES = (1, 2, 4)


def floor(url: str, seconds: float) -> float:
    """Commits per second of the bare driver."""
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE bare (n integer)")
        connection.commit()
        done, until = 0, time.monotonic() + seconds
        while time.monotonic() < until:
            connection.execute("INSERT INTO bare VALUES (1)")
            connection.commit()
            done += 1
    return done / seconds


def write(url: str, first: int, seconds: float) -> int:
    """Episodes with a text each, in transactions of their own; how many were committed."""
    store, number = SqlStore(url, KEY), first
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        with store.transaction() as books:
            books.save_episode(an_episode(number))
            books.save_text(a_text(number))
        number += 1
    store.close()
    return number - first


def together(url: str, processes: int, seconds: float) -> float:
    """Commits per second of so many processes at once."""
    started = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.turns", "write", url, str(number * 10_000_000), str(seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(1, processes + 1)
    ]
    for one in started:
        assert one.stdout is not None
        one.stdout.readline()
    for one in started:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    return sum(int(one.communicate()[0]) for one in started) / seconds


def main(seconds: float = 5.0) -> None:
    with Cluster(DURABLE) as cluster, cluster.new_books() as url:
        bare = floor(url, seconds)
        print(f"floor, one bare connection: {bare:,.0f} commits/s")
        for processes in PROCESSES:
            found = together(url, processes, seconds)
            print(f"{processes} processes: {found:,.0f} transactions/s, {found / bare:.2f} of the floor")


if __name__ == "__main__":
    if sys.argv[1:2] == ["write"]:
        print(write(sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
    else:
        main(*map(float, sys.argv[1:2]))
