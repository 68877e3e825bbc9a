"""Work that is due goes to one holder at a time, and only its holder may finish it."""

import threading
from dataclasses import replace

import pytest

from secondring.domain.errors import StaleLease
from secondring.domain.ids import JobKey
from secondring.domain.ports import Store
from secondring.domain.records import Job
from tests.support.books import DAY, LEASE, MINUTE, NOW, SECOND, a_job


def _plan(store: Store, *jobs: Job) -> None:
    with store.transaction() as books:
        for job in jobs:
            assert books.add_job(job)


def _claim(store: Store, *kinds: str, now: object = NOW, limit: int = 10) -> list[Job]:
    assert isinstance(now, type(NOW))
    with store.transaction() as books:
        return books.claim_jobs(kinds or ("send",), now=now, lease=LEASE, limit=limit)


def _held(job: Job) -> Job:
    return replace(job, attempts=job.attempts + 1, fence=job.fence + 1, leased_until=NOW + LEASE)


def test_a_due_job_is_claimed_with_a_lease_an_attempt_and_a_fence(store: Store) -> None:
    _plan(store, a_job(attempts=2, fence=5))
    assert _claim(store) == [replace(a_job(), attempts=3, fence=6, leased_until=NOW + LEASE)]
    with store.reading() as books:
        assert books.job(JobKey("send-1")) == replace(a_job(), attempts=3, fence=6, leased_until=NOW + LEASE)


def test_a_job_that_is_held_is_not_claimed_again_until_its_lease_runs_out(store: Store) -> None:
    _plan(store, a_job())
    (first,) = _claim(store)
    assert _claim(store) == []
    assert _claim(store, now=NOW + LEASE - SECOND) == []
    (second,) = _claim(store, now=NOW + LEASE)
    assert (second.attempts, second.fence) == (first.attempts + 1, first.fence + 1)


def test_jobs_of_other_kinds_and_of_later_are_left_alone(store: Store) -> None:
    _plan(store, a_job("a"), a_job("b", kind="window"), a_job("c", due_at=NOW + SECOND))
    assert _claim(store, "other") == []
    with store.transaction() as books:
        assert books.claim_jobs([], now=NOW, lease=LEASE, limit=9) == []
    assert _claim(store) == [_held(a_job("a"))]


def test_the_oldest_jobs_of_all_asked_kinds_are_claimed_first(store: Store) -> None:
    _plan(
        store,
        a_job("c", due_at=NOW - SECOND),
        a_job("a", kind="window", due_at=NOW - MINUTE),
        a_job("d"),
        a_job("b", due_at=NOW - 2 * SECOND),
        a_job("e"),
    )
    assert [job.key for job in _claim(store, "send", "window", limit=3)] == ["a", "b", "c"]
    assert [job.key for job in _claim(store, "send", "window", limit=3)] == ["d", "e"]


def test_a_job_whose_lease_ran_out_takes_its_old_place(store: Store) -> None:
    _plan(store, a_job("old", due_at=NOW - MINUTE))
    _claim(store)
    _plan(store, a_job("new", due_at=NOW - SECOND))
    assert [job.key for job in _claim(store, now=NOW + LEASE, limit=1)] == ["old"]


def test_a_kind_named_twice_gives_each_job_once(store: Store) -> None:
    _plan(store, a_job("a"), a_job("b"))
    assert [job.key for job in _claim(store, "send", "send")] == ["a", "b"]


def test_the_holder_finishes_a_job(store: Store) -> None:
    _plan(store, a_job())
    (job,) = _claim(store)
    with store.transaction() as books:
        books.finish_job(job)
        assert books.job(job.key) is None
        assert books.add_job(a_job())


def test_the_holder_gives_a_job_back_for_later(store: Store) -> None:
    _plan(store, a_job())
    (job,) = _claim(store)
    with store.transaction() as books:
        books.retry_job(job, NOW + MINUTE)
    assert _claim(store, now=NOW + LEASE) == []
    (again,) = _claim(store, now=NOW + MINUTE)
    assert (again.attempts, again.fence, again.due_at) == (2, 2, NOW + MINUTE)


