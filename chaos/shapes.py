"""How the clinic's Second Ring is put up: which services there are, what they are told, and what can befall them."""

import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chaos import faults
from chaos.carrier import Carrier
from chaos.clock import Clock
from chaos.disk import SmallDisk
from chaos.endings import DIDS
from chaos.faults import Fault, Pause
from chaos.supervisor import Unit
from chaos.wire import Wire
from lab.errors import LabError
from lab.pbx import Pbx
from lab.service import COMMAND, write_clinic

BRAKE = 100_000
"""Texts a minute: the storm brake would rightly stop these calls' texts at the 60th."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything around the services."""

    pbx: Pbx
    carrier: Carrier
    folder: Path
    pause: Pause
    crashed: Callable[[], None]
    """Told whenever Asterisk is killed."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A clinic that runs."""

    home: Path
    """Its configuration, for looking into the books."""
    units: Sequence[Unit]
    faults: Mapping[str, Fault]
    sqlite: Path | None = None


@contextmanager
def one(world: World) -> Iterator[Standing]:
    """`secondring run`, all in one process, on SQLite."""
    with ExitStack() as stack:
        home, disk = _home(world, stack)
        ami = stack.enter_context(Wire(world.pbx.ami_host, world.pbx.ami_port))
        write_clinic(home, world.pbx, _config(world, ami.port))
        clock = Clock(world.folder)
        ask(home, "migrate")
        unit = Unit("secondring", [*COMMAND, "--config", str(home), "run"], world.folder, clock.environ)
        stack.enter_context(unit)
        database = home / "state/secondring.db"
        found = {
            **faults.of_unit(unit, world.pause),
            **faults.of_pbx(world.pbx, world.crashed),
            **faults.of_wire("AMI", ami, world.pause),
            **faults.of_sqlite(database, world.pause),
            **faults.of_disk(disk, world.pause),
            **faults.of_clock(clock, world.pause),
            **faults.of_carrier(world.carrier, world.pause),
        }
        yield Standing(home, [unit], found, database)


SHAPES = {"one": one}


def ask(home: Path, *words: str) -> str:
    """Run a command of the command line."""
    done = subprocess.run(
        [*COMMAND, "--config", str(home), *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise LabError(f"secondring {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout


def _home(world: World, stack: ExitStack) -> tuple[Path, SmallDisk]:
    home = world.folder / "clinic"
    home.mkdir(mode=0o700)
    disk = stack.enter_context(SmallDisk(home / "state"))
    Carrier.move_in(home)
    return home, disk


def _config(world: World, ami_port: int) -> dict[str, Any]:
    pbx = world.pbx
    return {
        "pbx": {"name": pbx.name},
        "ami": {"port": ami_port},
        "carrier": world.carrier.config(timeout="2s"),
        "gateway": {"per_second": 1000, "max_attempts": 40},
        "guards": {
            "settle": "1s",
            "per_number_per_day": BRAKE,
            "per_site_per_minute": BRAKE,
            "all_per_minute": BRAKE,
        },
        "records": {
            "cel": {"place": str(pbx.cel_csv)},
            "cdr": {"place": str(pbx.cdr_csv), "trunks": ["PJSIP/carrier-"]},
            "queue_log": str(pbx.queue_log),
        },
        "sites": {"northside": {"dids": [f"+1{did}" for did in DIDS], "alert_numbers": []}},
    }
