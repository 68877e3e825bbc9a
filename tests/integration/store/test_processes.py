"""Several processes share one database: they take turns, they wait for a while, and none takes another's job."""

import subprocess
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from secondring.domain.errors import StoreBusy
from secondring.store.sqlstore import SqlStore
from tests.support.books import KEY, a_job, an_episode, eid

StartWorker = Callable[..., "subprocess.Popen[str]"]


def test_processes_claim_each_job_once(url: str, start_worker: StartWorker) -> None:
    store = SqlStore(url, KEY)
    with store.transaction() as books:
        for number in range(200):
            books.add_job(a_job(f"send-{number}"))
    workers = [start_worker("claim", url) for _ in range(4)]
    taken = [key for worker in workers for key in worker.communicate(timeout=60)[0].split()]
    assert [worker.returncode for worker in workers] == [0] * 4
    assert sorted(taken) == sorted(f"send-{number}" for number in range(200))
    with store.reading() as books:
        assert books.next_due(["send"]) is None
    store.close()


def _locker(url: str, start_worker: StartWorker) -> "subprocess.Popen[str]":
    """Another process that holds the write lock until it is told to let go."""
    locker = start_worker("lock", url)
    assert locker.stdout is not None
    assert locker.stdout.readline() == "locked\n"
    return locker


def test_a_writer_gives_up_on_a_locked_database_and_a_reader_does_not_care(
    url: str, start_worker: StartWorker
) -> None:
    store = SqlStore(url, KEY, wait=timedelta(seconds=0.2))
    locker = _locker(url, start_worker)
    with store.reading() as books:
        assert books.tasks() == []
    with pytest.raises(StoreBusy, match=r"secondring\.db.*locked"), store.transaction():
        pass
    locker.communicate("let go\n", timeout=30)
    with store.transaction() as books:
        books.save_episode(an_episode(1))
    store.close()


def test_a_writer_waits_for_its_turn(url: str, start_worker: StartWorker) -> None:
    store = SqlStore(url, KEY, wait=timedelta(seconds=30))
    locker = _locker(url, start_worker)
    begins = threading.Event()

    def write() -> None:
        begins.set()
        with store.transaction() as books:
            books.save_episode(an_episode(1))

    writer = threading.Thread(target=write)
    writer.start()
    begins.wait()
    writer.join(0.3)
    assert writer.is_alive()
    locker.communicate("let go\n", timeout=30)
    writer.join(30)
    with store.reading() as books:
        assert books.episode(eid(1)) == an_episode(1)
    store.close()
