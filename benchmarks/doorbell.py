"""What the doorbell is worth: from the PBX's word to the carrier's request when two processes share the work.

`secondring listen` writes the text down and rings by MQTT, `secondring gateway` sends it. Measured with the broker
there, with the broker killed (then the gateway finds the text when it looks again), and with `secondring run`, which
needs no bell, as the floor. A real mosquitto, and a PBX that is only a stream. Each call begins an eighth to three
eighths of a second after the text before it, so without a broker it nearly always waits for most of a second.
"""

import contextlib
import random
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import clinic
from benchmarks.carrier import Carrier
from benchmarks.fake_pbx import FakePbx
from benchmarks.gauges import Spread, spread, wall
from benchmarks.loop import missed_calls
from lab.service import COMMAND, write_clinic
from tests.support.mosquitto import PASSWORD, PUBLISHER, Mosquitto
from tests.support.split import Running
from tests.support.until import until

CALLS = 300
WARM_UP = 20
PAUSE = 0.25
"""Seconds between two calls, in the middle: each is texted before the next."""
STARTS = 60.0


@dataclass(frozen=True, slots=True)
class Rung:
    """One way to be told."""

    name: str
    delay: Spread
    """From the last byte of the call to the carrier's request."""


def measure(calls: int = CALLS, warm_up: int = WARM_UP) -> list[Rung]:
    """All three, one after the other."""
    return [_alone(calls, warm_up), *_apart(calls, warm_up)]


def _alone(calls: int, warm_up: int) -> Rung:
    with Carrier() as carrier, FakePbx() as pbx, clinic.service(pbx, carrier.url):
        return Rung("`secondring run`: no bell needed", _delays(missed_calls(), pbx, carrier, calls, warm_up))


def _apart(calls: int, warm_up: int) -> Iterator[Rung]:
    with tempfile.TemporaryDirectory(prefix="secondring-bench-", dir="/var/tmp") as folder:
        home = Path(folder)
        with (
            Mosquitto(home) as broker,
            Carrier() as carrier,
            FakePbx() as pbx,
            _two_services(home, pbx, carrier, broker),
        ):
            stream = missed_calls()
            yield Rung("`listen` and `gateway`, broker there", _delays(stream, pbx, carrier, calls, warm_up))
            broker.kill()
            yield Rung("`listen` and `gateway`, broker killed", _delays(stream, pbx, carrier, calls, warm_up))


@contextlib.contextmanager
def _two_services(home: Path, pbx: FakePbx, carrier: Carrier, broker: Mosquitto) -> Iterator[None]:
    config = clinic.settings(carrier.url, account="secondring", concurrency=4, brake=clinic.LOOSE)
    config["mqtt"] = {
        "host": "127.0.0.1",
        "port": broker.port,
        "tls": False,
        "user": PUBLISHER,
        "password_file": "credential:mqtt-password",
    }
    write_clinic(home, pbx, config)
    (home / "credentials/mqtt-password").write_text(PASSWORD)
    (home / "credentials/mqtt-password").chmod(0o600)
    subprocess.run([*COMMAND, "--config", str(home), "migrate"], check=True, capture_output=True)
    with _service(home, "gateway", "READY=1"), _service(home, "listen", "STATUS=listening"):
        clinic.has_asked()
        yield


@contextlib.contextmanager
def _service(home: Path, name: str, ready: str) -> Iterator[None]:
    service = Running(home, name)
    try:
        until(lambda: ready in "\n".join(service.said), lambda: service.log[-2000:], timeout=STARTS)
        yield
    finally:
        service.end()


def _delays(stream: Iterator[bytes], pbx: FakePbx, carrier: Carrier, calls: int, warm_up: int) -> Spread:
    """Calls one after the other; the first ones only warm up."""
    chance, delays = random.Random(6), []  # noqa: S311 - the same pauses each time
    before = len(carrier.arrivals)
    for number in range(warm_up + calls):
        call = next(stream)
        told = wall()
        pbx.tell(call)
        carrier.wait_for(before + number + 1)
        delays.append(carrier.arrivals[-1][0] - told)
        time.sleep(PAUSE * (0.5 + chance.random()))
    return spread(delays[warm_up:])


PAGE = """\
## The doorbell

`scripts/bench doorbell`: {calls} missed calls, one after the other, from the last byte of the PBX's word to the
carrier's request. Apart, the listener writes the text down and rings by MQTT (a real mosquitto on loopback) and the
gateway sends it; without a broker the gateway finds it when it looks again, every second; here that is nearly always
late, because each call begins an eighth to three eighths of a second after the text before it.

| | p50 | p95 | p99 | slowest |
|---|---:|---:|---:|---:|
{rows}

Budget: without the broker at most 1 s more ({kept}: p99 {more:.0f} ms more)."""


def page(found: Sequence[Rung]) -> str:
    """The section of docs/performance.md."""
    rows = "\n".join(
        f"| {r.name} | {r.delay.p50:.1f} ms | {r.delay.p95:.1f} ms | {r.delay.p99:.1f} ms | {r.delay.most:.1f} ms |"
        for r in found
    )
    more = found[-1].delay.p99 - found[-2].delay.p99
    return PAGE.format(
        calls=found[-1].delay.count, rows=rows, more=more, kept="kept" if more <= 1000 else "not kept"
    )
