"""One look at a PBX's manager interface: who we are there, what we may do, what we get to hear.

    async with Probe(account) as probe:
        await probe.action({"Action": "Ping"})

Unlike a link it keeps every event, wanted or not: what arrives shows what the event filter lets through.
"""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Self

from ami_listener.messages import Message, Splitter, parse
from ami_listener.protocol import Fields, Reply
from ami_listener.session import AmiAccount, Session, Timing
from ami_listener.stats import LinkStats


class Probe:
    """A short visit as one account. Entering it raises LoginRefused or PeerError."""

    def __init__(self, account: AmiAccount, timing: Timing | None = None) -> None:
        self.account = account
        self.events: list[Message] = []
        self._timing = timing or Timing(connect=5, answer=5)
        self._splitter = Splitter()
        self._heard = asyncio.Event()
        self._session: Session | None = None

    async def __aenter__(self) -> Self:
        self._session = await Session.open(
            self.account, sink=_drop, timing=self._timing, stats=LinkStats(), tee=self._hear
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def action(self, fields: Fields) -> Reply:
        """Ask for something and give the reply, also when it is a no."""
        if self._session is None:
            raise RuntimeError("a probe asks inside `async with`")
        return await self._session.action(fields)

    async def wait_for(self, wanted: Callable[[Message], bool], within: float) -> Message | None:
        """The first event heard so far, or within so many seconds, that is wanted; None when there is none."""
        try:
            async with asyncio.timeout(within):
                while True:
                    self._heard.clear()
                    found = next((event for event in self.events if wanted(event)), None)
                    if found is not None:
                        return found
                    await self._heard.wait()
        except TimeoutError:
            return None

    def _hear(self, data: bytes) -> None:
        for block in self._splitter.feed(data):
            message = parse(block)
            if message is not None and message.name:
                self.events.append(message)
        self._heard.set()


def _drop(_messages: list[Message]) -> None:
    """What a link would want of it; a probe has it all already."""
