"""What only the running service can tell of its health: its links, its carrier, its disk and its certificate."""

import asyncio
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol

from secondring.certificates import ends_at
from secondring.domain import health
from secondring.domain.errors import ConfigError
from secondring.domain.health import Finding, State


class Link(Protocol):
    """A link to the PBX."""

    @property
    def is_up(self) -> bool:
        """True while logged in."""
        ...


class Carrier(Protocol):
    """Whether the carriers have stopped answering."""

    @property
    def is_open(self) -> bool:
        """True while none of them answers."""
        ...

    @property
    def answers(self) -> Mapping[str, bool]:
        """By name, whether each of them answers."""
        ...


class Vitals:
    """Looks at everything once, when asked."""

    def __init__(
        self,
        *,
        disk: Path,
        certificates: Mapping[str, Path],
        clock: Callable[[], datetime],
        listens: Link | None = None,
        dials: Link | None = None,
        may_dial: bool = False,
        carrier: Carrier | None = None,
        simulated: bool = False,
        shadow: Callable[[], bool] = lambda: False,
        catch_up: Callable[[], Finding] | None = None,
        ehrs: Callable[[], list[Finding]] = list,
    ) -> None:
        """`catch_up` tells how far calls were looked up that ended while nobody listened; None where nothing does."""
        self._disk = disk
        self._certificates = certificates
        self._clock = clock
        self._listens = listens
        self._dials = dials
        self._may_dial = may_dial
        self._carrier = carrier
        self._simulated = simulated
        self._shadow = shadow
        self._catch_up = catch_up or health.no_catch_up
        self._ehrs = ehrs

    async def __call__(self) -> list[Finding]:
        """The findings; nothing in them names a patient."""
        return await asyncio.to_thread(self._look)

    def _look(self) -> list[Finding]:
        found = [self._ami(), self._catch_up(), self._dialling(), self._carriers(), *self._ehrs()]
        found.append(health.of_disk(shutil.disk_usage(self._disk).free))
        papers = [self._paper(name, file) for name, file in self._certificates.items()]
        return found + (papers or [health.no_certificate()])

    def _ami(self) -> Finding:
        name, shown = "ami", "Link to the PBX"
        if self._listens is None:
            return Finding(name, shown, State.UNKNOWN, "another process listens", "See the last call below.")
        if self._listens.is_up:
            return Finding(name, shown, State.OK, "listening")
        remedy = "Calls go on, but nobody sees the missed ones until it is back: `secondring doctor`."
        return Finding(name, shown, State.BAD, "down, trying again", remedy)

    def _dialling(self) -> Finding:
        name, shown = "ami-dial", "Ringing phones"
        if not self._may_dial:
            return Finding(name, shown, State.UNKNOWN, "not set up (ami_dial)")
        if self._dials is not None and self._dials.is_up:
            return Finding(name, shown, State.OK, "can ring nurses and clerks")
        remedy = "Urgent callers reach only the last resort, and nobody calls back by a click."
        return Finding(name, shown, State.BAD, "down, trying again", remedy)

    def _carriers(self) -> Finding:
        name, shown = "carrier", "Text carrier"
        if self._shadow():
            return Finding(name, shown, State.UNKNOWN, "shadow mode: no carrier is asked for anything")
        if self._simulated:
            return Finding(name, shown, State.WARN, "simulated phones: no text leaves this machine")
        if self._carrier is None:
            return Finding(name, shown, State.UNKNOWN, "another process sends the texts")
        if self._carrier.is_open:
            remedy = "Texts wait and are tried again; what stays unsent becomes a task to call."
            return Finding(name, shown, State.BAD, "does not answer", remedy)
        return Finding(name, shown, State.OK, "answers")

    def _paper(self, name: str, file: Path) -> Finding:
        try:
            return health.of_certificate(name, ends_at(file), self._clock())
        except ConfigError as error:
            return health.of_broken_certificate(name, str(error))
