"""`secondring run`: all services in one process, joined by the in-process doorbell."""

import asyncio
import logging

from secondring import pages, wiring
from secondring.domain.errors import blame
from secondring.domain.pulse import State
from secondring.on_screen import Test
from secondring.rehearsal import Undone, rehearse
from secondring.running import run_together
from secondring.service import agi, alive, frame, gateway, listen, site, web
from secondring.service.frame import Frame, Part
from secondring.store.sqlstore import SqlStore
from secondring.wiring import Settings, now

log = logging.getLogger("secondring")


def run(settings: Settings, test: Test | None = None) -> None:
    """Listen, text and route until told to stop. Raises ConfigError or LoginRefused when it cannot start.

    `test` is what the pages offer for trying the links.
    """
    frame.tell_at_the_start(settings)
    store = wiring.open_store(settings)
    try:
        with wiring.alone(settings):
            served = (
                _serve(settings, store, test) if settings.centre is None else _serve_site(settings, store)
            )
            asyncio.run(served)
    finally:
        store.close()


async def _serve(settings: Settings, store: SqlStore, test: Test | None) -> None:
    ours = frame.build(settings, store)
    texting = await gateway.texting(ours)
    try:
        await _warm_up(ours)
        listening = await listen.listening(ours)
        booking = web.booking(ours)
        links = pages.Links(
            wording=ours.wording,
            listens=listening.link,
            dials=listening.dialling.link,
            carry_out=listening.dialling.carry_out,
            ring=ours.ring,
            carrier=texting.side,
            test=test,
            catch_up=listening.catch_up,
            ehrs=booking.findings,
        )
        parts = listening.parts | texting.parts | booking.parts | web.screens(ours, links)
        parts |= agi.callers(ours, listening.dialling, asyncio.get_running_loop())
        parts |= ours.channels.parts | _signs_of_life(ours, listening)
        await run_together(parts, lambda: ours.notifier.ready("starting"))
    finally:
        ours.notifier.stopping()
        await alive.beat(ours.writer, State.STOPPED)
        await texting.side.close()
        ours.writer.close()


async def _serve_site(settings: Settings, store: SqlStore) -> None:
    """This machine is a site box: it listens, serves callers and rings nurses; all else is its centre's."""
    ours = frame.build(settings, store)
    try:
        listening = await listen.listening(ours)
        parts = listening.parts | site.tie(ours, listening)
        parts |= agi.callers(ours, listening.dialling, asyncio.get_running_loop())
        parts |= ours.channels.parts | _signs_of_life(ours, listening)
        await run_together(parts, lambda: ours.notifier.ready("starting"))
    finally:
        ours.notifier.stopping()
        await alive.beat(ours.writer, State.STOPPED)
        ours.writer.close()


async def _warm_up(ours: Frame) -> None:
    """Let the first of everything be nobody's. Whatever goes wrong here will say so again when it matters."""
    play = rehearse(ours.rules, ours.wording, wiring.links(ours.rules))
    try:
        await ours.writer(lambda books: play(books, now()))
    except Undone:
        return
    except Exception as error:  # noqa: BLE001 - a rehearsal must not keep the service from starting
        log.warning(
            "the rehearsal at the start failed, which costs the first caller some ms: %s", blame(error)
        )


def _signs_of_life(ours: Frame, listening: listen.Listening) -> dict[str, Part]:
    async def watchdog() -> None:
        await alive.tell_alive(listening.link, listening.keeper, ours.notifier, ours.rules)

    async def pulse() -> None:
        await alive.keep_beating(ours.writer, listening.link)

    return {"watchdog": watchdog, "pulse": pulse}
