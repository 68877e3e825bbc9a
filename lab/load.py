"""Many missed calls a second, placed by sipp on loopback, bounded in number and in time.

Two sipps: one is the carrier that places the calls, one is the desk phone that nobody picks up.
By hand:  python -m lab.load --rate 20 --count 200
"""

import argparse
import contextlib
import enum
import functools
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab import ports
from lab.errors import LabError
from lab.pbx import Pbx
from secondring.domain.phone import LineKind, line_kind, parse_number, region_of

SCENARIOS = Path(__file__).parent / "conf"
DID = "2025550190"
GRACE_SECONDS = 10
QUIET = subprocess.DEVNULL


class Kind(enum.Enum):
    """How the calls are missed; the value names the desk phone's and the caller's part."""

    ABANDONED = "abandoned"  # it rings, the caller gives up
    BUSY = "busy"


@dataclass(frozen=True, kw_only=True)
class Load:
    """What was placed, and how long it took."""

    calls: int
    failed: int
    seconds: float


def callers(count: int) -> list[str]:
    """Give that many different callers, all fictional, all of area codes that are in use in the US."""
    areas = _areas()
    if count > len(areas) * 100:
        raise LabError(f"there are only {len(areas) * 100} fictional numbers to call from")
    return [f"+1{areas[n // 100]}55501{n % 100:02d}" for n in range(count)]


@functools.cache
def _areas() -> list[int]:
    """A number of another area is none to Second Ring, which would not text it."""
    found = {area: parse_number(f"+1{area}5550100", "US") for area in range(200, 980)}
    return [
        area
        for area, number in found.items()
        if number and region_of(number) == "US" and line_kind(number) is LineKind.ORDINARY
    ]


def place_missed_calls(
    pbx: Pbx,
    *,
    rate: float,
    count: int,
    kind: Kind = Kind.ABANDONED,
    ring_ms: int = 200,
    timeout: float | None = None,
) -> Load:
    """Place the calls and return when the last one is over; every caller has their own number."""
    sipp = _sipp()
    limit = timeout or count / rate + ring_ms / 1000 + GRACE_SECONDS
    with (
        tempfile.TemporaryDirectory(prefix="secondring-load-") as directory,
        _desk(sipp, pbx, kind, directory),
    ):
        pace = ["-s", DID, "-d", str(ring_ms), "-r", str(rate)]
        return _place(sipp, pbx, f"caller-{kind.value}.xml", pace, Path(directory), count=count, limit=limit)


def stay_in_menu(pbx: Pbx, *, did: str, count: int, seconds: float) -> Load:
    """Let so many callers in within the same moment; each is answered, stays so long and hangs up."""
    with tempfile.TemporaryDirectory(prefix="secondring-load-") as directory:
        pace = ["-s", did, "-d", str(round(1000 * seconds)), "-r", str(count), "-rp", "20"]
        limit = seconds + GRACE_SECONDS
        return _place(_sipp(), pbx, "caller-menu.xml", pace, Path(directory), count=count, limit=limit)


def _place(
    sipp: list[str], pbx: Pbx, scenario: str, pace: list[str], directory: Path, *, count: int, limit: float
) -> Load:
    numbers, statistics = directory / "callers.csv", directory / "stat.csv"
    numbers.write_text("SEQUENTIAL\n" + "".join(f"{number};\n" for number in callers(count)))
    port = ports.free_port(socket.SOCK_DGRAM, ports.LOAD_HOST)
    command = [
        *sipp,
        *("-sf", str(SCENARIOS / scenario), "-inf", str(numbers), "-i", ports.LOAD_HOST, "-p", str(port)),
        *("-m", str(count), "-l", str(count), *pace),
        *("-trace_stat", "-stf", str(statistics), "-fd", "1"),
        f"{pbx.sip_host}:{pbx.sip_port}",
    ]
    started = time.monotonic()
    try:
        subprocess.run(
            command, cwd=directory, check=False, timeout=limit, stdin=QUIET, stdout=QUIET, stderr=QUIET
        )
    except subprocess.TimeoutExpired:
        raise LabError(f"{count} calls were not over within {limit:.0f} s") from None
    done, failed = _counts(statistics)
    return Load(calls=done + failed, failed=failed, seconds=time.monotonic() - started)


@contextlib.contextmanager
def _desk(sipp: list[str], pbx: Pbx, kind: Kind, directory: str) -> Iterator[None]:
    command = [*sipp, "-sf", str(SCENARIOS / f"desk-{kind.value}.xml")]
    command += ["-i", ports.LOAD_HOST, "-p", str(pbx.load_port)]
    with subprocess.Popen(command, cwd=directory, stdin=QUIET, stdout=QUIET, stderr=QUIET) as desk:
        try:
            _wait_until_bound(pbx.load_port, desk)
            yield
        finally:
            desk.kill()


def _wait_until_bound(port: int, desk: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and desk.poll() is None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((ports.LOAD_HOST, port))
            except OSError:
                return
        time.sleep(0.02)
    raise LabError("the desk phone of the load (sipp) did not start")


def _counts(statistics: Path) -> tuple[int, int]:
    if not statistics.exists():
        raise LabError("sipp did not run")
    header, *rows = [line.split(";") for line in statistics.read_text().splitlines() if line]
    last = dict(zip(header, rows[-1], strict=False))
    return int(last["SuccessfulCall(C)"]), int(last["FailedCall(C)"])


def _sipp() -> list[str]:
    binary = shutil.which("sipp")
    if binary is None:
        raise LabError("sipp is missing: apt-get install sip-tester")
    return [binary, "-nostdin", "-nd", "-max_socket", "1024"]


def main() -> None:
    """Start a PBX of our own and load it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=float, default=20)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--kind", choices=[kind.value for kind in Kind], default=Kind.ABANDONED.value)
    chosen = parser.parse_args()
    with Pbx() as pbx:
        load = place_missed_calls(pbx, rate=chosen.rate, count=chosen.count, kind=Kind(chosen.kind))
    print(f"lab: {load.calls} calls, {load.failed} failed, {load.seconds:.1f} s")


if __name__ == "__main__":
    main()
