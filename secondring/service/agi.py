"""`agi`: serves callers who are on the line."""

import asyncio

from secondring.answering import CallServer, Hands, call_desk
from secondring.domain.ports import Books
from secondring.domain.pulse import Service
from secondring.domain.urgent import Orders
from secondring.service.frame import Frame, Part
from secondring.service.listen import Dialling
from secondring.service.role import Role


def callers(frame: Frame, dialling: Dialling | None) -> Role:
    """The FastAGI server, unless Asterisk starts the scripts itself. It works in threads beside the running loop.

    Without `dialling` the link that rings nurses is another process's: orders for it are left in the books.
    """
    loop = asyncio.get_running_loop()

    def ring() -> None:
        asyncio.run_coroutine_threadsafe(frame.ring(), loop)

    if frame.settings.agi.program is not None:
        return Role(service=Service.AGI, parts={}, status=lambda: "")
    desk = call_desk(
        frame.settings,
        frame.rules,
        frame.wording,
        frame.writer.within,
        ring=ring,
        hands=_hands(dialling, loop) if dialling is not None else None,
    )
    server = CallServer(frame.settings, desk)
    parts: dict[str, Part] = {"FastAGI": server.run}
    return Role(service=Service.AGI, parts=parts, status=lambda: server.status)


def _hands(dialling: Dialling, loop: asyncio.AbstractEventLoop) -> Hands:
    def carry_out(orders: Orders) -> None:
        asyncio.run_coroutine_threadsafe(dialling.carry_out(orders), loop)

    def can_ring(_books: Books) -> bool:
        return dialling.link is not None and dialling.link.is_up

    return Hands(carry_out=carry_out, can_ring=can_ring)
