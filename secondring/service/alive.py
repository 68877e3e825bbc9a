"""Signs of life: to systemd, and in the books."""

import asyncio
import logging
import os
from datetime import timedelta

from ami_listener.connection import AmiLink
from secondring.domain import pulse
from secondring.domain.errors import PeerError
from secondring.domain.pulse import State
from secondring.domain.rules import Rules
from secondring.listening import CallKeeper
from secondring.sdnotify import Notifier, watchdog_interval
from secondring.wiring import now
from secondring.writer import Writer

log = logging.getLogger("secondring")


async def tell_alive(link: AmiLink, keeper: CallKeeper, notifier: Notifier, rules: Rules) -> None:
    """Pet the watchdog and say how things stand, in which mode, for `systemctl status`."""
    every = watchdog_interval(os.environ) or timedelta(seconds=10)
    while True:
        state = "listening" if link.is_up else "no link to the PBX, trying again"
        last = keeper.last_call_at
        seen = f"; last call at {last:%H:%M:%S} UTC" if last else ""
        mode = "; SHADOW MODE: nothing is sent" if rules.shadow else ""
        notifier.alive()
        notifier.status(f"{state}{mode}{seen}; {link.stats.backlog} events waiting")
        await asyncio.sleep(every.total_seconds())


async def keep_beating(writer: Writer, link: AmiLink) -> None:
    """Note for `secondring tasks` and its kin that somebody listens."""
    while True:
        await beat(writer, State.LISTENING if link.is_up else State.UNLINKED)
        await asyncio.sleep(pulse.EVERY.total_seconds())


async def beat(writer: Writer, state: State) -> None:
    """One sign of life in the books."""
    try:
        await writer(lambda books: pulse.keep(books, state, now()))
    except PeerError as error:
        log.warning("no sign of life could be noted: %s", error)
