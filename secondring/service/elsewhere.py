"""What the services of other processes say of themselves, read in the books every now and then."""

import asyncio
import logging
from collections.abc import Mapping

from secondring.domain import health, pulse
from secondring.domain.errors import PeerError
from secondring.domain.health import Finding
from secondring.domain.ports import Books
from secondring.domain.pulse import Service
from secondring.wiring import now
from secondring.writer import Reader

log = logging.getLogger("secondring")

LOOK_EVERY = 2.0
"""Seconds."""


class Elsewhere:
    """The newest of it."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self.findings: Mapping[str, Finding] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                self.findings = await self._read(_said)
            except PeerError as error:
                log.debug("what other services say waits: %s", error)
            await asyncio.sleep(LOOK_EVERY)


def _said(books: Books) -> dict[str, Finding]:
    at = now()
    found: dict[str, Finding] = {}
    for service in Service:
        found |= health.from_pulse(pulse.last(books, service), at)
    return found
