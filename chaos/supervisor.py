"""Starts each service and starts it again when it dies, as systemd does with our units.

`Restart=on-failure`, `RestartSec=2`, a clean stop stays stopped until somebody starts it, and the watchdog of
`WatchdogSec=30` kills whoever has stopped petting it. There is no limit to how often: that is what this is about.
"""

import contextlib
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

RESTART = 2.0
WATCHDOG = 30.0
STOP = 10.0
PAUSE = 0.1
READY = b"READY=1"
WITH_US = ("setpriv", "--pdeathsig", "KILL")
"""Nothing that a run starts outlives it, however it ends."""
NEVER_MENDS = 78
"""EX_CONFIG: RestartPreventExitStatus."""


class Unit:
    """One service."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        folder: Path,
        environ: Mapping[str, str] | None = None,
        *,
        restart_after: float = RESTART,
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self.starts = 0
        self.watchdog_bites = 0
        self.ready = False
        """It has said once that it listens, or that it serves."""
        self._command = list(command)
        self._environ = {**os.environ, **(environ or {})}
        self._notify = folder / f"{name}.notify"
        self._process: subprocess.Popen[bytes] | None = None
        self._restart_after = restart_after
        self._wanted = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"unit {name}")

    def __enter__(self) -> Self:
        self._wanted.set()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._wanted.clear()
        self._thread.join()

    @property
    def pid(self) -> int | None:
        """Its process while it runs."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def signal(self, number: signal.Signals) -> bool:
        """Send it a signal; False when it does not run just now."""
        pid = self.pid
        if pid is None:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        return True

    def stop(self) -> None:
        """`systemctl stop`."""
        self._wanted.clear()
        deadline = time.monotonic() + STOP + RESTART
        while self._process is not None and time.monotonic() < deadline:
            time.sleep(PAUSE)

    def start(self) -> None:
        """`systemctl start`."""
        self._wanted.set()

    # -- inside, on the unit's thread

    def _watch(self) -> None:
        while not self._closing.is_set():
            if not self._wanted.wait(PAUSE):
                continue
            status = self._live()
            if status == NEVER_MENDS:
                return
            if self._wanted.is_set():
                self._closing.wait(self._restart_after)

    def _live(self) -> int:
        self._notify.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(self._notify))
            manager.setblocking(False)  # noqa: FBT003 - the library's signature
            environ = {
                **self._environ,
                "NOTIFY_SOCKET": str(self._notify),
                "WATCHDOG_USEC": str(int(WATCHDOG * 1e6)),
            }
            self.starts += 1
            process = subprocess.Popen(
                [*WITH_US, *self._command],
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            writing = threading.Thread(target=self._write_log, args=(process,), name=f"log of {self.name}")
            writing.start()
            self._process = process
            try:
                return self._until_dead(process, manager)
            finally:
                self._process = None
                writing.join()

    def _write_log(self, process: "subprocess.Popen[bytes]") -> None:
        """As journald does, with the time before each line: by the real clock, whatever the service's own says."""
        assert process.stdout  # noqa: S101 - it was asked for
        with process.stdout, self.log.open("ab") as log:
            for line in process.stdout:
                log.write(f"{datetime.now(UTC):%H:%M:%S.%f}"[:-3].encode() + b" " + line)
                log.flush()

    def _until_dead(self, process: "subprocess.Popen[bytes]", manager: socket.socket) -> int:
        alive = time.monotonic()
        asked: float | None = None
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(PAUSE)
            with contextlib.suppress(BlockingIOError):
                while told := manager.recv(4096):
                    alive = time.monotonic()
                    self.ready = self.ready or READY in told
            now = time.monotonic()
            if not self._wanted.is_set() and asked is None:
                asked = now
                process.send_signal(signal.SIGCONT)
                process.send_signal(signal.SIGTERM)
            if now - alive > WATCHDOG:
                self.watchdog_bites += 1
            if now - alive > WATCHDOG or (asked is not None and now - asked > STOP):
                process.kill()
