"""What is sealed opens only with the key, only whole, and only in its place."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from secondring.domain.errors import StoreBroken
from secondring.store.keys import Key, make_key
from secondring.store.vault import BLIND_BYTES, Vault
from tests.support.books import ANNA, BEN, KEY

PLACE = "texts.body"


@given(st.text(st.characters()))
@example("half an emoji: \ud83e")
def test_what_is_sealed_opens_again(plain: str) -> None:
    vault = Vault(KEY)
    assert vault.unseal(PLACE, vault.seal(PLACE, plain)) == plain


def test_the_same_words_never_look_the_same() -> None:
    vault = Vault(KEY)
    assert len({vault.seal(PLACE, "yes") for _ in range(100)}) == 100


def test_another_key_does_not_open() -> None:
    with pytest.raises(StoreBroken, match=PLACE):
        Vault(make_key()).unseal(PLACE, Vault(KEY).seal(PLACE, "my knee"))


def test_a_value_moved_to_another_column_does_not_open() -> None:
    vault = Vault(KEY)
    with pytest.raises(StoreBroken):
        vault.unseal("tasks.said", vault.seal(PLACE, "my knee"))


@given(st.data())
def test_a_value_with_one_changed_bit_does_not_open(data: st.DataObject) -> None:
    vault = Vault(KEY)
    sealed = bytearray(vault.seal(PLACE, "my knee"))
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(StoreBroken):
        vault.unseal(PLACE, bytes(sealed))


@given(st.binary(max_size=40))
def test_bytes_that_were_never_sealed_do_not_open(junk: bytes) -> None:
    with pytest.raises(StoreBroken):
        Vault(KEY).unseal(PLACE, junk)


def test_a_number_has_one_hash_for_each_key() -> None:
    vault = Vault(KEY)
    assert vault.blind(ANNA.e164) == Vault(KEY).blind(ANNA.e164)
    assert len(vault.blind(ANNA.e164)) == BLIND_BYTES
    assert vault.blind(ANNA.e164) != vault.blind(BEN.e164)
    assert vault.blind(ANNA.e164) != Vault(make_key()).blind(ANNA.e164)


def test_the_key_check_tells_keys_apart_and_is_not_the_key() -> None:
    assert Vault(KEY).check == Vault(KEY).check != Vault(make_key()).check
    assert Vault(KEY).check not in KEY.secret


def test_nothing_of_a_key_shows() -> None:
    key = Key(b"abcdefghijklmnopqrstuvwxyz012345")
    assert repr(key) == "Key()"
    assert repr(Vault(key)) == "Vault()"
