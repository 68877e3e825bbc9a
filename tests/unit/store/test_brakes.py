"""The storm brakes ask whether so many texts went out: the answer is that of counting, and hardly ever counts."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from secondring.domain.ids import SiteId
from secondring.domain.ports import Books, Store
from secondring.domain.records import TextState
from secondring.store.sqlstore import SqlStore
from tests.support.books import EAST, KEY, MAIN, MINUTE, NOW, SECOND, a_text, an_episode, new_database


class Undone(Exception):
    """Rolls a transaction back."""


def test_the_limit_is_met_exactly(store: Store) -> None:
    with store.transaction() as books:
        books.save_episode(an_episode(1))
    for number in range(4):
        with store.transaction() as books:
            assert books.has_texts_out(4, since=NOW) is False
            assert books.has_texts_out(2, since=NOW, site=MAIN) is (number >= 2)
            books.save_text(a_text(1, f"text-{number}"))
    with store.transaction() as books:
        assert books.has_texts_out(4, since=NOW) is True
        assert books.has_texts_out(5, since=NOW) is False
        assert books.has_texts_out(1, since=NOW, site=EAST) is False
        assert books.has_texts_out(1, since=NOW + SECOND) is False
        books.save_text(a_text(1, "text-0", state=TextState.CANCELLED))
        assert books.has_texts_out(4, since=NOW) is False


@dataclass(frozen=True)
class Step:
    """What one transaction does: texts out at each site, texts in, and the time that passes before."""

    main: int
    east: int
    came_in: int
    passes: int
    undone: bool
    other: bool
    """It is another process's."""


STEPS = st.lists(
    st.builds(
        Step,
        main=st.integers(0, 3),
        east=st.integers(0, 2),
        came_in=st.integers(0, 2),
        passes=st.sampled_from([-20, 0, 1, 20, 45]),
        undone=st.booleans(),
        other=st.booleans(),
    ),
    max_size=8,
)


def _write(books: Books, step: Step, number: int, now: datetime) -> None:
    for site, count in ((MAIN, step.main), (EAST, step.east)):
        for nth in range(count):
            books.save_text(a_text(1, f"{site}-{number}-{nth}", site=site, created_at=now))
    for nth in range(step.came_in):
        state = TextState.RECEIVED
        books.save_text(a_text(1, f"in-{number}-{nth}", outgoing=False, state=state, created_at=now))


def _brakes(books: Books, now: datetime, *, by_counting: bool) -> list[bool]:
    asked: list[tuple[int, SiteId | None]] = [(2, MAIN), (2, EAST), (4, None), (9, None)]
    since = now - MINUTE
    if by_counting:
        return [books.count_texts_out(since=since, site=site, at_most=most) >= most for most, site in asked]
    return [books.has_texts_out(most, since=since, site=site) for most, site in asked]


@settings(max_examples=25, deadline=None)
@given(steps=STEPS)
def test_it_is_the_answer_of_counting_whoever_wrote_and_whatever_was_undone(steps: list[Step]) -> None:
    with TemporaryDirectory() as folder, _two_processes(Path(folder)) as (ours, theirs):
        now = NOW
        for number, step in enumerate(steps):
            now += step.passes * SECOND
            with suppress(Undone), (theirs if step.other else ours).transaction() as books:
                _brakes(books, now, by_counting=False)
                _write(books, step, number, now)
                assert _brakes(books, now, by_counting=False) == _brakes(books, now, by_counting=True)
                if step.undone:
                    raise Undone
            with ours.transaction() as books:
                assert _brakes(books, now, by_counting=False) == _brakes(books, now, by_counting=True)


@contextmanager
def _two_processes(folder: Path) -> Iterator[tuple[SqlStore, SqlStore]]:
    url = new_database(folder)
    ours, theirs = SqlStore(url, KEY), SqlStore(url, KEY)
    try:
        with ours.transaction() as books:
            books.save_episode(an_episode(1))
        yield ours, theirs
    finally:
        theirs.close()
        ours.close()


@pytest.mark.parametrize("site", [None, MAIN])
def test_a_storm_is_not_counted_anew_for_each_call(sql: SqlStore, site: SiteId | None) -> None:
    counted = []

    @event.listens_for(sql._writing, "before_cursor_execute")
    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        counted.append("count(" in statement)

    with sql.transaction() as books:
        books.save_episode(an_episode(1))
    for number in range(30):
        with sql.transaction() as books:
            assert not books.has_texts_out(1000, since=NOW + number * SECOND, site=site)
            books.save_text(a_text(1, f"text-{number}", created_at=NOW + number * SECOND))
    assert sum(counted) == 1
