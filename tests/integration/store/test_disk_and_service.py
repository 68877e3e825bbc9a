"""The whole service on a disk that is full, or read-only: it lives, listens, says so, and loses no call."""

import sqlite3
import subprocess
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from benchmarks.fake_pbx import FakePbx
from benchmarks.gauges import wall
from benchmarks.streams import MISSED, strangers, template
from lab.service import Service
from tests.support.until import until

PATIENCE = 120.0
pytestmark = pytest.mark.timeout(500)
DID = "2025550100"


@pytest.fixture(autouse=True)
def patient_lab(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not how fast a service starts and stops that is tested here."""
    monkeypatch.setattr("lab.service.START_SECONDS", PATIENCE)
    monkeypatch.setattr("lab.service.STOP_SECONDS", PATIENCE)


@pytest.fixture
def pbx() -> Iterator[FakePbx]:
    with FakePbx() as running:
        yield running


def started(pbx: FakePbx, disk: Path, home: Path) -> Service:
    (home / "spool").mkdir()
    place = {
        "url": f"sqlite:///{disk}/books/secondring.db",
        "emergency_directory": str(home / "spool"),
        "warn_free_mb": 1,
    }
    return Service(pbx, home=home, config={"database": place, "guards": {"settle": "0s"}})


def rings_in_vain(pbx: FakePbx, *numbers: int) -> None:
    for number in numbers:
        call = template(MISSED[number % len(MISSED)], filtered=True)
        pbx.tell(call.told(number + 1, ends_at=int(wall()) - 1, caller=strangers()[number], did=DID))


def judged(service: Service) -> int:
    return sum(row["verdict"] == "missed" for row in service.rows("calls", "--since", "1h"))


def ready(service: Service) -> tuple[int, str]:
    """What a monitor on this machine is told."""
    port = yaml.safe_load((service.home / "conf.d/10-site.yaml").read_text())["web"]["port"]
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    done = subprocess.run(["dd", "if=/dev/zero", f"of={ballast}", "bs=4k"], check=False, capture_output=True)
    assert b"No space left" in done.stderr
    return ballast


@pytest.mark.parametrize("small_disk", [6], indirect=True)
def test_a_full_disk_loses_no_call_even_when_the_service_is_killed_meanwhile(
    small_disk: Path, tmp_path: Path, pbx: FakePbx
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with started(pbx, small_disk, home) as service:
        rings_in_vain(pbx, *range(3))
        until(lambda: judged(service) == 3, service.log_tail, timeout=PATIENCE)
        ballast = fill(small_disk)
        rings_in_vain(pbx, *range(3, 20))
        # All of them began and ended, which is two events each; each is a line of the spool.
        until(lambda: _lines(home / "spool") >= 2 * 17, service.log_tail, timeout=PATIENCE)
        until(lambda: ready(service)[0] == 503, service.log_tail, timeout=PATIENCE)
        code, words = ready(service)
        assert "the disk is full" in words, (code, words)
        assert service.pid
        assert "ALARM store" in service.log_tail(999)
        service.kill()
        service.start()
        rings_in_vain(pbx, 20, 21)
        ballast.unlink()
        until(lambda: judged(service) == 22, service.log_tail, timeout=PATIENCE)
        until(lambda: ready(service)[0] == 200, service.log_tail, timeout=PATIENCE)
        until(lambda: _lines(home / "spool") == 0, "the spool is empty again", timeout=PATIENCE)
        episodes = service.rows("episodes", "--since", "1h", "--numbers")
        assert sorted(row["caller"] for row in episodes) == sorted(strangers()[:22]), "each caller once"
        assert {row["calls"] for row in episodes} == {1}, "no call was told twice"
    books = sqlite3.connect(small_disk / "books/secondring.db")
    assert books.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    books.close()


def _lines(spool: Path) -> int:
    return sum(len(file.read_bytes().split()) for file in spool.iterdir())


@pytest.mark.parametrize("small_disk", [20], indirect=True)
def test_a_start_on_a_disk_that_is_read_only_waits_for_it(
    small_disk: Path, tmp_path: Path, pbx: FakePbx
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with started(pbx, small_disk, home) as service:
        service.stop()
        _remount(small_disk, "ro")
        starting = threading.Thread(target=service.start)
        starting.start()
        try:
            until(
                lambda: "waits for its database" in service.log_tail(99), service.log_tail, timeout=PATIENCE
            )
            assert service.pid, "it lives"
        finally:
            _remount(small_disk, "rw")
        starting.join(PATIENCE)
        rings_in_vain(pbx, 0)
        until(lambda: judged(service) == 1, service.log_tail, timeout=PATIENCE)
        assert service.log_tail(999).count("ALARM store") == 1


def _remount(disk: Path, mode: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{mode}", str(disk)], check=True)
