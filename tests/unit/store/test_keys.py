"""A key file is refused, with a remedy, unless it is whole and nobody else's business."""

import os
from pathlib import Path

import pytest

from secondring.domain.errors import ConfigError
from secondring.store.keys import Key, make_key, read_key, write_key


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "db.key"
    write_key(path, make_key())
    return path


def test_a_written_key_is_read_back(tmp_path: Path) -> None:
    key = make_key()
    write_key(tmp_path / "db.key", key)
    assert read_key(tmp_path / "db.key") == key


def test_two_keys_are_never_the_same() -> None:
    assert make_key() != make_key()


def test_a_key_file_is_for_its_owner_only(file: Path) -> None:
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_key_is_never_overwritten(file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(ConfigError, match="not overwritten"):
        write_key(file, make_key())
    assert file.read_bytes() == before


def test_a_key_cannot_be_written_where_there_is_no_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot write"):
        write_key(tmp_path / "none" / "db.key", make_key())


@pytest.mark.parametrize("mode", [0o604, 0o666, 0o620, 0o601, 0o644])
def test_a_key_that_others_can_reach_is_refused(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(ConfigError, match=f"mode {mode:04o}.*chmod 0600"):
        read_key(file)


@pytest.mark.parametrize("mode", [0o400, 0o600, 0o440])
def test_a_key_as_systemd_hands_it_over_is_taken(file: Path, mode: int) -> None:
    file.chmod(mode)
    read_key(file)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_of_another_user_is_refused(file: Path) -> None:
    os.chown(file, 65534, -1)
    with pytest.raises(ConfigError, match="belongs to user 65534"):
        read_key(file)


def test_a_missing_key_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.key.*secondring init"):
        read_key(tmp_path / "none.key")


def test_a_folder_is_no_key(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        read_key(tmp_path)


@pytest.mark.parametrize("content", [b"", b"hunter2", b"QUJD\n", b"\xff" * 32, b"A" * 5000])
def test_what_is_no_key_is_refused_and_not_shown(file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(ConfigError, match="not a database key") as caught:
        read_key(file)
    assert "hunter2" not in str(caught.value)


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ConfigError, match="16"):
        Key(b"x" * 16)
