"""Keeps the lamps of all sites up to date, and tells what happens to urgent callers: by looking at the books."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from secondring.domain.errors import PeerError
from secondring.domain.ids import EpisodeId, SiteId, UrgentId
from secondring.domain.lamps import Happening, Lamp, happened, lamps
from secondring.domain.ports import Books
from secondring.domain.urgent_case import UrgentCase

log = logging.getLogger(__name__)

SWEEP = 0.5
"""Seconds between looks, and so the most that a lamp lags behind the books."""
RECENT = timedelta(seconds=30)
"""A ladder that reaches nobody can be over within one look of its beginning, and a look may come late."""


class Board(Protocol):
    """Where lamps hang."""

    def show(self, site: SiteId, state: dict[str, Any]) -> None:
        """From now on this is how things stand at a site."""
        ...

    def tell(self, site: SiteId, event: dict[str, Any]) -> None:
        """This happened."""
        ...


class LampKeeper:
    """Looks, compares with the last look, and shows the difference."""

    def __init__(
        self,
        sites: Sequence[SiteId],
        reading: Callable[[], AbstractContextManager[Books]],
        board: Board,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._sites = sites
        self._reading = reading
        self._board = board
        self._clock = clock
        self._cases: dict[UrgentId, UrgentCase] | None = None
        self._lamps: dict[SiteId, Lamp] = {}

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            try:
                await self.round()
            except PeerError as error:
                log.warning("the lamps wait: %s", error)
            await asyncio.sleep(SWEEP)

    async def round(self) -> None:
        """One look; raises PeerError when the books cannot be read."""
        now = self._clock()
        cases, red = await asyncio.to_thread(self._look, now)
        if self._cases is not None:  # what happened before we were there is not news
            for case in cases:
                for event in happened(self._cases.get(case.id), case):
                    self._board.tell(event.site, _as_event(event))
        self._cases = {case.id: case for case in cases}
        running = [case for case in cases if case.is_open]
        for site, lamp in lamps(self._sites, running, red).items():
            if self._lamps.get(site) != lamp:
                self._lamps[site] = lamp
                self._board.show(site, _as_state(lamp, now))

    def _look(self, now: datetime) -> tuple[list[UrgentCase], list[tuple[SiteId, EpisodeId]]]:
        """The cases that are open, were open at the last look, or may have come and gone since; and the red tasks."""
        with self._reading() as books:
            found = {case.id: case for case in books.open_urgent_cases()}
            found |= {case.id: case for case in books.urgent_cases_since(now - RECENT)}
            for known in (self._cases or {}).values():
                case = books.urgent_case(known.id) if known.is_open else None
                if case is not None:
                    found[case.id] = case
            return list(found.values()), books.urgent_work()


def _as_event(event: Happening) -> dict[str, Any]:
    return {"event": event.what, "case": event.case, "at": _iso(event.at), "waited_s": round(event.waited, 3)}


def _as_state(lamp: Lamp, at: datetime) -> dict[str, Any]:
    counts = {"ringing": lamp.ringing, "left": lamp.left, "waiting": lamp.waiting}
    return {"state": lamp.state.value, **counts, "since": _iso(at)}


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
