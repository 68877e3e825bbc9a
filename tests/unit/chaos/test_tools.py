"""What breaks and mends things must do just that."""

import json
import signal
import socket
import sys
from pathlib import Path

import httpx
import pytest

from chaos.carrier import Carrier, Mood, read_journal, times
from chaos.supervisor import Unit
from chaos.wire import Wire
from tests.support.until import until


@pytest.fixture
def echo() -> "socket.socket":
    return socket.create_server(("127.0.0.1", 0))


def test_a_wire_carries_is_cut_and_is_mended(echo: socket.socket) -> None:
    with echo, Wire(*echo.getsockname()) as wire:
        with socket.create_connection(("127.0.0.1", wire.port)) as near, echo.accept()[0] as far:
            near.sendall(b"hello")
            assert far.recv(10) == b"hello"
            wire.cut()
            assert far.recv(10) == b""
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", wire.port))
        wire.mend()
        with socket.create_connection(("127.0.0.1", wire.port)) as near, echo.accept()[0] as far:
            far.sendall(b"again")
            assert near.recv(10) == b"again"


def test_a_stalled_wire_loses_nothing(echo: socket.socket) -> None:
    with (
        echo,
        Wire(*echo.getsockname()) as wire,
        socket.create_connection(("127.0.0.1", wire.port)) as near,
        echo.accept()[0] as far,
    ):
        wire.stall()
        near.sendall(b"late")
        far.settimeout(0.1)
        with pytest.raises(TimeoutError):
            far.recv(10)
        wire.flow()
        far.settimeout(10)
        assert far.recv(10) == b"late"


def test_a_unit_that_dies_is_started_again_and_one_that_is_stopped_is_not(tmp_path: Path) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    with Unit("sleeper", sleep, tmp_path, restart_after=0.05) as unit:
        first = until(lambda: unit.pid)
        unit.signal(signal.SIGKILL)
        until(lambda: unit.pid not in (None, first))
        unit.stop()
        assert unit.pid is None
        assert unit.starts == 2
        unit.start()
        until(lambda: unit.pid)
    assert unit.pid is None


def test_the_carriers_journal_has_what_it_took_and_nothing_else(tmp_path: Path) -> None:
    journal, number = tmp_path / "journal", "+13125550123"
    letter = {"id": "M-1", "to": number, "from": "+12025550100", "text": "hello"}
    with Carrier(journal, seed=1) as carrier, httpx.Client(base_url=carrier.url) as client:
        carrier.mood = Mood.BROKEN
        assert client.post("", content=json.dumps(letter)).status_code in (429, 500, 503)
        assert client.get("/texts/M-1").status_code == 404
        carrier.mood = Mood.WELL
        for _ in range(2):
            assert client.post("", content=json.dumps(letter)).status_code == 200
    taken, posts = read_journal(journal)
    assert (times(taken)[number], posts) == (2, 3)