@pytest.mark.parametrize("what", ["finish", "retry"])
@pytest.mark.parametrize(
    "since",
    [
        "taken over",
        "taken over to the same moment",
        "finished",
        "moved",
        "dropped",
        "planned anew",
        "given back",
    ],
)
def test_who_no_longer_holds_a_job_is_turned_away_and_writes_nothing(
    store: Store, what: str, since: str
) -> None:
    _plan(store, a_job())
    (job,) = _claim(store)
    _meanwhile(store, job, since)
    with store.reading() as books:
        before = books.job(job.key)
    with pytest.raises(StaleLease), store.transaction() as books:  # noqa: PT012 - the whole block
        books.keep_bookmark("inbox", "must not be kept")
        books.finish_job(job) if what == "finish" else books.retry_job(job, NOW)
    with store.reading() as books:
        assert books.job(job.key) == before
        assert books.bookmark("inbox") is None


def _meanwhile(store: Store, job: Job, since: str) -> None:
    with store.transaction() as books:
        if since == "taken over":
            assert books.claim_jobs(["send"], now=NOW + LEASE, lease=LEASE, limit=1)
        elif since == "taken over to the same moment":
            assert books.claim_jobs(["send"], now=NOW + LEASE, lease=0 * LEASE, limit=1)
        elif since == "finished":
            books.finish_job(job)
        elif since == "moved":
            books.move_job(job.key, NOW + DAY)
        elif since == "given back":
            books.retry_job(job, NOW + DAY)
        else:
            books.drop_job(job.key)
        if since == "planned anew":
            books.add_job(a_job(due_at=NOW + SECOND))
            assert books.claim_jobs(["send"], now=NOW + SECOND, lease=LEASE, limit=1)[0].fence == job.fence


def test_a_lease_that_ran_out_unnoticed_still_finishes(store: Store) -> None:
    _plan(store, a_job())
    (job,) = _claim(store)
    with store.transaction() as books:
        books.finish_job(job)
    assert _claim(store, now=NOW + DAY) == []


def test_moving_a_job_changes_its_time_and_frees_it(store: Store) -> None:
    _plan(store, a_job())
    _claim(store)
    with store.transaction() as books:
        books.move_job(JobKey("send-1"), NOW + SECOND)
        books.move_job(JobKey("no-such"), NOW)
        moved = books.job(JobKey("send-1"))
    assert moved == a_job(due_at=NOW + SECOND, attempts=1, fence=1)
    assert [job.fence for job in _claim(store, now=NOW + SECOND)] == [2]


def test_dropping_a_job_forgets_it(store: Store) -> None:
    _plan(store, a_job())
    with store.transaction() as books:
        books.drop_job(JobKey("send-1"))
        books.drop_job(JobKey("send-1"))
        assert books.job(JobKey("send-1")) is None


def test_the_next_due_time_counts_free_and_held_jobs(store: Store) -> None:
    with store.reading() as books:
        assert books.next_due(["send"]) is None
        assert books.next_due([]) is None
    _plan(store, a_job("later", due_at=NOW + DAY), a_job("w", kind="window", due_at=NOW - DAY))
    with store.reading() as books:
        assert books.next_due(["send"]) == NOW + DAY
        assert books.next_due(["send", "window"]) == NOW - DAY
    _plan(store, a_job("now"))
    _claim(store)
    with store.transaction() as books:
        assert books.next_due(["send"]) == NOW + LEASE
        books.claim_jobs(["send"], now=NOW + DAY, lease=LEASE, limit=9)
        assert books.next_due(["send"]) == NOW + DAY + LEASE


def test_many_threads_claim_each_job_once(store: Store) -> None:
    _plan(store, *(a_job(f"send-{number}") for number in range(60)))
    taken: list[JobKey] = []

    def work() -> None:
        while jobs := _claim(store, limit=3):
            with store.transaction() as books:
                for job in jobs:
                    books.finish_job(job)
            taken.extend(job.key for job in jobs)

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(taken) == sorted(f"send-{number}" for number in range(60))


def test_jobs_that_are_due_are_counted_unless_somebody_has_them(store: Store) -> None:
    with store.transaction() as books:
        for number in range(3):
            books.add_job(a_job(f"j-{number}", due_at=NOW + number * SECOND))
        books.add_job(a_job("other", kind="window"))
        assert books.count_jobs("send", due_before=NOW) == (0, None)
        assert books.count_jobs("send", due_before=NOW + 2 * SECOND) == (2, NOW)
        books.claim_jobs(["send"], now=NOW, lease=LEASE, limit=1)
        assert books.count_jobs("send", due_before=NOW + DAY) == (2, NOW + SECOND)
