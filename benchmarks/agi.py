"""A hundred callers in the menu at once: from connecting to the first command; and what a call costs.

Beside it a script that uses pyst2 as its authors meant it, forked for each call as Asterisk forks it.
"""

import os
import selectors
import socket
import subprocess
import sys
import time
from dataclasses import dataclass

from benchmarks.fake_pbx import FakePbx
from benchmarks.gauges import Spread, cpu_seconds, spread
from lab.service import Service

CALLERS = 100
ROUNDS = 30
FORKED = 100
FORKED_AT_ONCE = 2
"""As many as there are cores: more would only wait for each other."""
HEAD = "".join(
    f"agi_{name}: {value}\n"
    for name, value in {
        "network": "yes", "network_script": "offer", "request": "agi://127.0.0.1/offer",
        "channel": "PJSIP/trunk-00000001", "language": "en", "type": "PJSIP", "uniqueid": "bench-1.{n}",
        "version": "22.1.0", "callerid": "+12025550123", "calleridname": "unknown", "callingpres": "0",
        "callingani2": "0", "callington": "0", "callingtns": "0", "dnid": "2025550100", "rdnis": "unknown",
        "context": "secondring-sub-agi", "extension": "s", "priority": "5", "enhanced": "0.0",
        "accountcode": "", "threadid": "139872342", "arg_1": "2025550100", "arg_2": "",
    }.items()
)  # fmt: skip
PYST2 = """
import os, signal, sys
sys.stderr = open(os.devnull, "w")
from asterisk.agi import AGI
agi = AGI()
for name in ("SR_SITE", "SR_LANGUAGE", "SR_OPEN", "SR_OK"):
    agi.set_variable(name, "1")
"""
PAGE = """\
## Callers in the menu

{callers} callers ask for the offer in the same moment, {rounds} times, while `secondring run` does everything else it
does; each is answered with four variables for the dialplan. Measured from the caller's connecting to the first
command, on one machine with whoever asks. Beside it, a script that uses pyst2 {at_once} at a time, forked for each
call: from the fork to its first command. A prompt is played by the dialplan once the script has answered.

| | p50 | p95 | p99 | slowest | processor time a call |
|---|---:|---:|---:|---:|---:|
| pyst2, forked | {forked} |
| Second Ring | {ours} |

Budget: p99 at most 20 ms ({quick}), and at least 30 times less processor time than the forked script ({cheap}: it is
{ratio:.0f} times less).
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgiResult:
    """Both, in one run."""

    ours: Spread
    ours_cpu_ms: float
    forked: Spread
    forked_cpu_ms: float


def measure(*, rounds: int = ROUNDS, forked: int = FORKED) -> AgiResult:
    """The service first, then the script."""
    with FakePbx() as pbx, Service(pbx) as service:
        port = _port(service)
        _round(port, CALLERS)  # whoever comes first after a start waits longer
        used = cpu_seconds(service.pid)
        waits = [wait for _ in range(rounds) for wait in _round(port, CALLERS)]
        cpu = cpu_seconds(service.pid) - used
    script_waits, script_cpu = _forked(forked)
    return AgiResult(
        ours=spread(waits),
        ours_cpu_ms=1000 * cpu / len(waits),
        forked=spread(script_waits),
        forked_cpu_ms=1000 * script_cpu / forked,
    )


def page(result: AgiResult) -> str:
    """The section of docs/performance.md."""
    ratio = result.forked_cpu_ms / max(result.ours_cpu_ms, 0.001)
    return PAGE.format(
        callers=CALLERS,
        rounds=result.ours.count // CALLERS,
        at_once=FORKED_AT_ONCE,
        forked=_row(result.forked, result.forked_cpu_ms),
        ours=_row(result.ours, result.ours_cpu_ms),
        quick="kept" if result.ours.p99 <= 20 else "not kept",
        cheap="kept" if ratio >= 30 else "not kept",
        ratio=ratio,
    )


def _row(times: Spread, cpu_ms: float) -> str:
    figures = (times.p50, times.p95, times.p99, times.most)
    return " | ".join([*(f"{figure:.1f} ms" for figure in figures), f"{cpu_ms:.2f} ms"])


def _port(service: Service) -> int:
    said = service.ask("render", "dialplan")
    return int(said.partition("agi://127.0.0.1:")[2].partition("/")[0])


def _round(port: int, callers: int) -> list[float]:
    """Everybody connects as fast as one process can; each script is answered to its end."""
    waits: list[float] = []
    with selectors.DefaultSelector() as selector:
        for number in range(callers):
            began = time.perf_counter()
            connection = socket.create_connection(("127.0.0.1", port))
            connection.send(HEAD.format(n=number).encode() + b"\n")
            selector.register(connection, selectors.EVENT_READ, began)
        while selector.get_map():
            for key, _ in selector.select():
                _hear(selector, key, waits)
    return waits


def _hear(selector: selectors.BaseSelector, key: selectors.SelectorKey, waits: list[float]) -> None:
    connection = key.fileobj
    assert isinstance(connection, socket.socket)
    heard = connection.recv(4096)
    if key.data is not None:
        waits.append(time.perf_counter() - key.data)
        selector.modify(connection, selectors.EVENT_READ, None)
    if heard:
        connection.send(b"200 result=1\n" * heard.count(b"\n"))
    else:
        selector.unregister(connection)
        connection.close()


def _forked(calls: int) -> tuple[list[float], float]:
    before = os.times()
    waits: list[float] = []
    for start in range(0, calls, FORKED_AT_ONCE):
        scripts = [_fork(number) for number in range(start, min(start + FORKED_AT_ONCE, calls))]
        waits += [_serve(began, script) for began, script in scripts]
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return waits, used


def _fork(number: int) -> tuple[float, subprocess.Popen[bytes]]:
    began = time.perf_counter()
    script = subprocess.Popen(
        [sys.executable, "-c", PYST2], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    )
    assert script.stdin
    script.stdin.write(HEAD.format(n=number).encode() + b"\n")
    return began, script


def _serve(began: float, script: subprocess.Popen[bytes]) -> float:
    assert script.stdin
    assert script.stdout
    line = script.stdout.readline()
    first = time.perf_counter() - began
    while line:
        script.stdin.write(b"200 result=1\n")
        line = script.stdout.readline()
    script.stdin.close()
    script.stdout.close()
    script.wait()
    return first
