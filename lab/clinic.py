"""The demo's clinic: how it is configured, and the visitor who may look at all its pages."""

import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from lab import ports, triage
from lab.service import Service
from secondring import wiring
from secondring.domain.staff import Role, User, UserId
from secondring.web.passwords import Passwords
from secondring.web.second_factor import code_at, new_secret
from secondring.web.settings import wizard

CALENDAR: Mapping[str, Any] = {
    "hours": {"mon-sun": ["08:00-17:00"]},
    "lead": "1h",
    "visits": {"checkup": {"name": {"en": "Check-up", "es": "Consulta"}, "length": "30m"}},
}


def config() -> dict[str, Any]:
    """What the service is told: the ladder, a booking page, and a call that counts as spoken soon enough to watch."""
    page = ports.free_port(socket.SOCK_STREAM)
    keys = triage.config()
    keys["sites"]["northside"] |= {"calendar": CALENDAR, "booking_url": None}
    return keys | {
        "guards": {"spoken": "2s"},
        "booking": {"public_url": f"http://127.0.0.1:{page}", "listen": {"port": page}},
    }


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who has gone through all that a first log-in asks."""

    name: str
    password: str = field(repr=False)
    secret: str = field(repr=False)

    def code(self, at: datetime) -> str:
        """What their authenticator shows."""
        return code_at(self.secret, at)


def add_visitor(service: Service) -> Visitor:
    """An account with every role, for whoever watches the demo; its password is new each time."""
    visitor = Visitor("visitor", secrets.token_urlsafe(12), new_secret())
    settings = wiring.load_settings(service.home)
    user = User(
        id=UserId("P-visitor"),
        name=visitor.name,
        shown="A visitor",
        roles=frozenset(Role),
        phone="1003",
        password=Passwords().hash(visitor.password),
        totp=visitor.secret,
        created_at=wiring.now(),
    )
    with wiring.writing(settings) as books:
        books.save_user(user)
        books.keep_bookmark(wizard.BOOKMARK, wizard.DONE)  # this clinic is set up
    return visitor


def pages(service: Service) -> str:
    """Where staff's pages are."""
    web = wiring.load_settings(service.home).web
    return f"http://{web.host}:{web.port}"
