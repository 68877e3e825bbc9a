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

    @property
    def refused_account(self) -> str:
        """The account that the PBX does not let in; empty while it does."""
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


AMI, DIALLING, CARRIERS = "ami", "ami-dial", "carrier"
CATCHING_UP = "catch-up"
OF_CARRIER = "carrier:"
"""What findings are called that services tell each other of; the last one stands before a carrier's name."""


def of_link(link: Link) -> Finding:
    """The link that listens."""
    if link.is_up:
        return Finding(AMI, "Link to the PBX", State.OK, "listening")
    remedy = "Calls go on, but nobody sees the missed ones until it is back: `secondring doctor`."
    if link.refused_account:
        remedy = f"Calls go on, but nobody sees the missed ones. {PUT_RIGHT}"
    return Finding(AMI, "Link to the PBX", State.BAD, _down(link), remedy)


PUT_RIGHT = (
    "Compare the account's secret with the PBX's manager.conf (FreePBX: manager_custom.conf), or run"
    " `secondring install --reload`, which writes it; it is then taken up within minutes."
)


def _down(link: Link) -> str:
    if link.refused_account:
        return f"the PBX refuses our account {link.refused_account!r}, trying again"
    return "down, trying again"


def of_dialling(link: Link | None, *, may_dial: bool) -> Finding:
    """The link that rings phones."""
    if not may_dial:
        return Finding(DIALLING, "Ringing phones", State.UNKNOWN, "not set up (ami_dial)")
    if link is not None and link.is_up:
        return Finding(DIALLING, "Ringing phones", State.OK, "can ring nurses and clerks")
    remedy = "Urgent callers reach only the last resort, and nobody calls back by a click."
    if link is None:
        return Finding(DIALLING, "Ringing phones", State.BAD, "down, trying again", remedy)
    if link.refused_account:
        remedy = f"{remedy} {PUT_RIGHT}"
    return Finding(DIALLING, "Ringing phones", State.BAD, _down(link), remedy)


def of_carriers(*, is_open: bool, simulated: bool, shadow: bool) -> Finding:
    """Whoever sends the texts."""
    shown = "Text carrier"
    if shadow:
        return Finding(CARRIERS, shown, State.UNKNOWN, "shadow mode: no carrier is asked for anything")
    if simulated:
        return Finding(CARRIERS, shown, State.WARN, "simulated phones: no text leaves this machine")
    if is_open:
        remedy = "Texts wait and are tried again; what stays unsent becomes a task to call."
        return Finding(CARRIERS, shown, State.BAD, "does not answer", remedy)
    return Finding(CARRIERS, shown, State.OK, "answers")


def of_each_carrier(carrier: Carrier) -> list[Finding]:
    """Each by itself, for the pages of another process."""
    return [
        Finding(OF_CARRIER + name, name, State.OK if answers else State.BAD, "")
        for name, answers in carrier.answers.items()
    ]


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
        company: Callable[[], Finding] | None = None,
        ehrs: Callable[[], list[Finding]] = list,
        elsewhere: Callable[[], Mapping[str, Finding]] = dict,
        books: Callable[[], list[Finding]] = list,
        warn_free: int = health.DISK_LITTLE,
        has_pbx: bool = True,
        only_near: bool = False,
    ) -> None:
        """`catch_up` tells how far calls were looked up that ended while nobody listened, `company` whether another
        service listens to this PBX; None where nothing does.
        `elsewhere` is what other processes say of the parts that are not in this one. `books` tells of books that
        cannot be written; `warn_free` is the room (bytes) below which somebody should make more.
        `only_near`: no page can be reached but from this machine.
        Without a PBX of our own (`has_pbx`), at the centre of site boxes, nothing is told of one.
        """
        self._disk = disk
        self._certificates = certificates
        self._clock = clock
        self._listens = listens
        self._dials = dials
        self._may_dial = may_dial
        self._carrier = carrier
        self._simulated = simulated
        self._shadow = shadow
        self._catch_up = catch_up
        self._company = company
        self._ehrs = ehrs
        self._elsewhere = elsewhere
        self._books = books
        self._warn_free = warn_free
        self._has_pbx = has_pbx
        self._only_near = only_near

    async def __call__(self) -> list[Finding]:
        """The findings; nothing in them names a patient."""
        return await asyncio.to_thread(self._look)

    def _look(self) -> list[Finding]:
        found = [
            *self._books(),
            *([self._ami(), *self._alone(), self._caught_up(), self._dialling()] if self._has_pbx else []),
            self._carriers(),
            *self._ehrs(),
        ]
        found.append(health.of_disk(shutil.disk_usage(self._disk).free, self._warn_free))
        papers = [self._paper(name, file) for name, file in self._certificates.items()]
        return found + (papers or [health.no_certificate(only_near=self._only_near)])

    def _ami(self) -> Finding:
        if self._listens is not None:
            return of_link(self._listens)
        gone = Finding(
            AMI, "Link to the PBX", State.UNKNOWN, "another process listens", "See the last call below."
        )
        return self._elsewhere().get(AMI, gone)

    def _alone(self) -> list[Finding]:
        said = self._company() if self._company is not None else self._elsewhere().get(health.COMPANY)
        return [said] if said is not None else []

    def _caught_up(self) -> Finding:
        if self._catch_up is not None:
            return self._catch_up()
        return self._elsewhere().get(CATCHING_UP, health.no_catch_up())

    def _dialling(self) -> Finding:
        return of_dialling(self._dials, may_dial=self._may_dial)

    def _carriers(self) -> Finding:
        carrier, shadow = self._carrier, self._shadow()
        if carrier is not None or shadow or self._simulated:
            is_open = carrier is not None and carrier.is_open
            return of_carriers(is_open=is_open, simulated=self._simulated, shadow=shadow)
        gone = Finding(CARRIERS, "Text carrier", State.UNKNOWN, "another process sends the texts")
        return self._elsewhere().get(CARRIERS, gone)

    def _paper(self, name: str, file: Path) -> Finding:
        try:
            return health.of_certificate(name, ends_at(file), self._clock())
        except ConfigError as error:
            return health.of_broken_certificate(name, str(error))
