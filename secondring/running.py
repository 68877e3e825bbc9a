"""Keeps the parts of a service running together, and stops them together, cleanly."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from secondring.domain.errors import SecondRingError, blame

log = logging.getLogger(__name__)

STOP_WITHIN = 5.0
"""Seconds a clean stop may take; systemd's own limit is set a little above."""


async def run_together(parts: Mapping[str, Callable[[], Awaitable[None]]], ready: Callable[[], None]) -> None:
    """Run every part until SIGTERM, SIGINT or the failure of one of them; then stop them all.

    Raises what the failing part raised. A part that ends by itself ends the service as well.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    tasks: dict[asyncio.Future[None], str] = {
        asyncio.ensure_future(part()): name for name, part in parts.items()
    }
    waiting = asyncio.create_task(stop.wait(), name="signal")
    try:
        # Each part takes its first step: who opens a port with it has done so when we are ready.
        await asyncio.sleep(0)
        ready()
        everything: list[asyncio.Future[Any]] = [*tasks, waiting]
        await asyncio.wait(everything, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        await _stop(tasks)
    for task, name in tasks.items():
        if task.done() and not task.cancelled():
            error = task.exception()
            if error is not None:
                if not isinstance(error, SecondRingError):  # those say it themselves, once, where they end up
                    log.error("%s ended: %s", name, blame(error))
                raise error


async def _stop(tasks: Mapping[asyncio.Future[None], str]) -> None:
    for task in tasks:
        task.cancel()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(STOP_WITHIN):
            await asyncio.gather(*tasks, return_exceptions=True)
    for task, name in tasks.items():
        if not task.done():
            log.error("%s did not stop within %.0f s", name, STOP_WITHIN)
