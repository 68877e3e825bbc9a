"""`init`: from a few answers to a first configuration, and what comes after it."""

from dataclasses import dataclass
from pathlib import Path

from config.first import (
    SITE_FILE,
    Answers,
    machine_zone,
    read_phone,
    read_zone,
    write_first_config,
    write_missing_secrets,
)
from config.loader import HOME
from secondring.typed import typed

__all__ = [
    "FirstConfiguration",
    "first_configuration",
    "is_begun",
    "machine_zone",
    "missing_secrets",
    "read_phone",
    "read_zone",
]


@dataclass(frozen=True, slots=True)
class FirstConfiguration:
    """What `init` made, what was there already, and what comes next."""

    written: list[Path]
    kept: list[Path]
    next_steps: str


def is_begun(directory: Path | None) -> bool:
    """There is a clinic here already: files of somebody's own, or what `init` wrote and the key that it made."""
    home = directory or HOME
    if (home / SITE_FILE).exists():
        return (home / "credentials/key").exists()
    return any((home / SITE_FILE.parent).glob("*.y*ml"))


def missing_secrets(directory: Path | None) -> FirstConfiguration:
    """Make what an existing clinic lacks of the secrets that are ours to make; nothing that exists is touched."""
    home = directory or HOME
    files = write_missing_secrets(home)
    command = typed(None if home == HOME else home)
    steps = (
        f"Then: {command} install --reload    (tells the PBX)",
        "      systemctl restart secondring",
    )
    return FirstConfiguration(files.made, files.kept, "\n".join(steps) if files.made else "")


def first_configuration(
    directory: Path | None, clinic: str, phone: str, zone: str, dids: tuple[str, ...], ami_user: str
) -> FirstConfiguration:
    """Write a first configuration; nothing that exists is touched. A trial keeps all it has in one directory."""
    home = directory or HOME
    answers = Answers(
        clinic=clinic,
        phone=read_phone(phone),
        zone=read_zone(zone),
        dids=tuple(read_phone(did) for did in dids),
        ami_user=ami_user,
        places=home.absolute() != HOME,
    )
    files = write_first_config(home, answers)
    command = typed(None if home == HOME else home)
    steps = (
        "Next:",
        f"  {command} check-config       (when you have looked at {home / SITE_FILE})",
        f"  {command} install --dry-run  (what would change on this PBX; on another: render manager)",
        f"  {command} migrate",
        f"  {command} run",
        "It begins in shadow mode: everything is decided and explained, nothing is sent. In the end:",
        f"  {command} mode live",
    )
    return FirstConfiguration(files.made, files.kept, "\n".join(steps))
