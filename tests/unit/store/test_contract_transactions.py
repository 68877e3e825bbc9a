"""A transaction is all or nothing, and a reader's moment stands still."""

import threading
from collections.abc import Callable

import pytest

from secondring.domain.errors import SecondRingError, UnknownThing
from secondring.domain.ids import JobKey
from secondring.domain.ports import Books, Store
from tests.support.books import (
    ANNA,
    LEASE,
    NOW,
    SECOND,
    a_call,
    a_consent,
    a_decision,
    a_job,
    a_task,
    a_text,
    an_episode,
    call_id,
    eid,
)


class Boom(Exception):
    pass


def _write_everything(books: Books) -> None:
    books.save_episode(an_episode(1))
    books.save_call(a_call(1, episode=eid(1)))
    books.save_text(a_text(1))
    books.save_task(a_task(1))
    books.add_consent(a_consent(opted_out=True))
    books.add_decision(a_decision(episode=eid(1)))
    books.add_job(a_job())
    books.keep_bookmark("inbox", "1")


def _everything(books: Books) -> list[object]:
    return [
        books.episode(eid(1)),
        books.call(call_id(1)),
        books.text(a_text(1).id),
        books.task(a_task(1).id),
        books.consent(ANNA),
        books.decisions_of(eid(1)) or None,
        books.job(JobKey("send-1")),
        books.bookmark("inbox"),
    ]


def test_a_transaction_sees_its_own_writing(store: Store) -> None:
    with store.transaction() as books:
        _write_everything(books)
        assert None not in _everything(books)


def test_an_exception_undoes_all_of_it(store: Store) -> None:
    with pytest.raises(Boom), store.transaction() as books:  # noqa: PT012 - the whole block
        _write_everything(books)
        raise Boom
    with store.reading() as books:
        assert _everything(books) == [None] * 8


def test_an_exception_leaves_what_was_there_before(store: Store) -> None:
    with store.transaction() as books:
        _write_everything(books)
    with pytest.raises(Boom), store.transaction() as books:  # noqa: PT012 - the whole block
        books.save_episode(an_episode(1, calls=2))
        books.drop_job(JobKey("send-1"))
        books.keep_bookmark("inbox", "2")
        raise Boom
    with store.transaction() as books:
        assert books.episode(eid(1)) == an_episode(1)
        assert books.job(JobKey("send-1")) == a_job()
        assert books.bookmark("inbox") == "1"


def test_a_reader_keeps_its_moment_and_does_not_wait_for_the_writer(store: Store) -> None:
    with store.transaction() as books:
        books.save_episode(an_episode(1))
    with store.reading() as reader:
        assert reader.episode(eid(1)) == an_episode(1)
        with store.transaction() as writer:
            writer.save_episode(an_episode(1, calls=2))
            with store.reading() as other:
                assert other.episode(eid(1)) == an_episode(1)
        assert reader.episode(eid(1)) == an_episode(1)
    with store.reading() as reader:
        assert reader.episode(eid(1)) == an_episode(1, calls=2)


WRITES: list[Callable[[Books], object]] = [
    lambda books: books.save_episode(an_episode(1)),
    lambda books: books.save_call(a_call(1)),
    lambda books: books.save_text(a_text(1)),
    lambda books: books.save_task(a_task(1)),
    lambda books: books.add_consent(a_consent(opted_out=True)),
    lambda books: books.add_decision(a_decision()),
    lambda books: books.add_job(a_job()),
    lambda books: books.move_job(JobKey("send-1"), NOW),
    lambda books: books.drop_job(JobKey("send-1")),
    lambda books: books.claim_jobs(["send"], now=NOW, lease=LEASE, limit=1),
    lambda books: books.finish_job(a_job()),
    lambda books: books.retry_job(a_job(), NOW),
    lambda books: books.keep_bookmark("inbox", "1"),
]


@pytest.mark.parametrize("write", WRITES)
def test_books_for_reading_refuse_to_be_written(store: Store, write: Callable[[Books], object]) -> None:
    with store.reading() as books, pytest.raises(RuntimeError, match="reading only"):
        write(books)


ORPHANS: list[Callable[[Books], object]] = [
    lambda books: books.save_call(a_call(1, episode=eid(9))),
    lambda books: books.save_text(a_text(9)),
    lambda books: books.save_task(a_task(9)),
]


@pytest.mark.parametrize("orphan", ORPHANS)
def test_what_names_an_episode_that_does_not_exist_is_refused_whole(
    store: Store, orphan: Callable[[Books], object]
) -> None:
    with pytest.raises(UnknownThing), store.transaction() as books:  # noqa: PT012 - the whole block
        books.save_episode(an_episode(1))
        orphan(books)
    with store.transaction() as books:
        assert books.episode(eid(1)) is None


def test_an_episode_may_be_saved_after_what_names_it(store: Store) -> None:
    with store.transaction() as books:
        books.save_call(a_call(1, episode=eid(1)))
        books.save_text(a_text(1))
        books.save_episode(an_episode(1))
    with store.reading() as books:
        assert books.texts_of(eid(1)) == [a_text(1)]


def test_writers_of_many_threads_take_turns(store: Store) -> None:
    with store.transaction() as books:
        books.save_episode(an_episode(1, calls=0))

    def call_again() -> None:
        for _ in range(20):
            with store.transaction() as books:
                found = books.episode(eid(1))
                assert found is not None
                books.save_episode(an_episode(1, calls=found.calls + 1))

    threads = [threading.Thread(target=call_again) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.reading() as books:
        assert books.episode(eid(1)) == an_episode(1, calls=160)


def test_an_error_of_ours_passes_through_unchanged(store: Store) -> None:
    ours = SecondRingError("ours")
    with pytest.raises(SecondRingError) as caught, store.transaction() as books:  # noqa: PT012 - the whole block
        books.save_call(a_call(1, started_at=NOW + SECOND))
        raise ours
    assert caught.value is ours
