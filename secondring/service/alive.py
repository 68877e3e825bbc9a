"""Signs of life: to systemd, and in the books."""

import asyncio
import os
from collections.abc import Callable, Sequence
from datetime import timedelta

from secondring.domain import pulse
from secondring.domain.errors import PeerError
from secondring.domain.health import Finding, into_pulse
from secondring.domain.ports import Books
from secondring.domain.pulse import Service, State
from secondring.heart import Heart
from secondring.sdnotify import Notifier, watchdog_interval
from secondring.service.role import Role
from secondring.wiring import now
from secondring.writer import Writer

LOOK_EVERY = timedelta(seconds=1)
"""How soon others learn of a link that came or went."""


async def tell_alive(notifier: Notifier, status: Callable[[], str]) -> None:
    """Pet the watchdog and say how things stand, for `systemctl status`."""
    every = watchdog_interval(os.environ) or timedelta(seconds=10)
    while True:
        notifier.alive()
        notifier.status(status())
        await asyncio.sleep(every.total_seconds())


async def keep_beating(writer: Writer, roles: Sequence[Role], heart: Heart, command: str) -> None:
    """Note for `secondring tasks` and its kin, and for the other services, that these are here: every few seconds, and
    when something has changed.
    """
    while True:
        stands = _standing(roles)
        await beat(writer, roles, heart, command)
        for _ in range(int(pulse.EVERY / LOOK_EVERY)):
            await asyncio.sleep(LOOK_EVERY.total_seconds())
            if _standing(roles) != stands:
                break


def _standing(roles: Sequence[Role]) -> list[object]:
    return [(role.state(), [(found.name, found.state) for found in role.findings()]) for role in roles]


async def beat(
    writer: Writer, roles: Sequence[Role], heart: Heart, command: str, *, stopped: bool = False
) -> None:
    """One sign of life in the books, of the process that `secondring <command>` is."""
    states: dict[Service, State] = {}
    says: dict[Service, list[Finding]] = {}
    for role in roles:  # a service may have several: a gateway that is a centre too speaks once, for both
        states.setdefault(role.service, State.STOPPED if stopped else role.state())
        says.setdefault(role.service, []).extend(role.findings())

    def note(books: Books) -> None:
        for service, state in states.items():
            pulse.keep(books, state, now(), service, into_pulse(says[service]), command)

    try:
        await writer(note)
    except PeerError as error:
        heart.failed(error)
    else:
        heart.beats()
