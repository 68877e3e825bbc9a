"""`init`: from a few answers to a first configuration, and what comes after it."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from config.first import SITE_FILE, Answers, machine_zone, read_phone, read_zone, write_first_config
from config.loader import HOME

__all__ = ["FirstConfiguration", "first_configuration", "machine_zone", "read_phone", "read_zone"]


@dataclass(frozen=True, slots=True)
class FirstConfiguration:
    """What `init` made, what was there already, and what comes next."""

    written: list[Path]
    kept: list[Path]
    next_steps: str


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
    option = f" --config {shlex.quote(str(home))}" if home != HOME else ""
    steps = (
        "Next:",
        f"  secondring{option} check-config       (when you have looked at {home / SITE_FILE})",
        f"  secondring{option} install --dry-run  (what would change on this PBX; on another: render manager)",
        f"  secondring{option} migrate",
        f"  secondring{option} run",
        "It begins in shadow mode: everything is decided and explained, nothing is sent. In the end:",
        f"  secondring{option} mode live",
    )
    return FirstConfiguration(files.made, files.kept, "\n".join(steps))
