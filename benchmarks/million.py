"""A million calls through one process: bytes of the AMI to facts, verdicts, decisions and rows; memory as it goes.

Everything of ours is real: reader, tracker, casework, timers, SQLite. Only the carrier is one line, and the clock is
the stream's, a call a second. One call in fifty never hangs up, as when the PBX's word for it got lost.
"""

import asyncio
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import yaml

from ami_listener.recording import read_facts
from benchmarks import clinic
from benchmarks.gauges import cpu_seconds, resident_mb
from benchmarks.streams import END, MISSED, strangers, template
from secondring import wiring
from secondring.domain.alarms import Alarm
from secondring.domain.calls import CallTracker
from secondring.domain.casework import Casework
from secondring.domain.deskwork import Deskwork
from secondring.domain.episodes import SEND_TEXT
from secondring.domain.facts import Fact
from secondring.domain.ports import Books
from secondring.domain.records import TextState
from secondring.domain.sending import ClinicDesk
from secondring.listening import CallKeeper
from secondring.timers import Timers
from secondring.wiring import Settings
from secondring.writer import Writer

KINDS = (*MISSED, "answered_directly", "voicemail_with_message", "screen_accepted")
NEVER_ENDS = 50
"""Of so many calls, one is left without any word of its hang-up."""
QUICK = "/dev/shm" if os.access("/dev/shm", os.W_OK) else "/var/tmp"  # noqa: S108 - a folder of its own in it
"""Memory is measured here: a million commits need not wait for a disk."""
TOGETHER = 100
"""Calls whose facts are told at once: what a storm does, and fewer commits to wait for."""
BEGINS = datetime(2026, 3, 2, tzinfo=UTC)
LEASE = timedelta(minutes=1)
BANNER = b"Asterisk Call Manager/11.0.0\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """How things stand after so many calls."""

    calls: int
    resident_mb: float
    held: int
    """Legs and open calls that the tracker holds."""
    database_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MillionResult:
    """The whole run."""

    marks: tuple[Mark, ...]
    seconds: float
    cpu: float
    load: float
    """Of the machine when it ended: others may have worked on it too."""


def calls(until: int) -> Iterator[bytes]:
    """The stream; each call ends a second after the one before."""
    numbers, dids = strangers(), list(clinic.SITES.values())
    first = int(BEGINS.timestamp())
    for copy in range(until):
        call = template(KINDS[copy % len(KINDS)], filtered=True)
        told = call.told(
            copy,
            ends_at=first + copy,
            caller=numbers[copy % len(numbers)],
            did=dids[copy // len(numbers) % len(dids)],
        )
        yield _without_an_end(told) if copy % NEVER_ENDS == NEVER_ENDS - 1 else told


def _without_an_end(told: bytes) -> bytes:
    return b"".join(m + END for m in told.split(END) if m and not m.startswith(b"Event: Hangup\r\n"))


class Clinic:
    """The listening side of a service, with its timers, on the stream's clock."""

    def __init__(self, settings: Settings, writer: Writer) -> None:
        rules = settings.rules
        words = wiring.wording(settings)
        self.now = BEGINS
        self.writer = writer
        self.tracker = CallTracker(settings.listening)
        self.keeper = CallKeeper(
            self.tracker,
            Casework(rules, words),
            writer,
            clock=lambda: self.now,
            ring=_nothing,
            raise_alarm=_refuse,
        )
        self._desk = ClinicDesk(rules, words, wiring.links(rules))
        self._timers = Timers(Deskwork(rules, words), writer, clock=lambda: self.now, ring=_nothing)

    async def take_in(self, facts: list[Fact]) -> None:
        """A stretch of the stream, and what is due by its end."""
        self.now = max(self.now, facts[-1].at)
        await self.keeper.handle(facts)
        await self.keeper.tell(self.tracker.tick(self.now))
        self.now += timedelta(seconds=3)
        while await self.writer(self._send):
            pass
        while await self._timers.round():
            pass

    def _send(self, books: Books) -> int:
        """The carrier takes everything at once."""
        jobs = books.claim_jobs([SEND_TEXT], now=self.now, lease=LEASE, limit=200)
        for job in jobs:
            books.finish_job(job)
            text = books.text(job.ref)  # type: ignore[arg-type]
            if text is not None:
                text = replace(text, state=TextState.ACCEPTED, settled_at=self.now, attempts=1)
                books.save_text(text)
                self._desk.accepted(books, text, self.now)
        return len(jobs)


async def _nothing() -> None:
    """Nobody waits for the bell here."""


def _refuse(alarm: Alarm) -> None:
    raise RuntimeError(f"{alarm.kind}: {alarm.because}")


