"""`agi`: serves callers who are on the line."""

import asyncio

from secondring.answering import CallServer, call_desk
from secondring.domain.urgent import Orders
from secondring.service.frame import Frame, Part
from secondring.service.listen import Dialling


def callers(frame: Frame, dialling: Dialling, loop: asyncio.AbstractEventLoop) -> dict[str, Part]:
    """The FastAGI server, unless Asterisk starts the scripts itself; it works in threads beside `loop`."""
    if frame.settings.agi.program is not None:
        return {}

    def ring() -> None:
        asyncio.run_coroutine_threadsafe(frame.ring(), loop)

    def carry_out(orders: Orders) -> None:
        asyncio.run_coroutine_threadsafe(dialling.carry_out(orders), loop)

    desk = call_desk(
        frame.settings,
        frame.rules,
        frame.wording,
        frame.writer.within,
        ring=ring,
        carry_out=carry_out,
        can_ring=lambda: dialling.link is not None and dialling.link.is_up,
    )
    return {"FastAGI": CallServer(frame.settings, desk).run}
