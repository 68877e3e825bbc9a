"""How fast a recording is judged, beside the least that reading it takes."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.streams import END, day_of_calls
from secondring import recordings
from secondring.domain.call_events import ListeningRules


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayResult:
    """One stream: what it holds, and the processor time that each reader took for it."""

    filtered: bool
    calls: int
    events: int
    megabytes: float
    floor_s: float
    ours_s: float


def measure(*, copies: int, filtered: bool) -> ReplayResult:
    """Replay a day of calls; the floor splits the same bytes into messages and does nothing with them."""
    with tempfile.TemporaryDirectory(prefix="secondring-bench-", dir="/var/tmp") as folder:
        file = Path(folder) / "day.ami"
        with file.open("wb") as out:
            out.writelines(day_of_calls(copies, filtered=filtered))
        events, floor = _timed(lambda: _split(file))
        calls, ours = _timed(lambda: _judge(file))
        return ReplayResult(
            filtered=filtered,
            calls=calls,
            events=events,
            megabytes=file.stat().st_size / 1e6,
            floor_s=floor,
            ours_s=ours,
        )


def _timed(work: Callable[[], int]) -> tuple[int, float]:
    began = time.process_time()
    return work(), time.process_time() - began


def _split(file: Path) -> int:
    count, rest = 0, b""
    with file.open("rb") as data:
        while chunk := data.read(256 * 1024):
            *whole, rest = (rest + chunk).split(END)
            count += len(whole)
    return count


def _judge(file: Path) -> int:
    return sum(1 for call in recordings.replay(file, ListeningRules()).calls() if call.verdict != "ignored")
