"""docs/performance.md, from what was measured."""

import os
import platform
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import clinic
from benchmarks.latency import RATE, LatencyResult, Round
from benchmarks.loop import AT_ONCE, CONCURRENCY, LoopResult
from benchmarks.replay import ReplayResult

TOP = 10
PAGE = Path(__file__).parents[1] / "docs/performance.md"
HEAD = """\
# How fast it is

Made by `scripts/bench` on {date}; do not edit. {cores} cores of {cpu}, {system}, Python {python}.
Each figure stands beside a floor that was measured in the same run on the same machine: read the ratios, the
milliseconds are this machine's. Load when it began: {load:.2f}.
"""
LATENCY = """\
## Hang-up to the carrier's request

A real Asterisk {asterisk} takes {calls} real SIP calls, {rate:g} a second, each of which rings and is given up.
`secondring run` listens with its filtered account, settle time 0, database on disk with `synchronous=FULL`. Measured
from the Timestamp of the caller's Hangup event to the arrival of the request at the carrier, a process of its own.
The floor is a bare script on the same PBX under the same load: one event, one append with fsync, one POST on a
connection that is kept. It keeps no books and knows no verdict. {texted} of ours were texted (the clinic takes its own
numbers for no callers). The first calls after a start are slow; from the third on, none took longer than {warm:.1f} ms.
The storm brakes stand at {brake:,} texts a minute, or they would rightly have stopped this; the texts so far are
counted before each decision all the same.

| | p50 | p95 | p99 | slowest | processor time a call |
|---|---:|---:|---:|---:|---:|
| floor | {floor} |
| Second Ring | {ours} |
| ratio | {ratio} |

Budget: p99 at most 100 ms ({hundred}), and at most three times the floor ({three}). Two commits are on the way where
the floor has one (the verdict with its decision; then the text's state, before the request, so that a crash sends
nothing twice), and so are the consent, the caps and the second look whether the caller is on the line.
"""
FILTER = """\
## The AMI event filter

The same load, once with the event filter of `secondring render manager`, once without.

| event filter | events a call | bytes a call | our processor time a call | Asterisk's |
|---|---:|---:|---:|---:|
{rows}
"""
REPLAY = """\
## Replay

Recordings of five kinds of call, told over and over; processor time of one core. The floor splits the same bytes into
messages and does nothing with them.

| stream | calls | events | MB | events/s | calls/s | floor: events/s | ratio |
|---|---:|---:|---:|---:|---:|---:|---:|
{rows}
"""
LOOP = """\
## The whole loop

Missed calls of four kinds as a stream of AMI events into `secondring run`: verdict, decision, text, SQLite with
`synchronous=FULL`, request to the carrier, its acceptance. Never more than {at_once} calls between the PBX and the
carrier, {concurrency} requests to the carrier at one time (as installed: 4). The storm brakes stand at {brake:,}
texts a minute, or they would rightly have stopped this at the 60th; each decision counts all of the last minute's.

| calls | calls/s | processor time a call | calls/s per core | budget |
|---:|---:|---:|---:|---:|
| {calls:,} | {rate:.0f} | {cpu:.2f} ms | {per_core:.0f} | 300 |

Where that time goes (py-spy, {sampled:,} more calls):

| part | share |
|---|---:|
{parts}

Resident memory of the service: {idle:.0f} MB idle; {marks}. Budget: 120 MB idle, no growth.
"""


def head() -> str:
    """When and on what."""
    return HEAD.format(
        date=datetime.now(UTC).date().isoformat(),
        cores=os.cpu_count(),
        cpu=_processor(),
        system=platform.freedesktop_os_release()["PRETTY_NAME"],
        python=platform.python_version(),
        load=os.getloadavg()[0],
    )


def _processor() -> str:
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return found[1].strip() if found else platform.machine()


def latency(result: LatencyResult) -> str:
    """The section on the delay."""
    floor, ours = _times(result.floor), _times(result.ours)
    ratio = " | ".join(f"{a / b:.1f}" for a, b in zip(ours, floor, strict=True))
    return LATENCY.format(
        asterisk=result.asterisk,
        calls=result.ours.calls,
        texted=result.ours.delay.count,
        warm=result.ours.warm_ms,
        brake=clinic.LOOSE,
        rate=RATE,
        floor=_cells(floor),
        ours=_cells(ours),
        ratio=ratio,
        hundred="met" if ours[2] <= 100 else "missed",
        three="met" if ours[2] <= 3 * floor[2] else "missed",
    )


def _times(found: Round) -> list[float]:
    delay = found.delay
    return [delay.p50, delay.p95, delay.p99, delay.most, found.cpu_ms]


def _cells(milliseconds: Sequence[float]) -> str:
    return " | ".join(f"{ms:.2f} ms" for ms in milliseconds)


def event_filter(on: Round, off: Round) -> str:
    """The section on the event filter."""
    rows = (
        f"| {name} | {r.events:.1f} | {r.size:,.0f} | {r.cpu_ms:.2f} ms | {r.pbx_cpu_ms:.2f} ms |"
        for name, r in (("on", on), ("off", off))
    )
    return FILTER.format(rows="\n".join(rows))


def replay(results: Sequence[ReplayResult]) -> str:
    """The section on recordings."""
    rows = (
        f"| {'filtered' if r.filtered else 'full'} | {r.calls:,} | {r.events:,} | {r.megabytes:.0f} "
        f"| {r.events / r.ours_s:,.0f} | {r.calls / r.ours_s:,.0f} | {r.events / r.floor_s:,.0f} "
        f"| {r.ours_s / r.floor_s:.1f} |"
        for r in results
    )
    return REPLAY.format(rows="\n".join(rows))


def loop(result: LoopResult, parts: Sequence[tuple[str, float]], sampled: int) -> str:
    """The section on the whole loop."""
    return LOOP.format(
        at_once=AT_ONCE,
        brake=clinic.WIDE,
        concurrency=CONCURRENCY,
        sampled=sampled,
        parts="\n".join(f"| {part} | {share:.0%} |" for part, share in parts[:TOP]),
        calls=result.calls,
        rate=result.calls / result.seconds,
        cpu=1000 * result.cpu / result.calls,
        per_core=result.calls / result.cpu,
        idle=result.idle_mb,
        marks=", ".join(f"{mb:.0f} MB after {calls:,} calls" for calls, mb in result.resident_mb),
    )
