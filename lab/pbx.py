"""A real Asterisk in a box: its own configuration, its own ports, nothing left when it is gone.

    with Pbx() as pbx:
        pbx.cli("core show channels count")

Several may run side by side. It lives in one temporary directory; a guard process waits on a pipe from
ours, so Asterisk and that directory go away however we end, `kill -9` included.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from lab import ports
from lab.build import Asterisk, find_or_build
from lab.errors import LabError
from lab.sounds import write_prompts

TEMPLATES = Path(__file__).parent / "conf"
SHAPES = {"clinic": TEMPLATES, "freepbx": Path(__file__).parent / "freepbx"}
"""Whose dialplan it has; what a shape's directory does not hold is taken from the clinic's."""
TRUNK_CONTEXTS = {"clinic": "from-trunk", "freepbx": "from-pstn"}
PHONES = ("1001", "1002", "1003", "1004", "1005", "1006")
ACCOUNTS = ("recorder", "recorder-compact", "operator", "secondring", "secondring-dial")
ADVANCED_FILTERS = {18: 26, 20: 11, 21: 6, 22: 1}  # the first releases that know eventfilter(name(..))
BOOT_SECONDS = 30
STOP_SECONDS = 5

GUARD = """cat >/dev/null; kill -9 "$(cat "$1/asterisk.pid")" 2>/dev/null; rm -rf "$1" """


class Pbx:
    """One Asterisk, started on construction, stopped at the end of the `with` block or by `stop()`."""

    def __init__(
        self,
        *,
        name: str = "lab",
        shape: str = "clinic",
        asterisk: Asterisk | None = None,
        event_filter: bool = True,
        carrier_port: int | None = None,
    ) -> None:
        self.name = name  # the prefix of every Uniqueid
        self.shape = shape
        self.asterisk = asterisk or find_or_build()
        self.event_filter = event_filter and self._knows_filters()
        self.sip_host = self.ami_host = ports.PBX_HOST
        self.sip_port = ports.free_port(socket.SOCK_DGRAM)
        self.ami_port = ports.free_port(socket.SOCK_STREAM)
        self.carrier_port = carrier_port or ports.carrier_port()
        self.load_port = ports.free_port(socket.SOCK_DGRAM, ports.LOAD_HOST)
        self.secrets = {account: secrets.token_urlsafe(24) for account in ACCOUNTS}
        self.phone_secrets = {number: secrets.token_urlsafe(16) for number in PHONES}
        self.home = Path(tempfile.mkdtemp(prefix="secondring-lab-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._guard = self._start_guard()
        try:
            self._render()
            self.start()
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # -- where things are ------------------------------------------------------------------------

    @property
    def queue_log(self) -> Path:
        """The queue log, as app_queue writes it."""
        return self.home / "log/queue_log"

    @property
    def cdr_csv(self) -> Path:
        """The call detail records, one line each; the Uniqueid is the last column."""
        return self.home / "log/cdr-csv/Master.csv"

    @property
    def cel_csv(self) -> Path:
        """The channel event log: columns as in conf/cel_custom.conf."""
        return self.home / "log/cel-custom/Master.csv"

    @property
    def pid(self) -> int | None:
        """The process id of Asterisk while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def log_tail(self, lines: int = 20) -> str:
        """The last lines that Asterisk logged: what a failing test wants to show."""
        log = self.home / "log/messages"
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""

    # -- its life --------------------------------------------------------------------------------

    def start(self) -> None:
        """Start Asterisk and return when it says that it has fully booted."""
        command = [*self.asterisk.command, "-f", "-C", str(self.home / "etc/asterisk.conf")]
        with (self.home / "log/console").open("ab") as console:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True
            )
        (self.home / "asterisk.pid").write_text(str(self._process.pid))
        self._wait_until_booted()

    def stop(self) -> None:
        """Stop Asterisk and take everything away. Harmless when it is stopped already."""
        self.stop_asterisk()
        self._guard.kill()
        self._guard.communicate()
        shutil.rmtree(self.home, ignore_errors=True)

    def stop_asterisk(self) -> None:
        """Stop Asterisk as an administrator would (`core stop now`), keeping its files for `start()`."""
        if self.pid is not None:
            with contextlib.suppress(LabError):
                self.cli("core stop now")
        self._reap(STOP_SECONDS)

    def kill(self) -> None:
        """Kill Asterisk as a crash would: no hang-ups, no goodbye. Its files stay for `start()`."""
        if self._process:
            self._process.kill()
        self._reap(STOP_SECONDS)

    def restart(self) -> None:
        """Stop Asterisk and start it again on the same ports with the same passwords."""
        self.stop_asterisk()
        self.start()

    # -- what one can ask of it --------------------------------------------------------------------

    def cli(self, command: str) -> str:
        """Run one command on Asterisk's console and give what it printed."""
        said = self._remote(command)
        if said.returncode:
            raise LabError(f"Asterisk did not take {command!r}: {(said.stdout + said.stderr).strip()}")
        return said.stdout

    def reload(self, module: str = "") -> None:
        """Read the configuration again: all of it, or one module's."""
        self.cli(f"module reload {module}".strip())

    def channels(self) -> int:
        """Count the channels that exist now; 0 means that every call is really over."""
        return int(self.cli("core show channels count").split(maxsplit=1)[0])

    def add_config(self, file: str, text: str, *, name: str = "more") -> Path:
        """Add to extensions, manager or queues (`reload()` makes it count); give the file written."""
        path = self.home / f"etc/{file}.d/{name}.conf"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    # -- inside ------------------------------------------------------------------------------------

    def _knows_filters(self) -> bool:
        major, minor = self.asterisk.major_minor
        return minor >= ADVANCED_FILTERS.get(major, 0) if major > 18 else (major, minor) >= (18, 26)

    def _start_guard(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            ["/bin/sh", "-c", GUARD, "lab-guard", str(self.home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _render(self) -> None:
        for place in ("etc", "lib/agi-bin", "lib/keys", "spool", "run", "log/cdr-csv", "log/cel-custom"):
            (self.home / place).mkdir(parents=True)
        write_prompts(self.home / "sounds")
        environment = Environment(
            loader=FileSystemLoader([SHAPES[self.shape], TEMPLATES]),
            undefined=StrictUndefined,
            trim_blocks=True,
            keep_trailing_newline=True,
            autoescape=False,  # noqa: S701 - configuration files, not HTML
        )
        values = self._values()
        for template in TEMPLATES.glob("*.conf"):
            text = environment.get_template(template.name).render(values)
            path = self.home / "etc" / template.name
            path.touch(mode=0o600)
            path.write_text(text)

    def _own_data(self) -> Path:
        """Asterisk's sounds and documentation, where prompts may be added without anybody else having them."""
        data = self.home / "data"
        sounds = data / "sounds/en"
        sounds.mkdir(parents=True)
        for place, theirs in ((data, self.asterisk.data), (sounds, self.asterisk.data / "sounds/en")):
            for entry in theirs.iterdir() if theirs.exists() else ():
                if not (place / entry.name).exists():
                    (place / entry.name).symlink_to(entry)
        return data

    def _values(self) -> Mapping[str, object]:
        rtp_start, rtp_end = ports.rtp_range()
        return {
            "name": self.name,
            "home": self.home,
            "modules": self.asterisk.modules,
            "data": self._own_data(),
            "trunk_context": TRUNK_CONTEXTS[self.shape],
            "sip_port": self.sip_port,
            "ami_port": self.ami_port,
            "rtp_start": rtp_start,
            "rtp_end": rtp_end,
            "carrier_host": ports.CARRIER_HOST,
            "carrier_port": self.carrier_port,
            "load_host": ports.LOAD_HOST,
            "load_port": self.load_port,
            "secrets": self.secrets,
            "phones": self.phone_secrets,
            "mailbox_pin": secrets.randbelow(9000) + 1000,
            "event_filter": self.event_filter,
        }

    def _wait_until_booted(self) -> None:
        deadline = time.monotonic() + BOOT_SECONDS
        while time.monotonic() < deadline:
            if self.pid is None:
                break
            if "fully booted" in self._remote("core waitfullybooted").stdout:
                return
            time.sleep(0.05)
        raise LabError(f"Asterisk did not start:\n{self._console_tail()}\n{self.log_tail()}")

    def _console_tail(self) -> str:
        return (self.home / "log/console").read_text(errors="replace")[-2000:]

    def _remote(self, command: str) -> subprocess.CompletedProcess[str]:
        config = str(self.home / "etc/asterisk.conf")
        return subprocess.run(
            [*self.asterisk.command, "-C", config, "-rx", command],
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=BOOT_SECONDS,
            env={**os.environ, "TERM": "dumb"},
        )

    def _reap(self, seconds: float) -> None:
        if self._process is None:
            return
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
