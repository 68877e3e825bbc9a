"""Seals patients' data before it reaches the database, and makes the keyed hashes to find it by."""

import hmac
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from secondring.domain.errors import StoreBroken
from secondring.store.keys import KEY_BYTES, Key

FORMAT = b"\x01"
"""First byte of everything sealed, so that a later format or a second key can stand beside this one."""
NONCE_BYTES = 12
"""NIST SP 800-38D, 8.2.2: random nonces of 96 bits are good for 2^32 values under one key."""
TAG_BYTES = 16
EMPTY_BYTES = len(FORMAT) + NONCE_BYTES + TAG_BYTES
"""What nothing at all takes, sealed: whatever is longer holds something."""
_TEXT = ("utf-8", "surrogatepass")
"""A carrier that cuts an emoji in two sends half of it; the reply is kept all the same."""
BLIND_BYTES = 16
"""128 bits of HMAC-SHA256: two numbers with one hash are not going to happen."""

REMEMBERED = 4096
"""Numbers whose hash is kept: the books are asked about one a dozen times within a call."""


class Vault:
    """Three keys out of one: to seal, to look up by, and to tell whether the key is the right one."""

    def __init__(self, key: Key) -> None:
        self._cipher = AESGCM(_derive(key, b"secondring seal 1"))
        self._blind_key = _derive(key, b"secondring blind index 1")
        self._blinded = lru_cache(REMEMBERED)(self._hash)
        self.check = _derive(key, b"secondring key check 1")[:BLIND_BYTES]
        """Tells two keys apart and gives away neither; kept in the database."""

    def __repr__(self) -> str:
        return "Vault()"

    def seal(self, place: str, plain: str) -> bytes:
        """Encrypt a value for one place (`table.column`); elsewhere it will not open."""
        nonce = os.urandom(NONCE_BYTES)
        return FORMAT + nonce + self._cipher.encrypt(nonce, plain.encode(*_TEXT), place.encode())

    def unseal(self, place: str, sealed: bytes) -> str:
        """Decrypt what `seal` made for that place; raises StoreBroken when it was altered or moved."""
        kind, nonce, secret = sealed[:1], sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            plain = self._cipher.decrypt(nonce, secret, place.encode()) if kind == FORMAT else None
        except (InvalidTag, ValueError):
            plain = None
        if plain is None:
            raise StoreBroken(
                f"a value of {place} was damaged or altered: restore the database from a backup"
            )
        return plain.decode(*_TEXT)

    def blind(self, number: str) -> bytes:
        """The keyed hash of a number: the same number gives the same bytes, and they give no number back."""
        return self._blinded(number)

    def _hash(self, number: str) -> bytes:
        return hmac.digest(self._blind_key, number.encode(), "sha256")[:BLIND_BYTES]


def _derive(key: Key, purpose: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(key.secret)
