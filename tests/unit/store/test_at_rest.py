"""Whoever gets the disk or a backup, and not the key, finds no number and no word of a patient."""

import sqlite3
from pathlib import Path

import pytest

from secondring.domain.calls import Direction
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Consent
from secondring.store.sqlstore import SqlStore
from tests.support.books import (
    KEY,
    NOW,
    a_booking,
    a_call,
    a_decision,
    a_job,
    a_task,
    a_text,
    an_episode,
    eid,
)

PLANTED = PhoneNumber("+12025550177")
DIALLED = PhoneNumber("+12025550188")
WORDS = "zebra-knee-hurts"
_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")


def _secrets() -> list[bytes]:
    """Everything planted, whole, without its country, and as hexadecimal."""
    plain = [number.e164[skip:] for number in (PLANTED, DIALLED) for skip in (0, 1, 2)] + [WORDS]
    plain += [text.encode().hex() for text in plain]
    return [text.encode(encoding) for text in plain for encoding in _ENCODINGS] + [KEY.secret]


def _plant(store: SqlStore, calls: int) -> None:
    for made in range(calls):
        with store.transaction() as books:
            books.save_episode(an_episode(1, caller=PLANTED, calls=made))
            books.save_call(a_call(1, caller=PLANTED, episode=eid(1)))
            books.save_call(
                a_call(2, caller=DIALLED, did=DIALLED.e164, direction=Direction.OUTBOUND, late=bool(made % 2))
            )
            books.save_text(a_text(1, patient=PLANTED, body=f"{WORDS} {made}"))
            books.save_task(a_task(1, caller=PLANTED, said=f"{WORDS} {made}"))
            books.add_consent(Consent(number=PLANTED, opted_out=True, at=NOW, source="text", words=WORDS))
            books.save_booking(a_booking(1, first_name=WORDS))
            books.add_decision(a_decision(episode=eid(1)))
            books.add_job(a_job())


@pytest.fixture
def planted(sql: SqlStore, url: str) -> Path:
    """A database file with secrets in it, open, its log not yet folded in."""
    _plant(sql, 30)
    with sql.reading() as books:
        assert books.texts_of(eid(1))[0].body.startswith(WORDS)
        assert books.last_episode(PLANTED) is not None
    return Path(url.removeprefix("sqlite:///"))


def _found_in(file: Path) -> list[bytes]:
    content = file.read_bytes()
    assert b"jobs_free" in content or file.name.endswith(("-wal", "-shm"))
    return [secret for secret in _secrets() if secret in content]


def test_the_database_and_its_log_show_nothing(planted: Path) -> None:
    files = {file.name: _found_in(file) for file in planted.parent.iterdir()}
    assert files == {name: [] for name in ("secondring.db", "secondring.db-wal", "secondring.db-shm")}
    assert (planted.parent / "secondring.db-wal").stat().st_size > 100_000


def test_the_database_shows_nothing_after_the_log_is_folded_in(planted: Path) -> None:
    connection = sqlite3.connect(planted)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    assert planted.stat().st_size > 50_000
    assert _found_in(planted) == []


def test_a_backup_shows_nothing(planted: Path, tmp_path: Path) -> None:
    vacuumed, copied = tmp_path / "vacuumed.db", tmp_path / "copied.db"
    connection, target = sqlite3.connect(planted), sqlite3.connect(copied)
    connection.execute("VACUUM INTO ?", (str(vacuumed),))
    connection.backup(target)
    connection.close()
    target.close()
    assert [_found_in(vacuumed), _found_in(copied)] == [[], []]


def test_a_backup_with_its_key_is_whole(planted: Path, tmp_path: Path) -> None:
    connection = sqlite3.connect(planted)
    connection.execute("VACUUM INTO ?", (str(tmp_path / "vacuumed.db"),))
    connection.close()
    restored = SqlStore(f"sqlite:///{tmp_path}/vacuumed.db", KEY)
    with restored.reading() as books:
        assert books.texts_of(eid(1)) == [a_text(1, patient=PLANTED, body=f"{WORDS} 29")]
    restored.close()
