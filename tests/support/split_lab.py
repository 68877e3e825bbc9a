"""A clinic beside the lab's PBX whose services are four processes."""

import os
import signal
import subprocess

from lab.service import STOP_SECONDS, Service
from tests.support.split import SERVICES, Running
from tests.support.until import until

START_SECONDS = 150.0


class SplitService(Service):
    """`secondring listen`, `agi`, `gateway` and `web` in the place of `secondring run`."""

    names: tuple[str, ...] = SERVICES
    _running: dict[str, Running]

    def start(self) -> None:
        """Start them, and return when one listens to the PBX and the others are ready."""
        self._running = {name: Running(self.home, name) for name in self.names}
        for name, running in self._running.items():
            word = "STATUS=listening" if name == "listen" else "READY=1"
            until(
                lambda running=running, word=word: word in "\n".join(running.said),  # type: ignore[misc]
                lambda running=running: f"{running.name}: {running.log[-2000:]}",  # type: ignore[misc]
                timeout=START_SECONDS,
            )

    def pid_of(self, name: str) -> int:
        """The process id of one of them."""
        return self._running[name].process.pid

    def _end(self, number: signal.Signals) -> None:
        for running in self._running.values():
            if running.process.poll() is None:
                os.kill(running.process.pid, number)
        for running in self._running.values():
            try:
                running.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                running.process.kill()
                running.process.wait()
                raise
            finally:
                running.forget()
        self._running.clear()


class SiteBoxService(SplitService):
    """What runs at a site box, in two processes."""

    names = ("listen", "agi")
