"""What was removed is gone from every file of the database: its pages, the free ones too, and its log.

Numbers and words are sealed, so it is the sealed bytes that are looked for: whoever has the key could open them.
"""

from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, select, type_coerce

from secondring.domain.errors import StoreBusy
from secondring.domain.records import Outcome, TaskState, TextState
from secondring.domain.retention_ports import What
from secondring.domain.verdict import Verdict
from secondring.store.engine import fold
from secondring.store.schema import calls, consents, episodes, tasks, texts
from secondring.store.sqlstore import SqlStore
from secondring.store.staff_schema import notes
from tests.support.books import (
    BEN,
    DAY,
    NOW,
    a_call,
    a_consent,
    a_task,
    a_text,
    an_episode,
    eid,
)

MANY = 60
BEFORE = NOW + 20 * DAY
SEALED = (
    episodes.c.caller,
    episodes.c.caller_hash,
    calls.c.caller,
    calls.c.caller_hash,
    texts.c.patient,
    texts.c.patient_hash,
    texts.c.body,
    tasks.c.caller,
    tasks.c.said,
    notes.c.words,
    consents.c.number,
    consents.c.words,
)


def _planted(sql: SqlStore) -> None:
    """Rows of very different lengths, written and written anew, so that pages split and cells move about."""
    for number in range(MANY):
        with sql.transaction() as books:
            ended = NOW + DAY
            books.save_episode(an_episode(number, window_ends_at=ended))
            books.save_call(a_call(number, episode=eid(number), ended_at=NOW, verdict=Verdict.MISSED))
            books.save_text(a_text(number, body="my knee " * (1 + number * 7 % 400)))
            books.save_task(a_task(number, said="knee " * (1 + number * 11 % 90)))
            if number % 10 == 0:
                books.add_consent(a_consent(opted_out=True, number=BEN, words="stop " * (1 + number % 50)))
    for number in range(MANY):
        with sql.transaction() as books:
            books.save_text(
                a_text(number, body="my knee " * (1 + number * 3 % 400), state=TextState.DELIVERED)
            )
            books.save_task(
                a_task(number, said="x " * (1 + number % 40), state=TaskState.DONE, closed_at=NOW)
            )
            closed = {"closed_at": NOW + DAY, "outcome": Outcome.RESOLVED}
            books.save_episode(an_episode(number, window_ends_at=NOW + DAY, **closed))


def _sealed(sql: SqlStore) -> set[bytes]:
    """As the columns have them now; the first bytes of a value stand in one page, however long it is."""
    with sql._begun("read") as connection:
        found = [
            value
            for column in SEALED
            for (value,) in connection.execute(select(type_coerce(column, LargeBinary)))
        ]
    return {bytes(value)[:24] for value in found if value}


def _files(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


@pytest.mark.parametrize("reader", [False, True], ids=["alone", "beside a reader of yesterday"])
def test_nothing_of_what_was_removed_is_left_in_any_file(
    sql: SqlStore, tmp_path: Path, *, reader: bool
) -> None:
    _planted(sql)
    planted = _sealed(sql)
    assert len(planted) > 4 * MANY
    assert all(piece in _files(tmp_path) for piece in planted)
    if reader:
        with sql.reading() as books:
            assert books.episode(eid(1)) is not None
            _remove_everything(sql)
            with pytest.raises(StoreBusy):
                fold(sql._writing, tries=2)
    else:
        _remove_everything(sql)
    sql.tidy()
    assert (tmp_path / "secondring.db-wal").stat().st_size == 0
    files = _files(tmp_path)
    assert not [piece for piece in planted if piece in files]


def _remove_everything(sql: SqlStore) -> None:
    for what in (What.NUMBERS, What.PROOFS):
        while True:
            with sql.transaction() as books:
                if books.remove(what, before=BEFORE, limit=7).is_nothing:
                    break


def test_the_file_becomes_smaller_when_it_is_written_anew(sql: SqlStore, tmp_path: Path) -> None:
    _planted(sql)
    sql.tidy()
    before = (tmp_path / "secondring.db").stat().st_size
    _remove_everything(sql)
    sql.compact()
    assert (tmp_path / "secondring.db").stat().st_size < 0.8 * before
    with sql.reading() as books:
        assert len(books.episodes(since=NOW, until=BEFORE, limit=999)) == MANY
