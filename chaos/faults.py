"""All that can break, each by name: what it does, what it needs for itself, how long it may last."""

import contextlib
import signal
import sqlite3
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from chaos.carrier import Carrier, Mood
from chaos.clock import Clock
from chaos.disk import SmallDisk
from chaos.supervisor import Unit
from chaos.wire import Wire
from lab.pbx import Pbx
from tests.support.postgres import Cluster

Pause = Callable[[float], None]
"""Waits so many seconds, or less when the run is given up."""
Act = Callable[[float], None]
MOST_AT_ONCE = 64
STEP = 5
"""A clock that is wrong for so many seconds is wrong by so many times as many."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to break something."""

    needs: str
    """What nobody else may break meanwhile."""
    lasts: tuple[float, float]
    """Seconds, at least and at most."""
    act: Act
    """Breaks it for so many seconds and mends it again."""


def of_unit(unit: Unit, pause: Pause) -> dict[str, Fault]:
    """What may befall a service."""

    def kill(_: float) -> None:
        unit.signal(signal.SIGKILL)

    def stop(seconds: float) -> None:
        unit.stop()
        pause(seconds)
        unit.start()

    def freeze(seconds: float) -> None:
        if unit.signal(signal.SIGSTOP):
            pause(seconds)
            unit.signal(signal.SIGCONT)

    return {
        f"kill {unit.name}": Fault(unit.name, (0, 0), kill),
        f"stop {unit.name}": Fault(unit.name, (0, 6), stop),
        f"freeze {unit.name}": Fault(unit.name, (1, 8), freeze),
    }


def of_pbx(pbx: Pbx, crashed: Callable[[], None]) -> dict[str, Fault]:
    """What may befall Asterisk."""

    def restart(_: float) -> None:
        pbx.restart()

    def kill(_: float) -> None:
        crashed()
        pbx.kill()
        pbx.start()

    return {
        "restart Asterisk": Fault("Asterisk", (0, 0), restart),
        "kill Asterisk": Fault("Asterisk", (0, 0), kill),
    }


def of_wire(name: str, wire: Wire, pause: Pause) -> dict[str, Fault]:
    """What may befall a connection."""

    def cut(seconds: float) -> None:
        wire.cut()
        pause(seconds)
        wire.mend()

    def stall(seconds: float) -> None:
        wire.stall()
        pause(seconds)
        wire.flow()

    return {f"cut {name}": Fault(name, (0, 8), cut), f"stall {name}": Fault(name, (1, 8), stall)}


def of_broker(crash: Callable[[], None], start: Callable[[], object], pause: Pause) -> dict[str, Fault]:
    """It keeps nothing on disk: what a crash takes with it has to be brought back by us."""

    def kill(seconds: float) -> None:
        crash()
        pause(seconds)
        start()

    return {"kill broker": Fault("broker", (0, 8), kill)}


def of_postgres(server: Cluster, pause: Pause) -> dict[str, Fault]:
    """Its administrator restarts it, or it crashes."""

    def down(how: signal.Signals) -> Act:
        def act(seconds: float) -> None:
            server.stop(how)
            pause(seconds)
            server.start()

        return act

    return {
        "stop database": Fault("database", (0, 8), down(signal.SIGINT)),
        "kill database": Fault("database", (0, 8), down(signal.SIGQUIT)),
    }


def of_sqlite(file: Path, pause: Pause) -> dict[str, Fault]:
    """Somebody else writes for longer than we wait."""

    def lock(seconds: float) -> None:
        connection = sqlite3.connect(file, isolation_level=None, timeout=20)
        with contextlib.closing(connection), contextlib.suppress(sqlite3.OperationalError):
            connection.execute("BEGIN IMMEDIATE")
            pause(seconds)
            connection.execute("ROLLBACK")

    return {"lock database": Fault("database", (2, 9), lock)}


def of_disk(disk: SmallDisk, pause: Pause) -> dict[str, Fault]:
    """No room left."""

    def fill(seconds: float) -> None:
        disk.fill()
        try:
            pause(seconds)
        finally:
            disk.free()

    return {"fill disk": Fault("disk", (2, 8), fill)} if disk.is_small else {}


def of_clock(clock: Clock, pause: Pause) -> dict[str, Fault]:
    """Somebody sets the clock of our machine, and later sets it right."""

    def step(sign: int) -> Act:
        def act(seconds: float) -> None:
            clock.set(sign * STEP * seconds)
            pause(seconds)
            clock.set(0)

        return act

    if not clock.environ:
        return {}
    return {
        "clock forward": Fault("clock", (3, 12), step(1)),
        "clock back": Fault("clock", (3, 12), step(-1)),
    }


def of_carrier(carrier: Carrier, pause: Pause) -> dict[str, Fault]:
    """What carriers do."""

    def down(seconds: float) -> None:
        carrier.refuse_connections()
        pause(seconds)
        carrier.open()

    def mood(mood: Mood) -> Act:
        def act(seconds: float) -> None:
            carrier.mood = mood
            pause(seconds)
            carrier.mood = Mood.WELL

        return act

    return {
        "carrier down": Fault("carrier", (2, 10), down),
        "carrier broken": Fault("carrier", (2, 10), mood(Mood.BROKEN)),
        "carrier slow": Fault("carrier", (2, 10), mood(Mood.SLOW)),
        "carrier forgetful": Fault("carrier", (2, 10), mood(Mood.FORGETFUL)),
    }


class Breaker:
    """Carries faults out, each in a thread of its own; two that need the same thing take turns.

    Threads stay until the end: what one of them started again would otherwise end with it.
    """

    def __init__(self, faults: Mapping[str, Fault]) -> None:
        self.done: list[tuple[str, float, float]] = []
        """Which, when (seconds since 1970), and how long it took until it was mended."""
        self.errors: list[str] = []
        self._faults = faults
        self._locks = {fault.needs: threading.Lock() for fault in faults.values()}
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="fault")
        self._begun: list[Future[None]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)

    def begin(self, name: str, seconds: float) -> None:
        """Break it, and go on."""
        self._begun.append(self._threads.submit(self._carry_out, name, seconds))

    def wait(self) -> None:
        """Return when everything is mended."""
        wait(self._begun)

    def _carry_out(self, name: str, seconds: float) -> None:
        fault = self._faults[name]
        with self._locks[fault.needs]:
            began = time.time_ns() / 1e9
            try:
                fault.act(seconds)
            except Exception as error:  # noqa: BLE001 - a fault that cannot be made must not end the run unseen
                self.errors.append(f"{name}: {error}")
            self.done.append((name, began, time.time_ns() / 1e9 - began))