def measure(marks: tuple[int, ...], *, tell: Callable[[Mark], None] = lambda _: None) -> MillionResult:
    """Push calls through; memory is read at each of the marks."""
    with tempfile.TemporaryDirectory(prefix="secondring-bench-", dir=QUICK) as home:
        settings = _settings(Path(home))
        wiring.migrate(settings)
        store = wiring.open_store(settings)
        writer = Writer(store)
        began, used = time.monotonic(), cpu_seconds(os.getpid())
        try:
            found = asyncio.run(_through(settings, writer, marks, Path(home), tell))
        finally:
            writer.close()
            store.close()
        return MillionResult(
            marks=found,
            seconds=time.monotonic() - began,
            cpu=cpu_seconds(os.getpid()) - used,
            load=os.getloadavg()[0],
        )


def listen(marks: tuple[int, ...], *, tell: Callable[[Mark], None] = lambda _: None) -> tuple[Mark, ...]:
    """The same stream through reader and tracker alone, which listen whatever becomes of their verdicts."""
    tracker = CallTracker()
    stream, done, now, found = calls(marks[-1]), 0, BEGINS, list[Mark]()
    for mark in marks:
        while done < mark:
            told = list(islice(stream, min(TOGETHER, mark - done)))
            done += len(told)
            for fact in read_facts([BANNER, *told], start=now):
                tracker.feed(fact)
                now = max(now, fact.at)
            tracker.tick(now)
        held = tracker.open_calls + tracker.legs_known
        found.append(Mark(calls=done, resident_mb=resident_mb(os.getpid()), held=held, database_mb=0.0))
        tell(found[-1])
    return tuple(found)


async def _through(
    settings: Settings, writer: Writer, marks: tuple[int, ...], home: Path, tell: Callable[[Mark], None]
) -> tuple[Mark, ...]:
    here = Clinic(settings, writer)
    stream = calls(marks[-1])
    found: list[Mark] = []
    done = 0
    for mark in marks:
        while done < mark:
            told = list(islice(stream, min(TOGETHER, mark - done)))
            done += len(told)
            await here.take_in(list(read_facts([BANNER, *told], start=here.now)))
        found.append(
            Mark(
                calls=done,
                resident_mb=resident_mb(os.getpid()),
                held=here.tracker.open_calls + here.tracker.legs_known,
                database_mb=_megabytes(home / "state"),
            )
        )
        tell(found[-1])
    return tuple(found)


def _megabytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.iterdir()) / 1e6


def _settings(home: Path) -> Settings:
    secrets = {"ami-secret": "0" * 24, "key": bytes(range(32)).hex()}
    for folder in ("conf.d", "credentials", "state"):
        (home / folder).mkdir(mode=0o700)
    for name, value in secrets.items():
        file = home / "credentials" / name
        file.touch(mode=0o600)
        file.write_text(value)
    config = clinic.settings(
        "http://127.0.0.1:9/texts", account="secondring", concurrency=4, brake=clinic.WIDE
    )
    config["ami"]["secret_file"] = str(home / "credentials/ami-secret")
    config["database"] = {
        "url": f"sqlite:///{home}/state/secondring.db",
        "key_file": str(home / "credentials/key"),
    }
    config["state_directory"] = str(home / "state")
    (home / "conf.d/10-site.yaml").write_text(yaml.safe_dump(config))
    return wiring.load_settings(home)


PAGE = """\
## Memory over a million calls

Calls of {kinds} kinds as a stream of AMI events, a call a second by the stream's clock; one in {never} never hangs up
and is given up after twelve hours, so some 860 are open at any time. Memory of the one process that does it all.

Reader and tracker alone, which listen whatever becomes of their verdicts:

| calls | resident memory | more than the line before | held by the tracker |
|---:|---:|---:|---:|
{listening}

With casework, timers and SQLite behind them, everything that a missed call leads to written down ({cpu:.2f} ms of
processor time a call; load of the machine at the end: {load:.1f}):

| calls | resident memory | more than the line before | held by the tracker | database |
|---:|---:|---:|---:|---:|
{rows}
"""


def page(result: MillionResult, listening: tuple[Mark, ...]) -> str:
    """The section of docs/performance.md."""
    rows = [
        f"{line} | {mark.database_mb:,.0f} MB |"
        for line, mark in zip(_lines(result.marks), result.marks, strict=True)
    ]
    return PAGE.format(
        kinds=len(KINDS),
        never=NEVER_ENDS,
        listening="\n".join(f"{line} |" for line in _lines(listening)),
        cpu=1000 * result.cpu / result.marks[-1].calls,
        load=result.load,
        rows="\n".join(rows),
    )


def _lines(marks: tuple[Mark, ...]) -> list[str]:
    found = []
    for before, mark in zip((marks[0], *marks), marks, strict=False):
        more = mark.resident_mb - before.resident_mb
        found.append(f"| {mark.calls:,} | {mark.resident_mb:.1f} MB | {more:+.1f} MB | {mark.held:,}")
    return found
