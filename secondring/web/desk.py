"""What the pages need of the rest of the service, handed over by the wiring."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from secondring.domain.booking_on_behalf import OnBehalf
from secondring.domain.deskwork import Deskwork
from secondring.domain.health import Finding
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.pulse import BESIDE, Service
from secondring.domain.rules import Rules, Site
from secondring.domain.staff import SessionRules
from secondring.domain.triage_events import Why
from secondring.domain.urgent import Orders, Triage
from secondring.web.changes import Changes
from secondring.web.errands import Errands
from secondring.web.memory import Revealed, Shown
from secondring.web.passwords import Passwords
from secondring.web.provider_port import Provider
from secondring.web.row_cache import RowCache
from secondring.web.settings_port import SettingsDesk
from secondring.web.streams import Streams
from secondring.web.together import Together
from secondring.web.work_rows import WorkRows

T = TypeVar("T")


class InBooks(Protocol):
    """Runs a function inside a transaction, off the event loop."""

    def __call__(self, work: Callable[[Books], T]) -> Awaitable[T]: ...


class Telephone(Protocol):
    """The clinic's phones."""

    @property
    def is_up(self) -> bool:
        """False while the PBX cannot be told to ring anybody."""
        ...

    async def call_back(self, *, phone: str, patient: PhoneNumber, site: Site) -> Why | None:
        """Ring a phone on a desk, then the patient's; returns when the first was picked up, or why it was not.

        Raises PeerError when the PBX does not answer, ValueError for a phone that is none.
        """
        ...


@dataclass(frozen=True, slots=True)
class Checked:
    """A text that somebody is about to send."""

    parts: int
    left: int
    """Characters until the next part begins."""
    alphabet: str
    wrong: tuple[str, ...]
    """Why it must not go out as it is."""


class Texting(Protocol):
    """What the text gateway knows of words."""

    def check(self, text: str) -> Checked:
        """Parts, and what is wrong with it."""
        ...

    def ready_made(self, site: Site, language: str, now: datetime) -> Sequence[tuple[str, str]]:
        """Texts to begin from: name and words."""
        ...


async def nobody_dials(orders: Orders) -> None:
    """No account may dial."""


async def nobody_listens() -> None:
    """There is no doorbell."""


async def nothing_to_tell() -> list[Finding]:
    """Nothing but the pages runs here."""
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything."""

    rules: Rules
    clock: Callable[[], datetime]
    read: InBooks
    write: InBooks
    changes: Changes
    deskwork: Deskwork
    bookings: OnBehalf
    texting: Texting
    triage: Triage | None = None
    """The ladder, where the phones of those who take it can be rung from here."""
    carry_out: Callable[[Orders], Awaitable[None]] = nobody_dials
    telephone: Telephone | None = None
    """None where no account may dial: people call from their phones then."""
    ring: Callable[[], Awaitable[None]] = nobody_listens
    """Tells the outbox to look."""
    work_rows: WorkRows | None = None
    """Rows that are read once for all screens; without them each screen reads its own."""
    row_cache: RowCache = field(default_factory=RowCache)
    vitals: Callable[[], Awaitable[list[Finding]]] = nothing_to_tell
    """How the parts of the service are that the books say nothing of."""
    expected: Collection[Service] = BESIDE
    """The services that have to run here."""
    carriers_answer: Callable[[], Mapping[str, bool]] = dict
    """By name, whether each carrier answers; empty where texts are sent by another process, or by nobody."""
    passwords: Passwords = field(default_factory=Passwords)
    provider: Provider | None = None
    """The clinic's identity provider, where people may log in by it."""
    logins: SessionRules = field(default_factory=SessionRules)
    hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost"})
    """Names that requests may be for, without a port."""
    certificates: Callable[[], Mapping[str, datetime]] = dict
    """When each certificate that we serve with runs out."""
    command: str = "secondring"
    """What an administrator types to mean the configuration that this runs by."""
    settings: SettingsDesk
    encrypted: bool = False
    """Browsers come by TLS, so they may be told never to come otherwise."""
    streams: Streams = field(default_factory=Streams)
    errands: Errands = field(default_factory=Errands)
    shown: Shown = field(default_factory=Shown)
    revealed: Revealed = field(default_factory=Revealed)
    glance: Together = field(init=False)
    """Like `read`, for what is quick and asked for by all screens at once: whose log-in is it, and does it last?"""

    def __post_init__(self) -> None:
        object.__setattr__(self, "glance", Together(self.read))
