"""A clinic whose services are processes of their own, as systemd runs them: started, stopped and killed one by one.

Each has a datagram socket to tell how it is, like systemd's, so that a test waits for what a service says of itself.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from lab.ports import free_port
from lab.service import COMMAND
from secondring import wiring
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from tests.support.ami_messages import block, event, hangup, newchannel
from tests.support.fake_ami import SECRET, FakeAmi
from tests.support.fake_asterisk import FakeAsterisk
from tests.support.mosquitto import PASSWORD, PUBLISHER, Mosquitto
from tests.support.terminal import a_clinic

T = TypeVar("T")

SERVICES = ("listen", "agi", "gateway", "web")
PATIENCE = 120.0
"""Seconds: four processes may start beside other tests on two cores."""
CONFIG = """
mode: live
ami: {{port: {ami}}}
ami_dial: {{secret_file: credential:ami-dial-secret}}
agi: {{port: {agi}}}
web: {{port: {web}}}
guards: {{settle: 0s}}
{mqtt}
sites:
  main:
    triage:
      internal: "PJSIP/{{number}}"
      outside: "PJSIP/{{number}}@trunk"
      steps:
        - ring: ["1001"]
          ring_for: 20s
      last_resort: +1 202 555 0188
"""
MQTT = "mqtt: {{host: 127.0.0.1, port: {port}, tls: false, user: {user}, password_file: credential:mqtt-password}}"


async def until(happened: Callable[[], T], what: str | Callable[[], str]) -> T:
    """Wait for evidence, while the loop serves whoever else lives in it."""
    deadline = asyncio.get_running_loop().time() + PATIENCE
    while not (found := happened()):
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"did not happen: {what if isinstance(what, str) else what()}")
        await asyncio.sleep(0.02)
    return found


class Running:
    """One service as a process."""

    def __init__(self, folder: Path, name: str) -> None:
        self.name = name
        self.log_file = folder / f"{name}.log"
        self._said: list[str] = []
        address = folder / f"{name}.notify"
        address.unlink(missing_ok=True)
        self._manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._manager.bind(str(address))
        self._manager.setblocking(False)
        environ = os.environ | {"NOTIFY_SOCKET": str(address), "WATCHDOG_USEC": "400000"}
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen(
                [*COMMAND, "--config", str(folder), name], env=environ, stdout=log, stderr=log
            )

    @property
    def said(self) -> list[str]:
        """Everything that it told its manager so far."""
        with contextlib.suppress(BlockingIOError):
            while True:
                self._said.append(self._manager.recv(4096).decode())
        return self._said

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it; gives its exit code."""
        self.process.send_signal(how)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            self.forget()

    def forget(self) -> None:
        """It is over."""
        self._manager.close()


class Split:
    """The services of one clinic, on one database."""

    def __init__(self, folder: Path, ami: FakeAmi, broker: Mosquitto | None = None) -> None:
        self.folder = folder
        a_clinic(folder)
        self.agi_port, self.web_port = free_port(socket.SOCK_STREAM), free_port(socket.SOCK_STREAM)
        mqtt = MQTT.format(port=broker.port, user=PUBLISHER) if broker else ""
        more = CONFIG.format(ami=ami.port, agi=self.agi_port, web=self.web_port, mqtt=mqtt)
        (folder / "conf.d/20-split.yaml").write_text(more)
        for name, secret in (
            ("ami-secret", SECRET),
            ("ami-dial-secret", SECRET),
            ("mqtt-password", PASSWORD),
        ):
            file = folder / "credentials" / name
            file.touch(0o600)
            file.write_text(secret)
        self.settings = wiring.load_settings(folder)
        self.running: dict[str, Running] = {}
        ami.users = {"secondring", "secondring-dial"}
        self._ami = ami
        self._calls = 0

    def command(self, name: str) -> list[str]:
        """How a service of this clinic is started."""
        return [*COMMAND, "--config", str(self.folder), name]

    # -- their lives

    async def start(self, *names: str) -> None:
        """Start these, and return when each says how it is."""
        for name in names:
            self.running[name] = Running(self.folder, name)
        for name in names:
            await self.says(name, "STATUS=", "READY=1")

    async def says(self, name: str, *words: str) -> None:
        """Wait until a service told its manager all of these."""
        service = self.running[name]

        def there() -> bool:
            assert service.process.poll() is None, service.log
            told = "\n".join(service.said)
            return all(word in told for word in words)

        await until(there, lambda: f"{name} to say {words}: {service.said[-3:]} {service.log[-2000:]}")

    def kill(self, name: str) -> None:
        """As a crash does."""
        self.running.pop(name).end(signal.SIGKILL)

    def stop(self, names: Iterable[str] = ()) -> dict[str, int]:
        """As systemd does; gives the exit codes."""
        return {name: self.running.pop(name).end() for name in list(names or self.running)}

    def close(self) -> None:
        """Leave nothing behind."""
        for running in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.end(signal.SIGKILL)
        self.running.clear()

    # -- what happens at the clinic

    def misses(self, number: PhoneNumber) -> None:
        """A call that nobody answers."""
        name = self.begins(number)
        self._ami.say(hangup(name, Linkedid=name, CallerIDNum=number.e164))

    def begins(self, number: PhoneNumber) -> str:
        """A call that rings; gives the Uniqueid of its channel."""
        self._calls += 1
        name = f"17150000{self._calls:02}.1"
        line = block(uniqueid=name, linkedid=name, CallerIDNum=number.e164)
        desk = block("Dest", uniqueid=f"{name}2", linkedid=name, Channel="PJSIP/1001-00000001")
        self._ami.say(
            newchannel(name, CallerIDNum=number.e164), event("DialBegin", line, desk, DialString="1001")
        )
        return name

    async def asks(self, script: str, number: PhoneNumber, call: str, **more: str) -> dict[str, str]:
        """The dialplan asks the FastAGI server; gives what it was answered with."""

        def ask() -> dict[str, str]:
            words = {"callerid": number.e164, "uniqueid": call, "network_script": script}
            address = {"request": f"agi://127.0.0.1/{script}", "arg_1": "2025550100", "arg_2": ""}
            with FakeAsterisk.calls(self.agi_port, **words, **address, **more) as asterisk:
                return asterisk.play()

        return await asyncio.to_thread(ask)

    def texts(self, number: PhoneNumber) -> list[str]:
        """What reached a phone."""
        return [line.body for line in wiring.handset(self.settings).inbox(number)]

    def books(self, look: Callable[[Books], T]) -> T:
        """Something in the books."""
        with wiring.reading(self.settings) as books:
            return look(books)
