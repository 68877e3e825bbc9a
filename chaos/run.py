"""One run: puts everything up, lets it be broken, waits until all work is done, and balances the ledger."""

import csv
import os
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chaos import plan as plans
from chaos.apart import sites
from chaos.books import Onlooker
from chaos.carrier import Carrier, read_journal, times
from chaos.faults import Breaker
from chaos.ledger import Evidence, Ledger, balance
from chaos.phones import Callers, Desks, SeenCall
from chaos.plan import Plan
from chaos.shapes import Standing, World, one, postgres, split
from chaos.supervisor import Unit
from lab.errors import LabError
from lab.pbx import Pbx

SHAPES = {"one": one, "split": split, "postgres": postgres, "sites": sites}
LOOK = 0.2
TELL_EVERY = 5.0
PAUSE = 1.5
STILL = 3.0
"""Seconds without anything on its way after which all work is done."""
AWAY = "stop secondring"
NEAR = 3.0
"""Seconds: a call so close to the edge of a gap may have been heard in part."""
HANG_UP = 60.0
"""Seconds after the last call was placed until the last caller is off the line."""
CALLER_NUMBER = 3
"""The column of CEL."""
TROUBLE = ("Traceback", " CRITICAL ", "Fatal Python")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for."""

    shape: str
    seed: int
    calls: int
    faults: int
    rate: float
    patience: float
    """Seconds for all work to be done after the last call."""
    only: tuple[str, ...] = ()
    """Kinds of fault; empty: all."""
    away: float = 0.0
    """Seconds for which the service is stopped once, while calls go on; nothing else breaks then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of it."""

    wanted: Wanted
    ledger: Ledger
    by_ending: dict[str, int]
    faults: list[tuple[str, float, float]]
    starts: dict[str, int]
    posts: int
    traffic_s: float
    settled_s: float | None
    """How long after the traffic all work was done; None: it was not."""
    load: float
    troubles: list[str]
    """Whatever else must not be: tracebacks, a damaged database, a fault that could not be made."""

    @property
    def passed(self) -> bool:
        return self.ledger.balances and self.settled_s is not None and not self.troubles


Say = Callable[[str], None]


def run(wanted: Wanted, say: Say, keep: Path | None = None) -> Result:
    """Do it. Everything lives in a folder that goes away, or in `keep`."""
    with _folder(keep) as folder:
        return _Run(wanted, say, folder).carry_out()


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="secondring-chaos-", dir="/var/tmp") as folder:
        yield Path(folder)


class _Run:
    def __init__(self, wanted: Wanted, say: Say, folder: Path) -> None:
        self.wanted, self.say, self.folder = wanted, say, folder
        self.journal = folder / "carrier.jsonl"
        self._given_up = threading.Event()
        self._crashes: list[float] = []
        self._load = os.getloadavg()[0]

    def carry_out(self) -> Result:
        self.say("starting Asterisk, the phones, the carrier and Second Ring")
        with (
            Carrier(self.journal, self.wanted.seed) as carrier,
            Pbx(name="chaos") as pbx,
            Desks(pbx, self.folder),
        ):
            world = World(
                pbx=pbx,
                carrier=carrier,
                folder=self.folder,
                pause=self._pause,
                crashed=lambda: self._crashes.append(_wall()),
            )
            with SHAPES[self.wanted.shape](world) as standing:
                try:
                    return self._with(pbx, standing)
                finally:
                    self._given_up.set()

    def _pause(self, seconds: float) -> None:
        self._given_up.wait(seconds)

    def _with(self, pbx: Pbx, standing: Standing) -> Result:
        possible = {
            name: fault for name, fault in standing.faults.items() if name in (self.wanted.only or [name])
        }
        plan = plans.make(
            self.wanted.seed,
            calls=self.wanted.calls,
            faults=self.wanted.faults,
            rate=self.wanted.rate,
            kinds={name: fault.lasts for name, fault in possible.items()},
        )
        if self.wanted.away:
            plan = plans.away(plan, AWAY, self.wanted.away)
            possible = {AWAY: standing.faults[AWAY]}
        _wait_for_the_first_start(standing)
        with Breaker(possible) as breaker:
            began = time.monotonic()
            with Callers(pbx, plan.numbers, self.wanted.rate, self.folder) as callers:
                self._traffic(plan, breaker, callers)
                breaker.wait()
                seen = callers.seen()
            return self._close_the_books(pbx, standing, plan, breaker, seen, time.monotonic() - began)

    def _close_the_books(
        self, pbx: Pbx, standing: Standing, plan: Plan, breaker: Breaker, seen: list[SeenCall], traffic: float
    ) -> Result:
        self.say(f"{len(seen)} calls placed, {len(breaker.done)} faults over; waiting until all work is done")
        on_record = _on_record(pbx.cel_csv)
        onlooker = Onlooker(standing.home)
        settled = self._settle(onlooker, on_record | {call.number for call in seen if call.heard})
        taken, posts = read_journal(self.journal)
        booked = onlooker.booked()
        onlooker.close()
        ledger = balance(
            Evidence(
                seen=seen,
                booked=booked,
                taken=times(taken),
                on_record=frozenset(on_record),
                crashes=tuple(self._crashes),
            )
        )
        return Result(
            wanted=self.wanted,
            ledger=ledger,
            by_ending={ending.name: len(some) for ending, some in plan.numbers.items()},
            faults=sorted(breaker.done, key=lambda one: one[1]),
            starts={unit.name: unit.starts for unit in standing.units},
            posts=posts,
            traffic_s=traffic,
            settled_s=settled,
            load=self._load,
            troubles=[*breaker.errors, *_troubles(standing), *self._not_late(ledger, breaker)],
        )

    def _traffic(self, plan: Plan, breaker: Breaker, callers: Callers) -> None:
        began, told = time.monotonic(), 0.0
        coming = list(plan.faults)
        while not callers.done:
            now = time.monotonic() - began
            while coming and coming[0].at <= now:
                due = coming.pop(0)
                breaker.begin(due.fault, due.seconds)
                self.say(f"[{now:5.0f} s] {due.fault}" + (f" for {due.seconds:g} s" if due.seconds else ""))
            if now - told > TELL_EVERY:
                told = now
                self._progress(now, plan, len(plan.faults) - len(coming), callers)
            if now > plan.seconds + HANG_UP:
                break
            time.sleep(LOOK)

    def _progress(self, now: float, plan: Plan, broken: int, callers: Callers) -> None:
        texts, _ = read_journal(self.journal)
        placed = len(callers.seen())
        self.say(
            f"[{now:5.0f} s] {placed} of {plan.calls} calls, {broken} of {len(plan.faults)} faults,"
            f" {len(texts)} texts"
        )

    def _not_late(self, ledger: Ledger, breaker: Breaker) -> list[str]:
        """Calls that nobody heard, and that are not marked so."""
        gaps = [
            (began + NEAR, began + lasted - NEAR) for _, began, lasted in breaker.done if self.wanted.away
        ]
        return [
            f"{call.id} began and ended while nobody listened, and is not marked late"
            for entry in ledger.entries
            for call in entry.booked
            for begin, end in gaps
            if entry.seen
            and begin < entry.seen.placed_at
            and (entry.seen.over_at or end) < end
            and not call.late
        ]

    def _settle(self, onlooker: Onlooker, expected: set[str]) -> float | None:
        """Wait until every call that must be known is judged and no text is on its way."""
        began = time.monotonic()
        quiet_since: float | None = None
        while (now := time.monotonic()) < began + self.wanted.patience:
            if onlooker.all_sent() and expected <= onlooker.judged():
                quiet_since = quiet_since or now
                if now - quiet_since > STILL:
                    return quiet_since - began
            else:
                quiet_since = None
            time.sleep(PAUSE)
        return None


def _wait_for_the_first_start(standing: Standing) -> None:
    deadline = time.monotonic() + HANG_UP
    while not all(unit.ready for unit in standing.units):
        if time.monotonic() > deadline:
            told = "\n".join(_tail(unit) for unit in standing.units)
            raise LabError(f"the services did not come up:\n{told}")
        time.sleep(LOOK)


def _on_record(cel: Path) -> set[str]:
    """The callers of whom the PBX's own record knows."""
    if not cel.exists():
        return set()
    with cel.open(newline="", errors="replace") as file:
        return {
            row[CALLER_NUMBER]
            for row in csv.reader(file)
            if len(row) > CALLER_NUMBER and row[0] == "CHAN_START" and row[CALLER_NUMBER].startswith("+")
        }


def _troubles(standing: Standing) -> list[str]:
    found = [
        f"{unit.name}: {line.strip()[:200]}"
        for unit in standing.units
        if unit.log.exists()
        for line in unit.log.read_text(errors="replace").splitlines()
        if any(word in line for word in TROUBLE)
    ]
    if standing.sqlite is not None:
        connection = sqlite3.connect(standing.sqlite)
        try:
            told = connection.execute("PRAGMA integrity_check").fetchall()
        finally:
            connection.close()
        if told != [("ok",)]:
            found.append(f"the database is damaged: {told[:3]}")
    return found


def _tail(unit: Unit) -> str:
    return (
        "\n".join(unit.log.read_text(errors="replace").splitlines()[-10:]) if unit.log.exists() else unit.name
    )


def _wall() -> float:
    return time.time_ns() / 1e9
