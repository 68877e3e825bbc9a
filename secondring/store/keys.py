"""The key that patients' data is encrypted with. `config` reads it from its file, outside the database.

Whoever has the database without the key has no number and no text; whoever loses the key has
lost them too, so it belongs in the backup plan, apart from the database's own backups.
"""

import secrets
from dataclasses import dataclass, field

from secondring.domain.errors import ConfigError

KEY_BYTES = 32
"""AES-256 wants 256 bits (FIPS 197)."""


@dataclass(frozen=True, slots=True)
class Key:
    """A master key of 32 bytes; its repr shows nothing of it."""

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES:
            raise ConfigError(
                f"a database key has {KEY_BYTES} bytes, not {len(self.secret)}: restore it from its backup"
            )


def make_key() -> Key:
    """A new random key."""
    return Key(secrets.token_bytes(KEY_BYTES))
