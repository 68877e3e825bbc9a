"""The link to a message centre that is kept up: binds again with patience whenever it breaks."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from secondring.domain.errors import LoginRefused, PeerError
from sms_gateway.carriers.smpp.session import Centre, Session, Take

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds between tries."""

    first_pause: float = 0.5
    """Doubles with each failure."""
    longest_pause: float = 30.0
    refused_pause: float = 60.0
    """After a bind that was refused: more of them at once get accounts locked."""


class Link:
    """A session, again and again."""

    def __init__(
        self,
        centre: Centre,
        take: Take,
        *,
        patience: Patience,
        chance: Callable[[], float],
        bound: Callable[[], None],
    ) -> None:
        """`bound` is told of every new session."""
        self._centre = centre
        self._take = take
        self._patience = patience
        self._chance = chance
        self._bound = bound
        self._session: Session | None = None
        self._keeper: asyncio.Task[None] | None = None
        self._tried = asyncio.Event()

    async def session(self) -> Session | None:
        """The session; None while there is none. Waits for the very first try, which it begins."""
        if self._keeper is None:
            self._keeper = asyncio.create_task(self._keep(), name=f"smpp link {self._centre.where}")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._centre.connect):
                await self._tried.wait()
        return self._session

    async def close(self) -> None:
        """Unbind, and keep it down."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)

    async def _keep(self) -> None:
        failures, complaint = 0, ""
        while True:
            try:
                await self._stay(await Session.open(self._centre, self._take))
                failures, complaint = 0, ""
            except LoginRefused as refusal:
                log.error("%s", refusal)  # noqa: TRY400 - the message says it all
                self._tried.set()
                await asyncio.sleep(self._patience.refused_pause)
                continue
            except PeerError as error:
                log.log(
                    logging.DEBUG if str(error) == complaint else logging.WARNING, "%s; trying again", error
                )
                complaint = str(error)
            self._tried.set()
            failures += 1
            await asyncio.sleep(self._pause(failures))

    async def _stay(self, session: Session) -> None:
        self._session = session
        self._bound()
        self._tried.set()
        log.info("bound to the message centre at %s", self._centre.where)
        try:
            log.warning("the link to the message centre broke: %s", await session.ended())
        finally:
            self._session = None
            await session.close()

    def _pause(self, failures: int) -> float:
        patience = self._patience
        longest: float = min(patience.longest_pause, patience.first_pause * 2 ** min(failures - 1, 20))
        return longest * (0.5 + self._chance() / 2)
