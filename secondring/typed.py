"""How commands have to be typed to mean one configuration and no other."""

import shlex
from pathlib import Path


def typed(place: Path | None) -> str:
    """`secondring`, with its `--config` where the configuration is not in its usual place, which None stands for."""
    return f"secondring --config {shlex.quote(str(place))}" if place else "secondring"
