"""Runs services in this process until it is told to stop: one of them, or all."""

import asyncio
import gc
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack

from secondring import following, wiring
from secondring.domain.pulse import Service
from secondring.domain.rules import Rules
from secondring.running import run_together
from secondring.service import alive, frame
from secondring.service.frame import Frame, Part
from secondring.service.patience import patiently, tell_people
from secondring.service.role import Role
from secondring.store.sqlstore import SqlStore
from secondring.texting_side import TextingSide
from secondring.wiring import Settings

log = logging.getLogger("secondring")


class Crew:
    """The services of this process, as they are set up: whatever was, is closed at the end."""

    def __init__(self) -> None:
        self.roles: list[Role] = []
        self.texting: TextingSide | None = None
        """Where texts are sent from here: it goes over to another mode when that is set on screen."""


Gather = Callable[[Frame, Crew], Awaitable[None]]
"""Sets up the services of a process."""


def serve(settings: Settings, command: str, services: Sequence[Service], gather: Gather) -> None:
    """Be these services until told to stop. Raises ConfigError when it cannot start."""
    frame.tell_at_the_start(settings)
    tell = tell_people(lambda: settings)
    store = patiently(lambda: wiring.open_store(settings), tell)
    with ExitStack() as locks:
        locks.callback(store.close)
        patiently(lambda: locks.enter_context(wiring.alone(settings, services, command)), tell)
        asyncio.run(_serve(settings, store, command, gather))


async def _serve(settings: Settings, store: SqlStore, command: str, gather: Gather) -> None:
    ours = frame.build(settings, store, command)
    crew = Crew()
    try:
        await gather(ours, crew)
        _set_apart_what_stays()
        await run_together(_parts(ours, crew, command), lambda: ours.notifier.ready("starting"))
    finally:
        ours.notifier.stopping()
        await alive.beat(ours.writer, crew.roles, ours.heart, command, stopped=True)
        for role in crew.roles:
            await role.close()
        ours.writer.close()


def _set_apart_what_stays() -> None:
    """Keep the collector of garbage from what was loaded and built by now, which lives as long as we do.

    It would look through all of it now and then, for a tenth of a second in which every thread stands still: a caller
    in the menu, or a text that is on its way, would wait for it.
    """
    gc.collect()
    gc.freeze()


def _parts(ours: Frame, crew: Crew, command: str) -> dict[str, Part]:
    roles = crew.roles
    parts = ours.parts
    for role in roles:
        parts |= role.parts
    parts |= following.parts(ours.settings, ours.wording, ours.store, ours.writer, crew.texting)

    async def watchdog() -> None:
        await alive.tell_alive(ours.notifier, lambda: status_of(roles, ours.rules))

    async def pulse() -> None:
        await alive.keep_beating(ours.writer, roles, ours.heart, command)

    return parts | {"watchdog": watchdog, "pulse": pulse}


def status_of(roles: Sequence[Role], rules: Rules) -> str:
    """How things stand, for `systemctl status`."""
    mode = ["SHADOW MODE: nothing is sent"] if rules.shadow else []
    first, *others = [role.status() for role in roles]
    return "; ".join((first, *mode, *(words for words in others if words)))
