"""A hundred callers in the offer's menu at once, on a real Asterisk: ours, and a script that is forked for each.

The clock is Asterisk's own: from its dialplan's AGI() of a call (Newexten) to the first command that the script has
given it (AGIExecStart). So connecting is in it, and so is whatever Asterisk itself takes for a hundred calls.
"""

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.gauges import Spread, cpu_seconds, spread
from lab.errors import LabError
from lab.load import stay_in_menu
from lab.offer import CONFIG, add_offer
from lab.pbx import Pbx
from lab.service import COMMAND, Service
from lab.tap import Tap

CALLERS = 100
ROUNDS = 5
OURS, FORKED, BARE_DID = "2025550183", "2025550184", "2025550185"
STAY = 3.0
"""Seconds that each caller stays; all are in the menu together long before the first of them leaves."""
NUMBERS = """
[from-trunk]
exten => {ours},1,Gosub(secondring,offer,1)
 same => n,Hangup()
exten => {bare},1,AGI(agi://127.0.0.1:{port}/bare)
 same => n,Answer()
 same => n,Wait(60)
exten => {forked},1,AGI({script})
 same => n,Answer()
 same => n,Wait(60)
"""
SCRIPT = """\
#!{python}
import os, resource, sys
sys.stderr = open(os.devnull, "w")
from asterisk.agi import AGI
agi = AGI()
for name in ("SR_SITE", "SR_LANGUAGE", "SR_OK"):
    agi.set_variable(name, "1")
used = resource.getrusage(resource.RUSAGE_SELF)
with open({figures!r}, "a") as file:
    file.write("%f\\n" % (used.ru_utime + used.ru_stime))
"""
BARE = """\
import selectors, socket
door = socket.create_server(("127.0.0.1", 0), backlog=1024)
print(door.getsockname()[1], flush=True)
waiting = selectors.DefaultSelector()
waiting.register(door, selectors.EVENT_READ)
while True:
    for key, _ in waiting.select():
        if key.fileobj is door:
            call, _ = door.accept()
            call.send(b'SET VARIABLE "SR_OK" "1"\\n')
            waiting.register(call, selectors.EVENT_READ)
        elif b"200 result" in (heard := key.fileobj.recv(4096)) or not heard:
            waiting.unregister(key.fileobj)
            key.fileobj.close()
"""
"""The least there can be: says its one command before it has read a word."""
PAGE = """\
## Callers in the menu

{callers} real SIP calls enter the offer in the same moment, {rounds} times, on a real Asterisk {asterisk}; then as
many meet a script that uses pyst2 and is forked by Asterisk for each. Measured on Asterisk's clock from `AGI()` in the
dialplan to the script's first command; Asterisk, the callers and whoever answers share this machine's two cores.

| | calls | p50 | p95 | p99 | slowest | processor time a call |
|---|---:|---:|---:|---:|---:|---:|
| floor: a bare script that sends one command before it has read a word | {bare} |
| pyst2, forked | {forked} |
| `secondring agi` | {alone} |
| `secondring run`, which also judges these calls and texts their callers | {ours} |

Budget: p99 at most 20 ms ({quick}), and at least 30 times less processor time than the forked script ({cheap}: it is
{ratio:.0f} times less).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A crowd of callers, and who answered them."""

    waits: Spread
    cpu_ms: float
    """Of whoever answered, per call."""

    @property
    def row(self) -> str:
        figures = (self.waits.p50, self.waits.p95, self.waits.p99, self.waits.most)
        times = [f"{figure:.1f} ms" for figure in figures]
        return " | ".join([f"{self.waits.count:,}", *times, f"{self.cpu_ms:.2f} ms"])


@dataclass(frozen=True, slots=True, kw_only=True)
class MenuResult:
    """All of them, in one run."""

    bare: Served
    forked: Served
    alone: Served
    ours: Served
    asterisk: str


