"""Signs of life: to systemd, and in the books."""

import asyncio
import os
from collections.abc import Callable, Sequence
from datetime import timedelta

from secondring.domain import pulse
from secondring.domain.errors import PeerError
from secondring.domain.health import into_pulse
from secondring.domain.ports import Books
from secondring.domain.pulse import State
from secondring.heart import Heart
from secondring.sdnotify import Notifier, watchdog_interval
from secondring.service.role import Role
from secondring.wiring import now
from secondring.writer import Writer


async def tell_alive(notifier: Notifier, status: Callable[[], str]) -> None:
    """Pet the watchdog and say how things stand, for `systemctl status`."""
    every = watchdog_interval(os.environ) or timedelta(seconds=10)
    while True:
        notifier.alive()
        notifier.status(status())
        await asyncio.sleep(every.total_seconds())


async def keep_beating(writer: Writer, roles: Sequence[Role], heart: Heart) -> None:
    """Note for `secondring tasks` and its kin, and for the other services, that these are here."""
    while True:
        await beat(writer, roles, heart)
        await asyncio.sleep(pulse.EVERY.total_seconds())


async def beat(writer: Writer, roles: Sequence[Role], heart: Heart, *, stopped: bool = False) -> None:
    """One sign of life in the books."""
    said = [
        (role.service, State.STOPPED if stopped else role.state(), into_pulse(role.findings()))
        for role in roles
    ]

    def note(books: Books) -> None:
        for service, state, says in said:
            pulse.keep(books, state, now(), service, says)

    try:
        await writer(note)
    except PeerError as error:
        heart.failed(error)
    else:
        heart.beats()
