"""A full disk loses the write that did not fit, says so, and nothing else; with room again, all goes on."""

import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from secondring.domain.errors import StoreBroken, StoreFull
from secondring.store.sqlstore import SqlStore
from tests.support.books import KEY, an_episode, eid, new_database

StartWorker = Callable[..., "subprocess.Popen[str]"]


def _require_sound(url: str) -> None:
    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def _fill(store: SqlStore) -> int:
    """Write until the disk is full; how many episodes were committed."""
    number = 0
    while True:
        with store.transaction() as books:
            books.save_episode(an_episode(number))
        number += 1


def _kept(store: SqlStore) -> int:
    episode = an_episode()
    with store.reading() as books:
        return len(books.episodes(since=episode.opened_at, until=episode.window_ends_at, limit=1_000_000))


def test_a_full_disk_refuses_writing_keeps_reading_and_recovers(small_disk: Path) -> None:
    url = new_database(small_disk)
    (small_disk / "ballast").write_bytes(bytes(500_000))
    store = SqlStore(url, KEY)
    with pytest.raises(StoreFull, match="free some space"):
        _fill(store)
    kept = _kept(store)
    assert kept > 10
    with pytest.raises(StoreFull), store.transaction() as books:
        books.save_episode(an_episode(kept))
    (small_disk / "ballast").unlink()
    with store.transaction() as books:
        assert books.episode(eid(kept)) is None
        books.save_episode(an_episode(kept))
    assert _kept(store) == kept + 1
    store.close()
    _require_sound(url)


def _written(store: SqlStore, number: int) -> None:
    with store.transaction() as books:
        books.save_episode(an_episode(number))


def test_a_disk_that_fails_to_write_is_told_with_its_remedy_and_loses_nothing_else(tmp_path: Path) -> None:
    """Files that nobody may change stand for a disk that went read-only under a running service."""
    url = new_database(tmp_path)
    store = SqlStore(url, KEY)
    _written(store, 1)
    files = [str(tmp_path / name) for name in ("secondring.db", "secondring.db-wal")]
    if subprocess.run(["chattr", "+i", *files], check=False, capture_output=True).returncode != 0:
        store.close()
        pytest.skip("only root on ext4 can make a file unchangeable")
    try:
        with pytest.raises(StoreBroken, match=r"read-only.*kernel's log"):
            _written(store, 2)
        assert _kept(store) == 1
    finally:
        subprocess.run(["chattr", "-i", *files], check=True)
    _written(store, 3)
    assert _kept(store) == 2
    store.close()
    _require_sound(url)


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Root may do anything: permissions only count for others."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


NOBODY = 65534


def test_a_file_that_may_not_be_written_any_more_is_told_with_its_remedy() -> None:
    with tempfile.TemporaryDirectory(prefix="secondring-test-") as place:
        folder = Path(place)
        folder.chmod(0o700)
        url = new_database(folder)
        file = folder / "secondring.db"
        for one in (folder, file):
            os.chown(one, NOBODY, NOBODY)
        with _as_nobody():
            file.chmod(0o400)
            with pytest.raises(StoreBroken, match="may not be written: check owner and mode"):
                _written(SqlStore(url, KEY), 1)
            file.chmod(0o600)
            store = SqlStore(url, KEY)
            _written(store, 1)
            store.close()
        _require_sound(url)


def test_a_used_up_quota_refuses_writing_and_recovers(url: str, start_worker: StartWorker) -> None:
    told, _ = start_worker("quota", url, 600_000).communicate(timeout=60)
    outcome, sound = told.splitlines()
    assert outcome.split()[0] in {"StoreBroken", "StoreFull"}
    assert int(outcome.split()[1]) > 10
    assert sound == "True True"
    store = SqlStore(url, KEY)
    assert _kept(store) == int(outcome.split()[1]) + 1
    store.close()
    _require_sound(url)
