"""Work that goes on after a page was answered: a phone that rings."""

import asyncio
import logging
from collections.abc import Coroutine

from secondring.domain.errors import blame

log = logging.getLogger(__name__)


class Errands:
    """Keeps hold of what goes on, until it is done."""

    def __init__(self) -> None:
        self._going: set[asyncio.Task[None]] = set()

    async def send(self, errand: Coroutine[None, None, None], name: str, *, wait: float) -> None:
        """Begin something, and stay for so many seconds; a failure of ours is logged, without a patient's data."""
        task = asyncio.create_task(errand, name=name)
        self._going.add(task)
        task.add_done_callback(self._done)
        await asyncio.wait({task}, timeout=wait)

    async def finish(self) -> None:
        """Wait until all of it is done."""
        while self._going:
            await asyncio.gather(*self._going, return_exceptions=True)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._going.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:
            log.error("%s: %s", task.get_name(), blame(error))
