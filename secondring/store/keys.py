"""The key that patients' data is encrypted with: made once, kept in a file outside the database.

Whoever has the database without this file has no number and no text; whoever loses the file has
lost them too, so it belongs in the backup plan, apart from the database's own backups.
"""

import base64
import binascii
import os
import secrets
import stat
from dataclasses import dataclass, field
from pathlib import Path

from secondring.domain.errors import ConfigError

KEY_BYTES = 32
"""AES-256 wants 256 bits (FIPS 197)."""
_FORBIDDEN_MODE = 0o037
"""Nobody else may read it, the group may not write it. Group-read stays allowed: systemd shows
credential files as 0440."""


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


def write_key(path: Path, key: Key) -> None:
    """Write a key to a new file, for its owner's eyes only. Never overwrites one: that loses all data."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(f"{path}: there is a key already; it is not overwritten") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot write the database key: {error.strerror}") from error
    with os.fdopen(handle, "wb") as file:
        file.write(base64.b64encode(key.secret) + b"\n")
        file.flush()
        os.fsync(file.fileno())


def read_key(path: Path) -> Key:
    """Read the key; raises ConfigError when the file is missing, readable by others, or not a key."""
    try:
        with path.open("rb") as file:
            _refuse_loose(path, os.fstat(file.fileno()))
            content = file.read(4096)
    except OSError as error:
        raise ConfigError(
            f"{path}: cannot read the database key: {error.strerror}; make one with `secondring init`,"
            " or restore it from its backup when there is a database already"
        ) from error
    return _decode(path, content)


def _refuse_loose(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise ConfigError(f"{path}: the database key has to be a regular file")
    if found.st_uid not in {0, os.geteuid()}:
        raise ConfigError(
            f"{path}: the database key belongs to user {found.st_uid}: chown it to the service's user"
        )
    mode = stat.S_IMODE(found.st_mode)
    if mode & _FORBIDDEN_MODE:
        raise ConfigError(f"{path}: mode {mode:04o} lets others at the database key: chmod 0600 {path}")


def _decode(path: Path, content: bytes) -> Key:
    try:
        secret = base64.b64decode(content.strip(), validate=True)
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != KEY_BYTES:
        raise ConfigError(
            f"{path}: not a database key (expected {KEY_BYTES} bytes in base64): restore it from its backup"
        )
    return Key(secret)
