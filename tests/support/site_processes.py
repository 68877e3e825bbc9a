"""A centre and site boxes as real processes with a real broker between them, set up as docs/sites.md says."""

import asyncio
import contextlib
import json
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import aiomqtt
from typer.testing import CliRunner

from lab.ports import free_port
from lab.service import COMMAND
from secondring import wiring
from secondring.cli import app
from secondring.domain.ids import CallId, Uniqueid
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Call, Task
from secondring.domain.site_ports import SpoolState
from tests.support.ami_messages import block, event, newchannel
from tests.support.fake_ami import SECRET, FakeAmi
from tests.support.mosquitto import PROGRAM
from tests.support.site_line import take_papers
from tests.support.until import until

runner = CliRunner()
SITES = """
mode: live
guards: {settle: 0s}
log: {level: debug}
sites:
  south:
    name: Southside Clinic
    phone: "+12025550180"
    zone: America/New_York
    hours: {mon-sun: ["00:00-24:00"]}
"""
OWN = """
database: {{url: "sqlite:///{folder}/books.db"}}
state_directory: {folder}
ami: {{port: {ami}}}
agi: {{port: {agi}}}
web: {{port: null}}
"""


def command(folder: Path, *words: str) -> str:
    """What `secondring` prints."""
    result = runner.invoke(app, ["--config", str(folder), *words])
    assert result.exit_code == 0, result.output + repr(result.exception)
    return result.output


class Machine:
    """One machine with Second Ring on it."""

    def __init__(self, folder: Path, ami: int) -> None:
        self.folder = folder
        folder.mkdir()
        begun = ["--clinic", "Northside Clinic", "--phone", "+12025550100", "--zone", "America/New_York"]
        command(folder, "init", *begun)
        own = OWN.format(folder=folder, ami=ami, agi=free_port(socket.SOCK_STREAM))
        (folder / "conf.d/20-sites.yaml").write_text(SITES)
        (folder / "conf.d/30-own.yaml").write_text(own)
        (folder / "credentials/ami-secret").write_text(SECRET)
        self.log_file = folder / "service.log"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self.log_file.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *COMMAND, "--config", str(self.folder), "run", stdout=log, stderr=log
            )

    async def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself
                self._process.send_signal(how)
            await self._process.wait()
            self._process = None

    @property
    def log(self) -> str:
        return self.log_file.read_text()

    def settings(self) -> wiring.Settings:
        return wiring.load_settings(self.folder)

    def call(self, call: CallId) -> Call | None:
        with wiring.reading(self.settings()) as books:
            return books.call(call)

    def tasks(self) -> list[Task]:
        with wiring.reading(self.settings()) as books:
            return books.tasks()

    def spool(self) -> SpoolState:
        with wiring.reading(self.settings()) as books:
            return books.spool_state()

    async def says(self, topic: str, payload: str) -> None:
        """Publish something with this machine's own certificate."""
        at = self.settings().centre
        assert at is not None
        async with aiomqtt.Client(
            at.broker.host, at.broker.port, tls_context=at.broker.context(), timeout=30
        ) as client:
            await client.publish(topic, payload, qos=1)

    def texts_on(self, phone: PhoneNumber) -> list[str]:
        return [line.body for line in wiring.handset(self.settings()).inbox(phone)]


class Broker:
    """mosquitto with the files that `secondring sites` wrote, and nothing else."""

    def __init__(self, conf: Path, port: int) -> None:
        self.port = port
        self._conf = conf
        self._process: subprocess.Popen[bytes] | None = None
        text = conf.read_text()
        if "user root" not in text:
            conf.write_text(text + "log_dest stdout\nlog_type all\nuser root\n")

    def start(self) -> None:
        with (self._conf.parent / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen(
                [PROGRAM, "-c", str(self._conf)], stdout=log, stderr=subprocess.STDOUT
            )
        until(self._listens, "a broker")

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
        except ConnectionRefusedError:
            return False
        return True

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None else None

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(10)
            self._process = None

    @property
    def log(self) -> str:
        return (self._conf.parent / "mosquitto.log").read_text()


def a_centre(folder: Path, port: int) -> Machine:
    """The centre: no PBX of its own answers there."""
    centre = Machine(folder, free_port(socket.SOCK_STREAM))
    command(folder, "migrate")
    where = folder / "sites/for-broker"
    command(folder, "sites", "broker", "--host", "127.0.0.1", "--port", str(port), "--keep-in", str(where))
    return centre


def a_box(folder: Path, centre: Machine, name: str, sites: Sequence[str], *, ami: int, port: int) -> Machine:
    """A site box, with what `secondring sites add` made for it; it finds the broker at `port`."""
    command(centre.folder, "sites", "add", name, *(f"--site={site}" for site in sites))
    box = Machine(folder, ami)
    take_papers(folder, centre.folder, name)
    (folder / "conf.d/80-line.yaml").write_text(f"centre: {{port: {port}}}\n")
    command(folder, "migrate")
    return box


def a_missed_call(ami: FakeAmi, uniqueid: str, caller: PhoneNumber, did: str) -> None:
    """Somebody calls, is in the menu, and hangs up."""
    who = {"CallerIDNum": caller.e164, "Exten": did}
    up = {"ChannelState": "6", "ChannelStateDesc": "Up", "Linkedid": uniqueid, **who}
    ami.say(newchannel(uniqueid, **who))
    ami.say(event("Newstate", block(uniqueid=uniqueid, **up)))
    ami.say(event("Hangup", block(uniqueid=uniqueid, **up), Cause="16", Cause_txt="Normal Clearing"))


def at(box: str, uniqueid: str) -> CallId:
    return CallId(box, Uniqueid(uniqueid))


PATIENCE = 150.0
"""Seconds for whatever processes do on a busy machine."""


async def soon(happened: Callable[[], bool], what: str) -> None:
    """Wait for evidence."""
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline, f"{what} did not happen"
        await asyncio.sleep(0.05)


class Ears:
    """Hears everything at the boxes' broker that one certificate opens, and comes back when the broker does."""

    def __init__(self, papers: Path, name: str, port: int, topics: str) -> None:
        self._papers = papers
        self._name = name
        self._port = port
        self._topics = topics
        self.heard: list[tuple[str, dict[str, object], bool]] = []
        self.listens = False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            with contextlib.suppress(aiomqtt.MqttError):
                await self._listen()
            self.listens = False
            await asyncio.sleep(0.1)

    async def _listen(self) -> None:
        context = ssl.create_default_context(cafile=str(self._papers / "ca.pem"))
        context.load_cert_chain(self._papers / f"{self._name}.pem", self._papers / f"{self._name}.key")
        async with aiomqtt.Client("127.0.0.1", self._port, tls_context=context, timeout=30) as client:
            await client.subscribe(self._topics, qos=1)
            self.listens = True
            async for message in client.messages:
                payload = message.payload
                self.heard.append((str(message.topic), json.loads(payload), bool(message.retain)))

    @property
    def topics(self) -> set[str]:
        return {topic for topic, _, _ in self.heard}
