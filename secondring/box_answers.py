"""What the centre says back to site boxes of what it hears: that it opened a sign of life, or that it cannot open what
they say. So a box knows whether it is heard, not only whether it is linked.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

from secondring.bus import parcels
from secondring.bus.seal import Seal
from secondring.domain.centre_health import Refusal
from secondring.domain.errors import PeerError

log = logging.getLogger("secondring.sites")

MOST_WAITING = 1000
REFUSE_EVERY = 5.0
"""Seconds between two refusals of one box: it sends again and again."""
MOST_REFUSED = 1000
"""Names that are remembered for that."""

Publish = Callable[[str, str], Awaitable[None]]


class BoxAnswers:
    """The answers that wait to be published."""

    def __init__(self, publish: Publish, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._publish = publish
        self._monotonic = monotonic
        self._waiting: asyncio.Queue[tuple[str, str]] = asyncio.Queue(MOST_WAITING)
        self._refused: dict[str, float] = {}

    def opened(self, box: str, seal: Seal, beat: str) -> None:
        """A sign of life was opened: said under its name, so that an answer that was kept serves no other."""
        self._say(
            parcels.down(box, parcels.BEAT), parcels.packed(seal, parcels.DOWN, parcels.BEAT, beat, beat)
        )

    def refuse(self, box: str, because: Refusal) -> None:
        """Its words are not taken; no more is told than that."""
        now = self._monotonic()
        if now - self._refused.get(box, -REFUSE_EVERY) < REFUSE_EVERY:
            return
        if len(self._refused) >= MOST_REFUSED:
            self._refused.clear()
        self._refused[box] = now
        self._say(parcels.down(box, parcels.REFUSED), parcels.refused(because))

    def _say(self, topic: str, payload: str) -> None:
        if not self._waiting.full():  # it asks again
            self._waiting.put_nowait((topic, payload))

    async def run(self) -> None:
        """Publish until cancelled."""
        while True:
            await self._publish_one(*await self._waiting.get())

    async def round(self) -> None:
        """Publish what waits now."""
        while not self._waiting.empty():
            await self._publish_one(*self._waiting.get_nowait())

    async def _publish_one(self, topic: str, payload: str) -> None:
        try:
            await self._publish(topic, payload)
        except PeerError as error:
            log.debug("a box gets no answer, and will ask again: %s", error)
