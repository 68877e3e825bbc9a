"""The key says nothing of itself and is never a wrong size."""

import pytest

from secondring.domain.errors import ConfigError
from secondring.store.keys import Key, make_key


def test_every_key_is_another() -> None:
    assert make_key() != make_key()


def test_a_key_shows_nothing_of_itself() -> None:
    key = Key(b"k" * 32)
    assert "kkk" not in repr(key)


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ConfigError, match="32 bytes"):
        Key(b"k" * size)
