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
from tests.support.mosquitto import PASSWORD, PUBLISHER, Mosquitto
from tests.support.postgres import USER, Cluster

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
        yield _put_up(world, stack, {"secondring": "run"}, {})


@contextmanager
def split(world: World) -> Iterator[Standing]:
    """`listen`, `agi`, `gateway` and `web`, each a process of its own, on one SQLite, with a broker between them."""
    with ExitStack() as stack:
        config, broken = _broker(world, stack)
        yield _put_up(world, stack, {name: name for name in SERVICES}, config, broken)


@contextmanager
def postgres(world: World) -> Iterator[Standing]:
    """The same four services, on a PostgreSQL that commits to its disk as installed."""
    with ExitStack() as stack:
        config, broken = _broker(world, stack)
        server = Cluster({})
        stack.callback(server.remove)
        server.start()
        server.sql(f"CREATE DATABASE chaos OWNER {USER} TEMPLATE template0")
        config["database"] = {"url": server.url("chaos")}
        broken |= faults.of_postgres(server, world.pause)
        yield _put_up(world, stack, {name: name for name in SERVICES}, config, broken)


SERVICES = ("listen", "agi", "gateway", "web")


def _put_up(
    world: World,
    stack: ExitStack,
    commands: Mapping[str, str],
    config: Mapping[str, Any],
    more: Mapping[str, Fault] | None = None,
) -> Standing:
    """Write the configuration, make the database, and start each command under its name."""
    home, disk = _home(world, stack)
    ami = stack.enter_context(Wire(world.pbx.ami_host, world.pbx.ami_port))
    write_clinic(home, world.pbx, {**settings(world, ami.port), **config})
    clock = Clock(world.folder)
    ask(home, "migrate")
    units = [
        stack.enter_context(
            Unit(name, [*COMMAND, "--config", str(home), command], world.folder, clock.environ)
        )
        for name, command in commands.items()
    ]
    sqlite = None if "database" in config else home / "state/secondring.db"
    found = {
        **faults.of_pbx(world.pbx, world.crashed),
        **faults.of_wire("AMI", ami, world.pause),
        **faults.of_clock(clock, world.pause),
        **faults.of_carrier(world.carrier, world.pause),
        **(faults.of_sqlite(sqlite, world.pause) | faults.of_disk(disk, world.pause) if sqlite else {}),
        **(more or {}),
    }
    for unit in units:
        found |= faults.of_unit(unit, world.pause)
    return Standing(home, units, found, sqlite)


def _broker(world: World, stack: ExitStack) -> tuple[dict[str, Any], dict[str, Fault]]:
    """A broker, what to write into the configuration for it, and what can befall it."""
    folder = world.folder / "broker"
    folder.mkdir()
    broker = stack.enter_context(Mosquitto(folder))
    wire = stack.enter_context(Wire("127.0.0.1", broker.port))
    config = {
        "mqtt": {
            "host": "127.0.0.1",
            "port": wire.port,
            "tls": False,
            "user": PUBLISHER,
            "password_file": "credential:mqtt-password",
        }
    }
    broken = {
        **faults.of_broker(broker.kill, broker.start, world.pause),
        **faults.of_wire("MQTT", wire, world.pause),
    }
    return config, broken


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
    password = home / "credentials/mqtt-password"
    password.touch(mode=0o600)
    password.write_text(PASSWORD)
    return home, disk


def settings(world: World, ami_port: int) -> dict[str, Any]:
    """What differs from the lab's clinic."""
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
