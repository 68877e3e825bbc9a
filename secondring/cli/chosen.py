"""What the command line said so far, for whoever comes later in the same command. Loads nothing."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from secondring.typed import typed

if TYPE_CHECKING:
    from config.settings import Settings

_chosen: list[Path] = []
_read: "list[Settings]" = []
_for_scripts: list[bool] = []


def choose_config(directory: Path | None) -> None:
    """Remember what `--config` said; a new command begins."""
    _chosen[:] = [directory] if directory else []
    _read.clear()
    _for_scripts.clear()


def config_directory() -> Path | None:
    """What `--config` said; None for the usual place."""
    return _chosen[0] if _chosen else None


def remember(settings: "Settings") -> None:
    """This command has read its configuration."""
    _read[:] = [settings]


def last_settings() -> "Settings | None":
    """What this command read; None when it needed no configuration."""
    return _read[0] if _read else None


def print_for_scripts() -> None:
    """From here on nothing is added that a script would stumble over."""
    _for_scripts[:] = [True]


def is_for_scripts() -> bool:
    """True once this command has printed JSON or CSV."""
    return bool(_for_scripts)


def warn(words: str) -> None:
    """Something that people must know and scripts must not trip over. Commands in it can be copied as they are."""
    sys.stderr.write(f"secondring: {to_type(words)}\n")


def to_type(words: str) -> str:
    """The words, with the commands in them as they have to be typed here."""
    return words.replace("`secondring ", f"`{command()} ")


def command() -> str:
    """`secondring`, as it has to be typed to mean this very configuration."""
    return typed(_chosen[0] if _chosen else None)
