"""Carries a plan out: back-ups first, then one whole file after the other, each in one step."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dialplan.install.plan import Change, Plan
from secondring.domain.errors import ConfigError

DIRECTORY_MODE = 0o755
OWN_DIRECTORY_MODE = 0o750
NEW_SHARED_MODE = 0o640
"""For a `_custom` file that did not exist: it may hold other people's secrets one day."""


def carry_out(plan: Plan, backups: Path) -> list[str]:
    """Do it, and say what was done. `backups` is a new directory for what the touched files held before.

    A reader never sees half a file; an interruption leaves a state that the same command completes.
    Raises ConfigError, before anything is touched, when we have not the right to.
    """
    if plan.is_empty:
        return []
    _refuse_without_rights(plan)
    with _told_plainly():
        done = list(_back_up(plan, backups))
        for directory in plan.makes:
            _make(directory, OWN_DIRECTORY_MODE if directory == plan.private else DIRECTORY_MODE, plan.group)
            done.append(f"made {directory}")
        done += [_carry(change, plan.group) for change in plan.changes]
        for directory in plan.removes:
            if _remove_if_empty(directory):
                done.append(f"removed {directory}")
    return done


def _carry(change: Change, group: int) -> str:
    path = change.path.resolve()  # where it leads: a link stays a link
    if change.new is None:
        path.unlink(missing_ok=True)
        _settle(path.parent)
        return f"removed {change.path}"
    if change.old == change.new:
        path.chmod(_mode(change, path))
        return f"changed the mode of {change.path}"
    _write(path, change, group)
    return f"{'made' if change.old is None else 'changed'} {change.path}"


def _write(path: Path, change: Change, group: int) -> None:
    """Write beside it, then take its place: owner, group, mode and attributes stay as they were."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    new = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(change.new or b"")
            if path.exists():
                shutil.copystat(path, new)
                os.utime(new)  # Asterisk reloads only what is newer than what it read
            os.fchmod(file.fileno(), _mode(change, path))
            _give_to(file.fileno(), path, change.group if change.group is not None else group)
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    _settle(path.parent)


def _mode(change: Change, path: Path) -> int:
    if change.mode is not None:
        return change.mode
    return stat.S_IMODE(path.stat().st_mode) if path.exists() else NEW_SHARED_MODE


def _give_to(handle: int, path: Path, group: int) -> None:
    """To whom the old file belonged; a new one to root and to the group that Asterisk reads with."""
    if os.geteuid() != 0:
        return
    if path.exists():
        was = path.stat()
        os.fchown(handle, was.st_uid, was.st_gid)
    else:
        os.fchown(handle, 0, group)


def _make(directory: Path, mode: int, group: int) -> None:
    directory.mkdir(mode=mode)
    directory.chmod(mode)  # whatever the umask
    if os.geteuid() == 0:
        os.chown(directory, 0, group)


def _remove_if_empty(directory: Path) -> bool:
    try:
        directory.rmdir()
    except OSError:
        return False
    return True


def _settle(directory: Path) -> None:
    """Make the rename itself survive a power cut."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _back_up(plan: Plan, backups: Path) -> Iterator[str]:
    for change in plan.changes:
        if change.old is None or change.old == change.new or change.path.suffix not in {".conf", ".json"}:
            continue
        copy = backups / change.path.absolute().relative_to("/")
        backups.mkdir(parents=True, exist_ok=True, mode=0o700)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.touch(mode=0o600)
        copy.write_bytes(change.old)
        yield f"kept {change.path} as {copy}"


def _refuse_without_rights(plan: Plan) -> None:
    places = {_existing(change.path.resolve().parent) for change in plan.changes}
    locked = sorted(str(place) for place in places if not os.access(place, os.W_OK | os.X_OK))
    if locked:
        raise ConfigError(f"no right to write in {', '.join(locked)}: run this as root. Nothing was changed")


def _existing(directory: Path) -> Path:
    return next(place for place in (directory, *directory.parents) if place.exists())


@contextmanager
def _told_plainly() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"{error.filename}: {error.strerror}. What was done stays done; mend this and run it again"
        ) from error
