"""What is read off a run: the clock that two processes share, processor time and memory, percentiles."""

import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def wall() -> float:
    """Seconds since 1970: the clock that Asterisk stamps its events with, on the same machine."""
    return time.time_ns() / 1e9


def cpu_seconds(pid: int) -> float:
    """Processor time that a process has used so far, all its threads, in steps of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def family_cpu_seconds(pid: int) -> float:
    """The same of a process and its children, with those that it has seen end."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has just ended: its parent counts it from now on
        own = stat.parent.name == str(pid)
        if own or fields[1] == str(pid):
            total += sum(map(int, fields[11 : 15 if own else 13]))
    return total / TICKS


def resident_mb(pid: int) -> float:
    """Memory of a process that is in RAM, in MB (10^6 bytes)."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


@dataclass(frozen=True, slots=True)
class Spread:
    """Times of many, in milliseconds, by nearest rank."""

    count: int
    p50: float
    p95: float
    p99: float
    most: float


def spread(seconds: Sequence[float]) -> Spread:
    """The usual percentiles of durations."""
    ordered = sorted(seconds)
    if not ordered:
        return Spread(0, 0.0, 0.0, 0.0, 0.0)

    def rank(share: float) -> float:
        return 1000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)]

    return Spread(len(ordered), rank(0.50), rank(0.95), rank(0.99), 1000 * ordered[-1])
