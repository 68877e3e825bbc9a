"""How many missed calls a second go through the whole loop, from the AMI's bytes to the carrier's acceptance."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks import clinic, sampling
from benchmarks.carrier import Carrier
from benchmarks.fake_pbx import FakePbx
from benchmarks.gauges import cpu_seconds, resident_mb, wall
from benchmarks.streams import MISSED, strangers, template

AT_ONCE = 200
"""Calls told and not yet texted, at most: a queue that is never empty and never grows."""
CONCURRENCY = 32


def missed_calls() -> Iterator[bytes]:
    """Missed calls without end, each with an episode of its own, each just over."""
    numbers, dids = strangers(), list(clinic.SITES.values())
    copy = 0
    while True:
        call = template(MISSED[copy % len(MISSED)], filtered=True)
        caller, did = numbers[copy % len(numbers)], dids[copy // len(numbers) % len(dids)]
        yield call.told(copy, ends_at=int(wall()) - 1, caller=caller, did=did)
        copy += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopResult:
    """What going through so many calls took."""

    calls: int
    seconds: float
    cpu: float
    idle_mb: float
    resident_mb: tuple[tuple[int, float], ...]


def measure(marks: tuple[int, ...], *, warm_up: int = 200) -> LoopResult:
    """Push calls through as fast as they are texted; memory is read at each of the marks."""
    with (
        Carrier() as carrier,
        FakePbx() as pbx,
        clinic.service(pbx, carrier.url, concurrency=CONCURRENCY, brake=clinic.WIDE) as service,
    ):
        idle = resident_mb(service.pid)
        stream = missed_calls()
        push(stream, pbx, carrier, 0, warm_up)
        began, used = time.monotonic(), cpu_seconds(service.pid)
        done, memory = warm_up, []
        for mark in marks:
            push(stream, pbx, carrier, done, warm_up + mark)
            done = warm_up + mark
            memory.append((mark, resident_mb(service.pid)))
        return LoopResult(
            calls=done - warm_up,
            seconds=time.monotonic() - began,
            cpu=cpu_seconds(service.pid) - used,
            idle_mb=idle,
            resident_mb=tuple(memory),
        )


def parts(calls: int) -> list[tuple[str, float]]:
    """Where the processor time of a call goes: shares by part of the work, the greatest first."""
    with (
        Carrier() as carrier,
        FakePbx() as pbx,
        clinic.service(pbx, carrier.url, concurrency=CONCURRENCY, brake=clinic.WIDE) as service,
        sampling.shares(service.pid) as found,
    ):
        push(missed_calls(), pbx, carrier, 0, calls)
    return found


def push(stream: Iterator[bytes], pbx: FakePbx, carrier: Carrier, done: int, until: int) -> None:
    """Tell calls as fast as they are texted, and return when the last of them is."""
    for number in range(done, until):
        carrier.wait_for(number - AT_ONCE)
        pbx.tell(next(stream))
    carrier.wait_for(until)
