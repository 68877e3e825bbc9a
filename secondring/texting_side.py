"""The parts that send and take in texts, stopped and made anew when the mode changes: live, or shadow.

Shadow mode must not even hold a real carrier, so the switch is no flag that somebody reads: what ran in the one mode
is gone before the books and the rules go over to the other.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from secondring.domain.errors import blame

log = logging.getLogger("secondring")

Part = Callable[[], Awaitable[None]]
Swap = Callable[[bool], Awaitable[None]]
"""Brings the other mode into force in rules and books; told whether the new carrier answers STOP by itself."""


class Carriers(Protocol):
    """Whoever sends the texts."""

    @property
    def confirms_opt_out(self) -> bool:
        """True when one of them answers STOP by itself."""
        ...

    @property
    def is_open(self) -> bool:
        """True while none of them answers."""
        ...

    @property
    def answers(self) -> Mapping[str, bool]:
        """By name, whether each of them answers."""
        ...

    async def close(self) -> None:
        """Let go of all connections."""
        ...


@dataclass(frozen=True, slots=True)
class Side:
    """The carriers, and those who work with them."""

    carriers: Carriers
    parts: Mapping[str, Part]


Build = Callable[[bool], Side]
"""Makes the side anew; told whether it is to be shadow mode."""


@dataclass(frozen=True, slots=True)
class _Wish:
    shadow: bool
    swap: Swap
    done: asyncio.Future[None]


class TextingSide:
    """Runs the texting parts of one mode at a time."""

    def __init__(self, build: Build, *, shadow: bool) -> None:
        self._build = build
        self._shadow = shadow
        self._side = build(shadow)
        self._wishes: asyncio.Queue[_Wish] = asyncio.Queue()

    @property
    def confirms_opt_out(self) -> bool:
        """True when whoever sends the texts answers STOP by itself."""
        return self._side.carriers.confirms_opt_out

    @property
    def is_open(self) -> bool:
        """True while no carrier answers."""
        return self._side.carriers.is_open

    @property
    def answers(self) -> Mapping[str, bool]:
        """By name, whether each carrier answers."""
        return self._side.carriers.answers

    @property
    def shadow(self) -> bool:
        """True while nothing is sent."""
        return self._shadow

    async def change(self, *, shadow: bool, swap: Swap) -> None:
        """Go over to another mode: stop, `swap`, begin anew. When `swap` fails all goes on as it was, and it raises."""
        wish = _Wish(shadow, swap, asyncio.get_running_loop().create_future())
        self._wishes.put_nowait(wish)
        await wish.done

    async def run(self) -> None:
        """Work until cancelled, or until one of the parts ends or fails."""
        while True:
            wish = await self._work()
            if wish is None:
                return
            await self._go_over(wish)

    async def _work(self) -> _Wish | None:
        """What somebody wants otherwise; None when a part ended by itself."""
        parts = [asyncio.ensure_future(part()) for part in self._side.parts.values()]
        asked = asyncio.ensure_future(self._wishes.get())
        try:
            done, _ = await asyncio.wait([*parts, asked], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*parts, asked):
                task.cancel()
            await asyncio.gather(*parts, asked, return_exceptions=True)
        for part in parts:
            if part in done:
                part.result()
        return asked.result() if asked in done and not any(part in done for part in parts) else None

    async def _go_over(self, wish: _Wish) -> None:
        await self.close()
        new = self._build(wish.shadow)
        try:
            await wish.swap(new.carriers.confirms_opt_out)
        except Exception as error:  # noqa: BLE001 - told to whoever asked; texting goes on as before
            log.error("the mode was not changed: %s", blame(error))  # noqa: TRY400
            await new.carriers.close()
            self._side = self._build(self._shadow)
            wish.done.set_exception(error)
            return
        except asyncio.CancelledError:
            await new.carriers.close()
            wish.done.cancel()
            raise
        self._side, self._shadow = new, wish.shadow
        log.warning(
            "%s",
            "SHADOW MODE: nothing is sent from now on" if wish.shadow else "LIVE: texts go out from now on",
        )
        wish.done.set_result(None)

    async def close(self) -> None:
        """Let go of the carriers."""
        await self._side.carriers.close()
