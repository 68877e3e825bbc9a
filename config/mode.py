"""Which file says in which mode the service runs, and the one file that `secondring mode` writes to change it."""

import os
from pathlib import Path

from config.first import SERVICE_GROUP, share
from config.loader import find_files, read_files
from config.problems import Place
from config.tree import read_all
from secondring.domain.errors import ConfigError

FILE = "50-mode.yaml"
KEY = "mode"
TEXT = """\
# Written by `secondring mode`: live, or shadow (everything is decided and explained, nothing is sent).
mode: {mode}
"""


def mode_place(path: Path) -> Place | None:
    """Where the mode is set, file and line; None where only our default says it."""
    sources = read_files(find_files(path))
    tree, _ = read_all(sources, Place(file=str(path)))
    return tree.places.get((KEY,))


def switch_mode(path: Path, mode: str, group: str = SERVICE_GROUP) -> Path:
    """Write `50-mode.yaml` beside the other files of `path`, and give its name.

    Raises ConfigError naming the file to edit where that would change nothing: one file is all there is, or a
    later one sets the mode; and where we may not write.
    """
    if path.is_file():
        raise ConfigError(f"{path} is the whole configuration: write `mode: {mode}` into it yourself.")
    file = find_files(path)[0].parent / FILE
    place = mode_place(path)
    if place is not None and Path(place.file).name > FILE:
        raise ConfigError(
            f"{place.file}, line {place.line}, sets the mode, and is read after {FILE}:"
            f" write `mode: {mode}` there, or take the line out and run this again."
        )
    try:
        _write(file, TEXT.format(mode=mode), group)
    except OSError as error:
        raise ConfigError(
            f"Cannot write {file}: {error.strerror}. Run this as root, or write `mode: {mode}` there yourself."
        ) from error
    return file


def _write(file: Path, text: str, group: str) -> None:
    """The old file or the new one, never half of one: a service may start at any moment."""
    new = file.with_suffix(".new")
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o640)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        share(new, group)
        new.replace(file)
    except OSError:
        new.unlink(missing_ok=True)
        raise