def measure(*, callers: int = CALLERS, rounds: int = ROUNDS) -> MenuResult:
    """The service first, then its part for callers alone, then the script."""
    with (
        tempfile.TemporaryDirectory(prefix="secondring-bench-", dir="/var/tmp") as folder,
        Pbx() as pbx,
        Service(pbx, config=CONFIG) as service,
        _bare_script() as (bare_pid, port),
    ):
        figures = Path(folder) / "figures"
        add_offer(pbx, service)
        script = _script(Path(folder), figures)
        numbers = NUMBERS.format(ours=OURS, forked=FORKED, script=script, bare=BARE_DID, port=port)
        pbx.add_config("extensions", numbers, name="menu")
        pbx.reload()
        bare = _serve(pbx, BARE_DID, bare_pid, callers, rounds)
        ours = _serve(pbx, OURS, service.pid, callers, rounds)
        service.stop()
        with _alone(service) as pid:
            alone = _serve(pbx, OURS, pid, callers, rounds)
        waits = _round(pbx, FORKED, callers)
        spent = [float(line) for line in figures.read_text().split()]
        forked = Served(waits=spread(waits), cpu_ms=1000 * sum(spent) / len(spent))
        return MenuResult(bare=bare, forked=forked, alone=alone, ours=ours, asterisk=pbx.asterisk.version)


def page(result: MenuResult) -> str:
    """The section of docs/performance.md."""
    ratio = result.forked.cpu_ms / max(result.alone.cpu_ms, 0.001)
    kept = max(result.alone.waits.p99, result.ours.waits.p99) <= 20
    return PAGE.format(
        callers=result.forked.waits.count,
        rounds=result.ours.waits.count // result.forked.waits.count,
        asterisk=result.asterisk.partition("+")[0],
        bare=result.bare.row,
        forked=result.forked.row,
        alone=result.alone.row,
        ours=result.ours.row,
        quick="kept" if kept else "not kept",
        cheap="kept" if ratio >= 30 else "not kept",
        ratio=ratio,
    )


@contextlib.contextmanager
def _alone(service: Service) -> Iterator[int]:
    """`secondring agi`, with the configuration of that service; its process id once it serves."""
    command = [*COMMAND, "--config", str(service.home), "agi"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr
            if not any("callers are served" in line for line in server.stderr):
                raise LabError("secondring agi did not start")
            yield server.pid
        finally:
            server.terminate()


@contextlib.contextmanager
def _bare_script() -> Iterator[tuple[int, int]]:
    """Its process id and port."""
    with subprocess.Popen([sys.executable, "-c", BARE], stdout=subprocess.PIPE, text=True) as script:
        try:
            assert script.stdout
            yield script.pid, int(script.stdout.readline())
        finally:
            script.kill()


def _serve(pbx: Pbx, did: str, pid: int, callers: int, rounds: int) -> Served:
    _round(pbx, did, callers)  # whoever comes first after a start waits longer
    used = cpu_seconds(pid)
    waits = [wait for _ in range(rounds) for wait in _round(pbx, did, callers)]
    return Served(waits=spread(waits), cpu_ms=1000 * (cpu_seconds(pid) - used) / len(waits))


def _script(folder: Path, figures: Path) -> Path:
    folder.chmod(0o755)
    script = folder / "menu.py"
    script.write_text(SCRIPT.format(python=sys.executable, figures=str(figures)))
    script.chmod(0o755)
    subprocess.run([sys.executable, "-m", "py_compile", str(script)], check=True)
    return script


def _round(pbx: Pbx, did: str, callers: int) -> list[float]:
    """Seconds from AGI() to the first command, one for each caller."""
    with Tap(pbx) as tap:
        stay_in_menu(pbx, did=did, count=callers, seconds=STAY)
        tap.wait_until_calls_are_over(30)
        asked: dict[str, float] = {}
        first: dict[str, float] = {}
        for event in tap.events():
            at = float(event.get("Timestamp", 0))
            if event["Event"] == "Newexten" and event["Application"] == "AGI":
                asked.setdefault(event["Uniqueid"], at)
            elif event["Event"] == "AGIExecStart":
                first.setdefault(event["Uniqueid"], at)
    return [first[call] - at for call, at in asked.items() if call in first]
