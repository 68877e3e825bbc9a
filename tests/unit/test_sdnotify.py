"""What systemd hears, on a real datagram socket."""

import os
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from secondring.sdnotify import Notifier, watchdog_interval


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    """A service manager's ear, and its address as NOTIFY_SOCKET writes it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        name = f"@secondring-test-{os.getpid()}" if request.param == "abstract" else str(tmp_path / "notify")
        ear.bind(name.replace("@", "\0"))
        ear.settimeout(5)
        yield ear, name


def test_the_life_of_a_service(manager: tuple[socket.socket, str]) -> None:
    ear, address = manager
    notifier = Notifier.from_environ({"NOTIFY_SOCKET": address})
    assert notifier.is_heard
    notifier.ready("listening")
    notifier.alive()
    notifier.status("3 calls open")
    notifier.stopping()
    heard = [ear.recv(4096) for _ in range(4)]
    assert heard == [b"READY=1\nSTATUS=listening", b"WATCHDOG=1", b"STATUS=3 calls open", b"STOPPING=1"]


def test_a_status_cannot_pass_for_another_message(manager: tuple[socket.socket, str]) -> None:
    ear, address = manager
    Notifier(address).status("all\nis well\nSTOPPING=1")
    assert ear.recv(4096) == b"STATUS=all is well STOPPING=1"


@pytest.mark.parametrize("address", [None, "", "vsock:2:1234", "relative/path"])
def test_nobody_to_tell(address: str | None) -> None:
    notifier = Notifier(address)
    notifier.ready()
    assert not notifier.is_heard


def test_a_manager_that_went_away_is_no_reason_to_stop(tmp_path: Path) -> None:
    Notifier(str(tmp_path / "gone")).alive()


def test_a_manager_that_does_not_listen_never_blocks_us(manager: tuple[socket.socket, str]) -> None:
    _, address = manager
    notifier = Notifier(address)
    for _ in range(5000):
        notifier.alive()


@pytest.mark.parametrize(
    ("environ", "interval"),
    [
        ({"WATCHDOG_USEC": "30000000"}, timedelta(seconds=15)),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "42"}, timedelta(seconds=15)),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "43"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_the_watchdog_is_fed_twice_in_its_time(environ: dict[str, str], interval: timedelta | None) -> None:
    assert watchdog_interval(environ, pid=42) == interval
