"""What the pages need of the rest of the service, handed over by the wiring."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from secondring.domain.ports import Books
from secondring.domain.rules import Rules
from secondring.domain.staff import SessionRules
from secondring.web.changes import Changes
from secondring.web.passwords import Passwords
from secondring.web.settings_port import SettingsDesk
from secondring.web.streams import Streams

T = TypeVar("T")


class InBooks(Protocol):
    """Runs a function inside a transaction, off the event loop."""

    def __call__(self, work: Callable[[Books], T]) -> Awaitable[T]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Everything."""

    rules: Rules
    clock: Callable[[], datetime]
    read: InBooks
    write: InBooks
    changes: Changes
    passwords: Passwords = field(default_factory=Passwords)
    logins: SessionRules = field(default_factory=SessionRules)
    hosts: frozenset[str] = frozenset({"127.0.0.1", "localhost"})
    """Names that requests may be for, without a port."""
    streams: Streams = field(default_factory=Streams)
    settings: SettingsDesk
    encrypted: bool = False
    """Browsers come by TLS, so they may be told never to come otherwise."""
