"""Several processes share one database: they take turns, they wait for a while, and none takes another's work."""

import subprocess
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from secondring.domain.errors import StoreBusy
from secondring.domain.records import TextState
from secondring.store.sqlstore import SqlStore
from tests.support.books import KEY, a_job, an_episode, eid
from tests.support.clinic import Clinic
from tests.support.store_worker import callers

StartWorker = Callable[..., "subprocess.Popen[str]"]


def test_processes_claim_each_job_once(any_url: str, start_worker: StartWorker) -> None:
    store = SqlStore(any_url, KEY)
    with store.transaction() as books:
        for number in range(200):
            books.add_job(a_job(f"send-{number}"))
    workers = [start_worker("claim", any_url) for _ in range(4)]
    taken = [key for worker in workers for key in worker.communicate(timeout=60)[0].split()]
    assert [worker.returncode for worker in workers] == [0] * 4
    assert sorted(taken) == sorted(f"send-{number}" for number in range(200))
    with store.reading() as books:
        assert books.next_due(["send"]) is None
    store.close()


def _locker(any_url: str, start_worker: StartWorker) -> "subprocess.Popen[str]":
    """Another process that holds the write lock until it is told to let go."""
    locker = start_worker("lock", any_url)
    assert locker.stdout is not None
    assert locker.stdout.readline() == "locked\n"
    return locker


def test_a_writer_gives_up_on_a_locked_database_and_a_reader_does_not_care(
    any_url: str, start_worker: StartWorker
) -> None:
    store = SqlStore(any_url, KEY, wait=timedelta(seconds=0.2))
    locker = _locker(any_url, start_worker)
    with store.reading() as books:
        assert books.tasks() == []
    with (
        pytest.raises(StoreBusy, match=r"(secondring\.db.*locked|books_\d+: .*turn too long)"),
        store.transaction(),
    ):
        pass
    locker.communicate("let go\n", timeout=30)
    with store.transaction() as books:
        books.save_episode(an_episode(1))
    store.close()


def test_a_writer_waits_for_its_turn(any_url: str, start_worker: StartWorker) -> None:
    store = SqlStore(any_url, KEY, wait=timedelta(seconds=30))
    locker = _locker(any_url, start_worker)
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


CALLERS, ROUNDS, CLINICS = 4, 3, 3


def test_casework_of_many_processes_at_once_is_as_one_after_the_other(
    any_url: str, start_worker: StartWorker
) -> None:
    """All of them miss calls of the same callers, take in the same reply and send what is due."""
    workers = [start_worker("casework", any_url, number) for number in range(CLINICS)]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    sent = [text for worker in workers for text in worker.communicate(timeout=120)[0].split()]
    assert [worker.returncode for worker in workers] == [0] * CLINICS
    clinic = Clinic(store=SqlStore(any_url, KEY))
    assert Counter(episode.caller for episode in clinic.episodes) == dict.fromkeys(callers(CALLERS), 1)
    assert {episode.calls for episode in clinic.episodes} == {CLINICS * ROUNDS}
    first = [text for text in clinic.texts if text.outgoing and text.template.startswith("first-")]
    assert Counter(text.patient for text in first) == dict.fromkeys(callers(CALLERS), 1)
    replies = [text for text in clinic.texts if not text.outgoing]
    assert Counter(text.patient for text in replies) == dict.fromkeys(callers(CALLERS), 1)
    assert sorted(sent) == sorted(text.id for text in clinic.texts if text.state is TextState.ACCEPTED)
    tasks = Counter((task.caller, task.title) for task in clinic.tasks)
    assert {caller for caller, _ in tasks} == set(callers(CALLERS))
    assert set(tasks.values()) == {1}
    clinic.store.close()
