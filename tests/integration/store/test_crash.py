"""What was committed survives a kill -9, and nothing half-written does."""

import sqlite3
import subprocess
from collections.abc import Callable

from secondring.store.sqlstore import SqlStore
from tests.support.books import KEY, a_text, an_episode, eid

StartWorker = Callable[..., "subprocess.Popen[str]"]
ROUNDS, COMMITS = 5, 40


def test_committed_work_survives_the_kill_of_its_writer(url: str, start_worker: StartWorker) -> None:
    committed: list[int] = []
    for round_ in range(ROUNDS):
        writer = start_worker("write", url, round_ * 1_000_000)
        assert writer.stdout is not None
        committed += [int(writer.stdout.readline()) for _ in range(COMMITS + round_)]
        writer.kill()
        committed += [
            int(line) for line in writer.communicate()[0].splitlines(keepends=True) if line[-1] == "\n"
        ]
        _require_whole(url, committed)


def _require_whole(url: str, committed: list[int]) -> None:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    (episodes,) = connection.execute("SELECT count(*) FROM episodes").fetchone()
    (texts,) = connection.execute("SELECT count(*) FROM texts").fetchone()
    connection.close()
    assert episodes == texts
    # One a round may have been committed without its writer living to say so.
    assert len(committed) <= episodes <= len(committed) + ROUNDS
    store = SqlStore(url, KEY)
    with store.reading() as books:
        for number in committed:
            assert books.episode(eid(number)) == an_episode(number)
            assert books.texts_of(eid(number)) == [a_text(number)]
    store.close()
