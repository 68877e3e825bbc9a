"""From the caller's hang-up to the carrier's request, on a real Asterisk; and what a call costs meanwhile."""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks import clinic
from benchmarks.carrier import Carrier
from benchmarks.gauges import Spread, cpu_seconds, spread
from lab.load import place_missed_calls
from lab.pbx import Pbx
from lab.tap import Tap

RATE = 20.0
SETTLED = 1.0
"""Seconds without a text after which none is expected any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One load, and what became of it."""

    calls: int
    events: float
    """Per call, as the listening account is sent them."""
    size: float
    """Bytes per call of the same."""
    cpu_ms: float
    """Of the listener, per call."""
    pbx_cpu_ms: float
    """Of Asterisk, per call."""
    delay: Spread
    """Hang-up to request."""
    warm_ms: float
    """The longest of those, but for the first two calls after a start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencyResult:
    """Both listeners, one after the other."""

    floor: Round
    ours: Round
    asterisk: str


def measure(*, seconds: float) -> LatencyResult:
    """The same PBX, account and load for the bare script and for the service."""
    with Pbx() as pbx:
        clinic.add_account(pbx, "listener", filtered=True)
        floor = _floor_round(pbx, seconds)
        return LatencyResult(
            floor=floor,
            ours=service_round(pbx, "listener", seconds),
            asterisk=pbx.asterisk.version,
        )


def service_round(pbx: Pbx, account: str, seconds: float) -> Round:
    """Put the service under load."""
    with Carrier() as carrier, clinic.service(pbx, carrier.url, account=account) as service:
        return _round(pbx, account, carrier, service.pid, seconds)


def _floor_round(pbx: Pbx, seconds: float) -> Round:
    with Carrier() as carrier, _bare_script(pbx, carrier) as pid:
        return _round(pbx, "listener", carrier, pid, seconds)


@contextlib.contextmanager
def _bare_script(pbx: Pbx, carrier: Carrier) -> Iterator[int]:
    with tempfile.TemporaryDirectory(prefix="secondring-bench-", dir="/var/tmp") as folder:
        where = [pbx.ami_host, str(pbx.ami_port), "listener", str(carrier.port), str(Path(folder) / "events")]
        command = [sys.executable, "-m", "benchmarks.floor", *where]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as script:
            assert script.stdin
            assert script.stdout
            try:
                print(pbx.secrets["listener"], file=script.stdin, flush=True)
                script.stdout.readline()
                yield script.pid
            finally:
                script.kill()


def _round(pbx: Pbx, account: str, carrier: Carrier, pid: int, seconds: float) -> Round:
    with Tap(pbx, account) as tap:
        asterisk = pbx.pid or 0
        begun = len(tap.received)
        used, used_by_pbx = cpu_seconds(pid), cpu_seconds(asterisk)
        calls = place_missed_calls(pbx, rate=RATE, count=round(RATE * seconds)).calls
        carrier.wait_until_quiet(SETTLED)
        tap.wait_until_calls_are_over()
        cpu, cpu_of_pbx = cpu_seconds(pid) - used, cpu_seconds(asterisk) - used_by_pbx
        heard = tap.received[begun:]
        delays = _delays(tap.events(), carrier.arrivals)
        return Round(
            calls=calls,
            events=heard.count(b"Event: ") / calls,
            size=len(heard) / calls,
            cpu_ms=1000 * cpu / calls,
            pbx_cpu_ms=1000 * cpu_of_pbx / calls,
            delay=spread(delays),
            warm_ms=1000 * max(delays[2:], default=0.0),
        )


def _delays(events: list[dict[str, str]], arrivals: list[tuple[float, str]]) -> list[float]:
    """Seconds from the Timestamp of each caller's hang-up to the request that texts that caller."""
    hung_up = {
        event["CallerIDNum"]: float(event["Timestamp"])
        for event in events
        if event["Event"] == "Hangup" and event["Uniqueid"] == event["Linkedid"]
    }
    return [at - hung_up[caller] for at, caller in arrivals if caller in hung_up]
