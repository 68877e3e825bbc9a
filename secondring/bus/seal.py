"""What travels between a site box and its centre, sealed so that the broker between them reads nothing and can put
nothing of its own in.

AES-256-GCM (NIST SP 800-38D) under a key that one box and the centre share. What is said is bound to the box, to the
way it goes and to its name: what is copied into another topic, or sent back the other way, does not open.
"""

import base64
import binascii
import json
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from secondring.domain.errors import SecondRingError

FORMAT = 1
KEY_BYTES, NONCE_BYTES = 32, 12


class Forged(SecondRingError):
    """Not sealed by whom it claims, not for this place, or damaged."""


class Seal:
    """The key of one box, as the box and the centre have it."""

    def __init__(self, secret: bytes, box: str) -> None:
        """`secret` is what the key file holds; each box gets a key of its own even where two share a file."""
        purpose = f"secondring site box {FORMAT} {box}".encode()
        key = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose).derive(secret)
        self._cipher = AESGCM(key)
        self._box = box

    def __repr__(self) -> str:
        return f"Seal({self._box})"

    def close(self, way: str, name: str, words: str) -> str:
        """Seal words that go this way (`up/urgent`, `down/ack`) under a name that nothing else has."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, words.encode("utf-8", "surrogatepass"), self._bound(way, name))
        return base64.b64encode(nonce + sealed).decode()

    def open(self, way: str, name: str, sealed: str) -> str:
        """The words. Raises Forged."""
        try:
            raw = base64.b64decode(sealed, validate=True)
            plain = self._cipher.decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], self._bound(way, name))
            return plain.decode("utf-8", "surrogatepass")
        except (InvalidTag, ValueError, binascii.Error):
            raise Forged(
                f"a message in the name of box {self._box} was not sealed with its key, or not for this place"
            ) from None

    def _bound(self, way: str, name: str) -> bytes:
        return json.dumps([FORMAT, self._box, way, name]).encode()
