"""A kept-up link for whoever asks a manager interface for things, and hears events by their names.

`AmiLink` listens to calls and must not miss one; this one carries texts: it does not take stock, and what it
hears goes to a callback as it came. It begins with the first thing asked, and is over with `close`.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection

from ami_listener.connection import pause_after, pause_after_refusal
from ami_listener.messages import Message
from ami_listener.protocol import Fields, Reply
from ami_listener.session import AmiAccount, Session, Timing
from ami_listener.sieve import event_name
from ami_listener.stats import LinkStats
from secondring.domain.errors import LoginRefused, NotSent, PeerError

log = logging.getLogger(__name__)

Hear = Callable[[Message], None]


class Wire:
    """One account at one manager interface, connected again whenever the link breaks."""

    def __init__(self, account: AmiAccount, *, timing: Timing | None = None) -> None:
        self._account = account
        self._timing = timing or Timing()
        self._stats = LinkStats()
        self._names: frozenset[bytes] = frozenset()
        self._hear: Hear = _drop
        self._session: Session | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()

    def listen(self, names: Collection[str], hear: Hear) -> None:
        """Hand over the events of these names from now on."""
        self._names = frozenset(name.encode() for name in names)
        self._hear = hear

    async def up(self) -> bool:
        """True while logged in. Begins the first try, and waits for it."""
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep(), name=f"ami wire {self._account.where}")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._timing.connect):
                await self._tried.wait()
        return self._session is not None

    async def action(self, fields: Fields, *, until: str | None = None, within: float | None = None) -> Reply:
        """Ask (see `Session.action`). Raises NotSent when there is no link, PeerError when no answer came."""
        if not await self.up() or self._session is None:
            raise NotSent(f"there is no link to the manager at {self._account.where}")
        return await self._session.action(fields, until=until, within=within)

    async def close(self) -> None:
        """End it."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)

    async def _keep(self) -> None:
        failures, refusals, complaint = 0, 0, ""
        while True:
            try:
                await self._stay()
            except LoginRefused as refusal:
                refusals += 1
                pause = pause_after_refusal(refusals, self._timing, near=self._account.is_near)
                log.error("%s; trying again in %.0f s", refusal, pause)  # noqa: TRY400 - the message says it all
                self._tried.set()
                await asyncio.sleep(pause)
                continue
            except PeerError as error:
                log.log(
                    logging.DEBUG if str(error) == complaint else logging.WARNING, "%s; trying again", error
                )
                failures, complaint = (failures + 1, str(error)) if self._session is None else (1, "")
                refusals = 0
            self._tried.set()
            self._session = None
            await asyncio.sleep(pause_after(failures, self._timing))

    async def _stay(self) -> None:
        session = await Session.open(
            self._account, sink=self._sink, timing=self._timing, stats=self._stats, wanted=self._wants
        )
        self._session = session
        self._tried.set()
        try:
            await session.watch()
        finally:
            await session.close()

    def _wants(self, block: bytes) -> bool:
        return event_name(block) in self._names

    def _sink(self, messages: list[Message]) -> None:
        for message in messages:
            self._hear(message)


def _drop(_message: Message) -> None:
    """Nobody listens."""
