"""Whoever writes, a watch sees it, and tells for which screens it matters."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from secondring.domain.ports import CALLS, URGENT, WORK, Store, Watch, episode_topic
from secondring.domain.records import TaskState, TextState
from secondring.domain.staff import StaffNote
from secondring.store.sqlstore import SqlStore
from tests.support.books import KEY, NOW, a_call, a_task, a_text, an_episode, an_urgent_case, eid

STORY = episode_topic(eid(1))


@pytest.fixture
def watch(store: Store) -> Iterator[Watch]:
    with store.transaction() as books:
        books.save_episode(an_episode(1))
        books.save_task(a_task(1))
        books.save_text(a_text(1))
    opened = store.watch()
    yield opened
    opened.close()


def _changed(watch: Watch, before: dict[str, str]) -> set[str]:
    assert watch.has_changed()
    after = watch.prints([eid(1)])
    return {topic for topic, mark in after.items() if before[topic] != mark}


def test_it_is_quiet_until_something_is_written(store: Store, watch: Watch) -> None:
    assert watch.has_changed()
    assert not watch.has_changed()
    with store.transaction() as books:
        books.keep_bookmark("x", "1")
    assert watch.has_changed()
    assert not watch.has_changed()


def test_each_change_is_told_to_whom_it_concerns(store: Store, watch: Watch) -> None:
    assert watch.has_changed()
    before = watch.prints([eid(1)])
    with store.transaction() as books:
        books.save_task(replace(a_task(1), owner="ana", state=TaskState.TAKEN))
    assert _changed(watch, before) == {WORK, STORY}
    before = watch.prints([eid(1)])
    with store.transaction() as books:
        books.save_text(replace(a_text(1), state=TextState.DELIVERED))
    assert _changed(watch, before) == {STORY}
    before = watch.prints([eid(1)])
    with store.transaction() as books:
        books.save_urgent_case(an_urgent_case(1))
        books.save_call(a_call(1))
    assert _changed(watch, before) == {URGENT, CALLS}
    before = watch.prints([eid(1)])
    with store.transaction() as books:
        books.add_note(StaffNote(at=NOW, episode=eid(1), task=None, by="ana", words="later"))
    assert _changed(watch, before) == {STORY}
    before = watch.prints([eid(1)])
    with store.transaction() as books:
        books.save_episode(an_episode(1, calls=2))
        books.save_task(replace(a_task(1), snoozed_until=NOW + timedelta(hours=1)))
    assert _changed(watch, before) == {WORK, STORY}


def test_a_writer_in_another_process_is_seen(any_url: str) -> None:
    ours, theirs = SqlStore(any_url, KEY), SqlStore(any_url, KEY)
    watch = ours.watch()
    assert watch.has_changed()
    with theirs.transaction() as books:
        books.claim_jobs(["send"], now=NOW, lease=timedelta(seconds=1), limit=1)
    assert not watch.has_changed(), "a look that finds nothing must not wake every screen"
    with theirs.transaction() as books:
        books.save_episode(an_episode(1))
    assert watch.has_changed()
    watch.close()
    ours.close()
    theirs.close()
