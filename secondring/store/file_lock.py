"""A lock beside a file, for one process at a time."""

import contextlib
import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from secondring.domain.errors import ConfigError, StoreBroken

DISKS_FAULT = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
"""What no change of the configuration mends."""


@contextmanager
def locked(file: Path, service: str, command: str) -> Iterator[None]:
    """Be the only one to be that service of a database file; raises ConfigError naming the process that already is.

    The lock is the kernel's: whoever dies gives it up, however they die.
    """
    place = file.with_name(f"{file.name}.{service}")
    try:
        lock = os.open(place, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno in DISKS_FAULT:
            raise StoreBroken(f"{place}: {error.strerror}: see the disk of the database") from error
        raise ConfigError(
            f"database.url: {place}: {error.strerror}: its folder must exist and belong to the service's user"
        ) from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            who = os.pread(lock, 80, 0).decode("ascii", "replace").strip()
            raise ConfigError(
                f"{file}: a service works with this database already as `{service}` ({who or 'of an unknown process'})."
                " Stop that one first, or give this one a database of its own."
            ) from None
        with contextlib.suppress(OSError):  # who we are is a courtesy; the lock itself needs no room
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"secondring {command}, process {os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(lock)
