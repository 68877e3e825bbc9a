"""A full disk loses the write that did not fit, says so, and nothing else; with room again, all goes on."""

import os
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from secondring.domain.errors import StoreFull
from secondring.store.sqlstore import SqlStore
from tests.support.books import KEY, an_episode, eid, new_database

StartWorker = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("only root outside a container may mount")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


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
