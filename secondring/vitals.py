"""What only the running service can tell of its health: its links, its carrier, its disk and its certificate."""

import asyncio
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Protocol

from cryptography import x509

from secondring.domain import health
from secondring.domain.health import Finding, State


class Link(Protocol):
    """A link to the PBX."""

    @property
    def is_up(self) -> bool:
        """True while logged in."""
        ...


class Carrier(Protocol):
    """Whether the carrier has stopped answering."""

    @property
    def is_open(self) -> bool:
        """True from a row of failures until it answers again."""
        ...


class Vitals:
    """Looks at everything once, when asked."""

    def __init__(
        self,
        *,
        database: Path,
        certificate: Path | None,
        clock: Callable[[], datetime],
        listens: Link | None = None,
        dials: Link | None = None,
        may_dial: bool = False,
        carrier: Carrier | None = None,
        simulated: bool = False,
    ) -> None:
        self._database = database
        self._certificate = certificate
        self._clock = clock
        self._listens = listens
        self._dials = dials
        self._may_dial = may_dial
        self._carrier = carrier
        self._simulated = simulated

    async def __call__(self) -> list[Finding]:
        """The findings; nothing in them names a patient."""
        return await asyncio.to_thread(self._look)

    def _look(self) -> list[Finding]:
        found = [self._ami(), self._dialling(), self._carriers()]
        found.append(health.of_disk(shutil.disk_usage(self._database.parent).free))
        if self._certificate is not None:
            found.append(self._paper(self._certificate))
        return found

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
        if self._simulated:
            return Finding(name, shown, State.WARN, "simulated phones: no text leaves this machine")
        if self._carrier is None:
            return Finding(name, shown, State.UNKNOWN, "another process sends the texts")
        if self._carrier.is_open:
            remedy = "Texts wait and are tried again; what stays unsent becomes a task to call."
            return Finding(name, shown, State.BAD, "does not answer", remedy)
        return Finding(name, shown, State.OK, "answers")

    def _paper(self, file: Path) -> Finding:
        try:
            ends = x509.load_pem_x509_certificate(file.read_bytes()).not_valid_after_utc
        except (OSError, ValueError) as error:
            words = f"{file} cannot be read ({type(error).__name__})"
            return Finding("certificate", "Certificate", State.BAD, words, "See web.certificate.")
        return health.of_certificate(ends, self._clock())
