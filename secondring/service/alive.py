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
    """Pet the watchdog and say how things stand, for `systemctl status`, at once when that has changed."""
    every = watchdog_interval(os.environ) or timedelta(seconds=10)
    while True:
        said = status()
        notifier.alive()
        notifier.status(said)
        await _rest(every, unless=status, is_not=said)


async def keep_beating(writer: Writer, roles: Sequence[Role], heart: Heart, command: str) -> None:
    """Note for `secondring tasks` and its kin, and for the other services, that these are here: every few seconds, and
    when something has changed.
    """
    while True:
        stands = _standing(roles)
        await beat(writer, roles, heart, command)
        await _rest(pulse.EVERY, unless=lambda: _standing(roles), is_not=stands)


async def _rest(most: timedelta, *, unless: Callable[[], object], is_not: object) -> None:
    """So long, unless it turns out that something is not any more as it was."""
    left = most
    while left > timedelta(0):
        await asyncio.sleep(min(left, LOOK_EVERY).total_seconds())
        if unless() != is_not:
            return
        left -= LOOK_EVERY


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
