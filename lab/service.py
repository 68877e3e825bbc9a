"""`secondring run` beside a PBX of the lab: its configuration, its process, its answers.

    with Service(pbx) as service:
        service.ask("calls", "--json")

It is ready when it says so itself, by the same message that systemd waits for.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import yaml

from lab import ports
from lab.errors import LabError

START_SECONDS = 90
"""A busy machine of two cores may take half of it; when it fails, it ends at once."""
STOP_SECONDS = 10
ALWAYS = {"mon-sun": ["00:00-24:00"]}
"""Open day and night: what a test expects must not hang on the hour it is run."""
COMMAND = [sys.executable, "-c", "from secondring.cli import main; main()"]


class Manager(Protocol):
    """What a service needs of a PBX: its manager interface. `Pbx` has one, and whatever plays a PBX."""

    ami_host: str
    ami_port: int

    @property
    def secrets(self) -> Mapping[str, str]:
        """The passwords by account."""
        ...


class Service:
    """A clinic's Second Ring, started on construction, gone at the end of the `with` block."""

    def __init__(
        self,
        pbx: Manager,
        *,
        config: Mapping[str, Any] | None = None,
        home: Path | None = None,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._command = command
        self.home = home or Path(tempfile.mkdtemp(prefix="secondring-clinic-"))
        self._own_home = home is None
        self._process: subprocess.Popen[bytes] | None = None
        self.log = self.home / "service.log"
        try:
            write_clinic(self.home, pbx, config or {})
            self.ask("migrate")
            self.start()
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- its life

    def start(self) -> None:
        """Start it, and return when it listens to the PBX."""
        address = self.home / "notify"
        address.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            manager.bind(str(address))
            environ = os.environ | {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "400000"}
            with self.log.open("ab") as log:
                self._process = subprocess.Popen(
                    [*self._command, "--config", str(self.home), "run"],
                    env=environ,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                )
            self._wait_until_listening(manager)

    def stop(self) -> float:
        """Ask it to stop, as systemd does; returns how many seconds that took."""
        asked = time.monotonic()
        self._end(signal.SIGTERM)
        return time.monotonic() - asked

    def kill(self) -> None:
        """Kill it, as a crash would."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """Stop it and take everything away."""
        self.stop()
        if self._own_home:
            shutil.rmtree(self.home, ignore_errors=True)

    @property
    def pid(self) -> int:
        """Its process id while it runs."""
        if self._process is None or self._process.poll() is not None:
            raise LabError(f"the service does not run: {self.log_tail()}")
        return self._process.pid

    # -- what it knows

    def ask(self, *words: str, stdin: str = "") -> str:
        """Run a command of the command line; raises LabError with what it complained about."""
        done = subprocess.run(
            [*self._command, "--config", str(self.home), *words],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise LabError(f"secondring {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def rows(self, *words: str) -> list[dict[str, Any]]:
        """The JSON lines of a command."""
        return [json.loads(line) for line in self.ask(*words, "--json").splitlines()]

    def log_tail(self, lines: int = 20) -> str:
        """The last lines it logged."""
        return (
            "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""
        )

    # -- inside

    def _wait_until_listening(self, manager: socket.socket) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process is None or self._process.poll() is not None:
                break
            manager.settimeout(0.1)
            with contextlib.suppress(TimeoutError):
                if b"STATUS=listening" in manager.recv(4096):
                    return
        said = (
            self.log_tail() or f"it said nothing for {START_SECONDS} s: this machine is very busy. Try again"
        )
        raise LabError(f"the service did not come to listen to the PBX:\n{said}")

    def _end(self, number: signal.Signals) -> None:
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise LabError(f"the service did not stop within {STOP_SECONDS} s:\n{self.log_tail()}") from None
        finally:
            self._process = None


def write_clinic(home: Path, pbx: Manager, changes: Mapping[str, Any]) -> None:
    """The configuration and the secrets of a clinic beside this PBX; secrets that are there already stay."""
    for folder in ("conf.d", "credentials", "state"):
        (home / folder).mkdir(mode=0o700, exist_ok=True)
    config = _merged(_clinic(pbx, home), changes)
    (home / "conf.d/10-site.yaml").write_text(yaml.safe_dump(config))
    _secret(home, "ami-secret", pbx.secrets["secondring"])
    _secret(home, "ami-dial-secret", pbx.secrets.get("secondring-dial", secrets.token_hex(16)))
    _secret(home, "key", secrets.token_hex(32))


def _secret(home: Path, name: str, value: str) -> None:
    file = home / "credentials" / name
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(value)


def _clinic(pbx: Manager, home: Path) -> dict[str, Any]:
    dids = [f"+12025550{n}" for n in range(100, 170)]
    return {
        "pbx": {"name": "lab", "outside_prefix": "9"},
        "ami": {"host": pbx.ami_host, "port": pbx.ami_port, "ping_interval": "2s", "ping_deadline": "2s"},
        "database": {"url": f"sqlite:///{home}/state/secondring.db"},
        "state_directory": str(home / "state"),
        "agi": {"port": ports.free_port(socket.SOCK_STREAM)},
        "web": {"port": ports.free_port(socket.SOCK_STREAM)},
        "sites": {
            "northside": {
                "name": "Northside Clinic",
                "phone": "+12025550100",
                "sender": "+12025550100",
                "dids": dids,
                "zone": "America/New_York",
                "hours": ALWAYS,
                "booking_url": "https://book.northside.example/new",
                "alert_numbers": ["+12025550177"],
            }
        },
    }


def _merged(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in changes.items():
        old = merged.get(key)
        both = isinstance(old, Mapping) and isinstance(value, Mapping)
        merged[key] = _merged(old, value) if both else value  # type: ignore[arg-type]
    return merged
