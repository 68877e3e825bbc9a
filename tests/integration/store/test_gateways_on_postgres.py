"""Two gateways around one server: both run, and both go on when the server was restarted under them."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.postgres import Cluster
from tests.support.terminal import a_clinic, run
from tests.support.until import until

SHARED = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ShareLock' AND granted"
LONG = 90.0
"""Seconds: two processes start and find a server again on a machine that others keep busy."""


@pytest.fixture
def server() -> Iterator[Cluster]:
    made = Cluster()
    try:
        made.start()
        yield made
    finally:
        made.remove()


def _run_gateways(server: Cluster, begin: list[str], folder: Path) -> None:
    logs = [folder / f"gateway-{number}" for number in range(2)]
    ears = [_ear(folder / f"ear-{number}") for number in range(2)]
    running = [_start(begin, log, ear) for log, ear in zip(logs, ears, strict=True)]
    try:
        for ear in ears:
            while b"READY=1" not in ear.recv(4096):
                pass
        server.stop(signal.SIGQUIT)
        until(
            lambda: all("cannot be reached" in log.read_text() for log in logs),
            lambda: _told(logs),
            timeout=LONG,
        )
        server.start()
        until(lambda: _holding(server) == 2, lambda: _told(logs), timeout=LONG)
        assert [one.poll() for one in running] == [None, None], _told(logs)
        for one in running:
            one.send_signal(signal.SIGTERM)
        assert [one.wait(LONG) for one in running] == [0, 0], _told(logs)
    finally:
        for one, ear in zip(running, ears, strict=True):
            one.kill()
            one.wait()
            ear.close()


def _start(begin: list[str], log: Path, ear: socket.socket) -> "subprocess.Popen[bytes]":
    with log.open("wb") as told:
        return subprocess.Popen(
            [sys.executable, "-m", "secondring.cli", *begin, "gateway"],
            stderr=told,
            env=os.environ | {"NOTIFY_SOCKET": ear.getsockname()},
        )


def _ear(place: Path) -> socket.socket:
    """Where a service says that it has started."""
    ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    ear.settimeout(LONG)
    ear.bind(str(place))
    return ear


def _holding(server: Cluster) -> object:
    return server.sql(SHARED)[0][0]


def _told(logs: list[Path]) -> str:
    return "\n".join(log.read_text()[-2000:] for log in logs)


def test_two_gateways_outlive_a_restart_of_their_server(server: Cluster, tmp_path: Path) -> None:
    folder = tmp_path / "clinic"
    folder.mkdir()
    begin = a_clinic(folder)
    with server.new_database() as url:
        (folder / "conf.d/zz-database.yaml").write_text(f"database: {{url: '{url}'}}\n")
        assert url.partition("?")[0] in run(*begin, "migrate")
        _run_gateways(server, begin, tmp_path)
