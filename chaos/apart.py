"""A site box beside the PBX, a centre somewhere else, and a line between them that can be cut."""

import shutil
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import yaml

from chaos import faults
from chaos.carrier import Carrier
from chaos.clock import Clock
from chaos.disk import SmallDisk
from chaos.shapes import Standing, World, ask, settings
from chaos.supervisor import Unit
from chaos.wire import Wire
from lab.ports import free_port
from lab.service import COMMAND, write_clinic
from tests.support.postgres import USER, Cluster
from tests.support.site_processes import Broker

LOCAL = "127.0.0.1"
SITE = "northside"


@contextmanager
def sites(world: World) -> Iterator[Standing]:
    """The box runs `listen` and `agi` on SQLite, the centre `gateway` and `web` on PostgreSQL; a TLS broker between."""
    with ExitStack() as stack:
        port, name = free_port(socket.SOCK_STREAM), world.pbx.name
        server = Cluster({})
        stack.callback(server.remove)
        server.start()
        server.sql(f"CREATE DATABASE chaos OWNER {USER} TEMPLATE template0")
        centre = _centre(world, server.url("chaos"), port)
        broker = Broker(centre / "sites/for-broker/secondring-sites.conf", port)
        stack.callback(broker.end)
        broker.start()
        line = stack.enter_context(Wire(LOCAL, port))
        ami = stack.enter_context(Wire(world.pbx.ami_host, world.pbx.ami_port))
        box, disk = _box(world, stack, ami.port)
        ask(centre, "sites", "add", name, "--site", SITE)
        _move_papers(centre / "sites" / f"for-{name}", box, line.port)
        for home in (centre, box):
            ask(home, "migrate")
        clock = Clock(world.folder)
        places = {"gateway": centre, "web": centre, "listen": box, "agi": box}
        units = [
            stack.enter_context(
                Unit(service, [*COMMAND, "--config", str(home), service], world.folder, clock.environ)
            )
            for service, home in places.items()
        ]
        spool = box / "state/secondring.db"
        found = {
            **faults.of_pbx(world.pbx, world.crashed),
            **faults.of_wire("AMI", ami, world.pause),
            **faults.of_wire("line to the centre", line, world.pause),
            **faults.of_broker(broker.end, broker.start, world.pause),
            **faults.of_postgres(server, world.pause),
            **faults.of_sqlite(spool, world.pause),
            **faults.of_disk(disk, world.pause),
            **faults.of_clock(clock, world.pause),
            **faults.of_carrier(world.carrier, world.pause),
        }
        for unit in units:
            found |= faults.of_unit(unit, world.pause)
        yield Standing(centre, units, found, spool)


def _centre(world: World, database: str, port: int) -> Path:
    """It has no PBX of its own."""
    home = world.folder / "clinic"
    home.mkdir(mode=0o700)
    Carrier.move_in(home)
    nobody = free_port(socket.SOCK_STREAM)
    own = {"pbx": {"name": "centre"}, "database": {"url": database}, "records": {}}
    write_clinic(home, world.pbx, {**settings(world, nobody), **own})
    where = home / "sites/for-broker"
    ask(home, "sites", "broker", "--host", LOCAL, "--port", str(port), "--keep-in", str(where))
    return home


def _box(world: World, stack: ExitStack, ami_port: int) -> tuple[Path, SmallDisk]:
    home = world.folder / "box"
    home.mkdir(mode=0o700)
    disk = stack.enter_context(SmallDisk(home / "state"))
    Carrier.move_in(home)
    write_clinic(home, world.pbx, settings(world, ami_port))
    return home, disk


def _move_papers(parcel: Path, box: Path, port: int) -> None:
    """What an administrator copies; the box finds the broker at `port`."""
    there = box / "sites"
    there.mkdir(mode=0o700)
    for file in (*parcel.glob("*.pem"), *parcel.glob("*.key")):
        shutil.copy(file, there)
        (there / file.name).chmod(0o600)
    shutil.copy(parcel / "seal", box / "credentials/seal")
    (box / "credentials/seal").chmod(0o600)
    words = yaml.safe_load(
        (parcel / "70-centre.yaml").read_text().replace("/etc/secondring/sites", str(there))
    )
    words["centre"]["port"] = port
    (box / "conf.d/70-centre.yaml").write_text(yaml.safe_dump(words))
