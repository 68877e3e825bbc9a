"""A real broker on a free loopback port: users with passwords, an access list, TLS when asked for, and no memory.

It keeps nothing on disk, so that after a kill whatever is there again was brought back by us.
"""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiomqtt

from lab.ports import free_port
from tests.support.certificates import Certificate
from tests.support.until import until

PROGRAM = shutil.which("mosquitto") or "/usr/sbin/mosquitto"
PUBLISHER, PASSWORD = "secondring", "planted-broker-password"
READER, READER_PASSWORD = "lamp", "a-lamps-password"
LISTS = f"""
user {PUBLISHER}
topic readwrite secondring/#
user {READER}
topic read secondring/#
"""


class Mosquitto:
    """The broker; `start`, `kill` and start again on the same port."""

    def __init__(self, folder: Path, tls: Certificate | None = None) -> None:
        self.folder = folder
        self.port = free_port(socket.SOCK_STREAM)
        self._process: subprocess.Popen[bytes] | None = None
        passwords, lists = folder / "passwords", folder / "access"
        for user, password in ((PUBLISHER, PASSWORD), (READER, READER_PASSWORD)):
            made = [] if passwords.exists() else ["-c"]
            command = ["mosquitto_passwd", "-b", *made, str(passwords), user, password]
            subprocess.run(command, check=True, capture_output=True, timeout=10)
        lists.write_text(LISTS)
        lines = [
            f"listener {self.port} 127.0.0.1",
            "allow_anonymous false",
            f"password_file {passwords}",
            f"acl_file {lists}",
            "persistence false",
            "log_dest stdout",
            "log_type all",
        ]
        if os.geteuid() == 0:
            lines.append("user root")
        if tls is not None:
            lines += [f"certfile {tls.cert}", f"keyfile {tls.key}"]
        self._conf = folder / "mosquitto.conf"
        self._conf.write_text("\n".join(lines) + "\n")

    def start(self) -> Self:
        log = (self.folder / "mosquitto.log").open("ab")
        self._process = subprocess.Popen(
            [PROGRAM, "-c", str(self._conf)], stdout=log, stderr=subprocess.STDOUT
        )
        log.close()
        until(self._listens, "a broker")
        return self

    def _listens(self) -> bool:
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", self.port)).close()
            return True
        return False

    def kill(self) -> None:
        """As a crash does."""
        self._end(signal.SIGKILL)

    def freeze(self) -> None:
        """It hangs: the connections stay, and nothing is answered."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(10)
            self._process = None

    @property
    def log(self) -> str:
        return (self.folder / "mosquitto.log").read_text()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        self._end(signal.SIGTERM)


@dataclass
class Reader:
    """Somebody who listens to everything, as a lamp would."""

    port: int
    heard: list[tuple[str, dict[str, Any], bool]] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)

    async def run(self) -> None:
        """Listen until cancelled; come back when the broker does."""
        while True:
            try:
                await self._listen()
            except aiomqtt.MqttError:
                await asyncio.sleep(0.05)

    async def _listen(self) -> None:
        async with aiomqtt.Client(
            "127.0.0.1", self.port, username=READER, password=READER_PASSWORD, timeout=5
        ) as client:
            await client.subscribe("secondring/#", qos=1)
            async for message in client.messages:
                payload = message.payload
                assert isinstance(payload, bytes)
                self.raw.append(f"{message.topic} {payload.decode()}")
                self.heard.append((str(message.topic), json.loads(payload), bool(message.retain)))

    def on(self, topic: str) -> list[dict[str, Any]]:
        """What came on a topic, oldest first."""
        return [payload for where, payload, _ in self.heard if where == topic]

    def last(self, topic: str) -> dict[str, Any]:
        """The newest there; empty when there is none."""
        return (self.on(topic) or [{}])[-1]
