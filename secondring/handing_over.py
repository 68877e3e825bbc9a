"""At the centre: whoever writes URGENT is handed to the site box whose PBX rings for them.

A box that does not take the case within a few seconds costs the caller no more than those: then it is what an urgent
caller is where no phone can be rung. A box that takes it later all the same rings all the same.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol

from secondring.domain.casework import Wording
from secondring.domain.centre_desk import Box, box_of, rules_for
from secondring.domain.centre_urgent import CentreTriage
from secondring.domain.errors import PeerError, SecondRingError
from secondring.domain.ids import UrgentId
from secondring.domain.ports import Books
from secondring.domain.records import Job
from secondring.domain.rules import Rules
from secondring.domain.urgent_begin import HAND_OVER
from secondring.domain.urgent_case import Stage, UrgentCase
from secondring.listening import InStore

log = logging.getLogger("secondring.sites")

TRIES = 6
AGAIN = timedelta(seconds=1)
"""A box is asked so many times, so far apart."""
LEASE = timedelta(seconds=5)
SWEEP = 0.5
"""Seconds between looks that nobody rang for."""
LOOK_AFTER = 5.0
"""Seconds between looks at the cases that boxes have."""


class ToBox(Protocol):
    """What boxes are told."""

    async def hand_over(self, box: str, case: UrgentCase, language: str) -> None:
        """Raises PeerError when there is no way to the box now."""
        ...

    async def reached(self, box: str, case: UrgentId) -> None:
        """Somebody has spoken with the caller. Raises PeerError."""
        ...


class Bell(Protocol):
    """One listener's end of a doorbell."""

    async def wait(self, timeout: float) -> bool: ...  # noqa: ASYNC109 - a missed ring must not wait for ever


class HandingOver:
    """The urgent callers of boxes' sites, seen from the centre."""

    def __init__(
        self,
        boxes: Sequence[Box],
        rules: Rules,
        wording: Wording,
        to_box: ToBox,
        in_store: InStore,
        *,
        clock: Callable[[], datetime],
        ring: Callable[[], Awaitable[None]],
    ) -> None:
        self._boxes = boxes
        self._rules = rules
        self._wording = wording
        self._to_box = to_box
        self._in_store = in_store
        self._clock = clock
        self._ring = ring

    async def run(self, bell: Bell) -> None:
        """Hand over until cancelled."""
        while True:
            try:
                if await self.round():
                    await self._ring()
            except SecondRingError as error:
                log.warning("urgent callers wait for their site box: %s", error)
            await bell.wait(SWEEP)

    async def look_after(self) -> None:
        """Tell boxes whom people have reached, and take over what boxes have left. Runs until cancelled."""
        while True:
            await asyncio.sleep(LOOK_AFTER)
            try:
                await self.look()
            except SecondRingError as error:
                log.warning("the urgent callers of site boxes are not looked after: %s", error)

    async def round(self) -> bool:
        """Ask boxes to take what is due; True when something was left to people."""
        to_ask: list[tuple[Box, UrgentCase, str]] = []

        def work(books: Books) -> bool:
            to_ask.clear()
            jobs = books.claim_jobs((HAND_OVER,), now=self._clock(), lease=LEASE, limit=20)
            left = [self._due(books, job, to_ask) for job in jobs]
            return any(left)

        left = await self._in_store(work)
        for box, case, language in to_ask:
            try:
                await self._to_box.hand_over(box.name, case, language)
            except PeerError as error:
                log.warning("an urgent caller cannot be handed to box %s yet: %s", box.name, error)
        return left

    def _due(self, books: Books, job: Job, to_ask: list[tuple[Box, UrgentCase, str]]) -> bool:
        case = books.urgent_case(UrgentId(job.ref))
        if case is None or not case.is_open or case.stage is not Stage.NEW:
            books.finish_job(job)
            return False
        box = box_of(self._boxes, case.site)
        if box is None or job.attempts > TRIES:
            books.finish_job(job)
            because = f"the site box {box.name if box else ''} did not take the call over: nobody was rung"
            rules = rules_for(self._rules, box) if box else self._rules
            CentreTriage(rules, self._wording).leave(books, case, because, self._clock())
            return True
        books.retry_job(job, self._clock() + AGAIN)
        episode = books.episode(case.episode)
        to_ask.append((box, case, episode.language if episode else ""))
        return False

    async def look(self) -> None:
        """One look at the cases that boxes have."""

        def work(books: Books) -> tuple[list[tuple[str, UrgentId]], bool]:
            left = False
            for box in self._boxes:
                triage = CentreTriage(rules_for(self._rules, box), self._wording)
                left = bool(triage.leave_unheard(books, self._clock())) or left
            return list(self._reached(books)), left

        reached, left = await self._in_store(work)
        if left:
            await self._ring()
        for box, case in reached:
            await self._to_box.reached(box, case)

    def _reached(self, books: Books) -> list[tuple[str, UrgentId]]:
        found: list[tuple[str, UrgentId]] = []
        for case in books.open_urgent_cases():
            box, episode = box_of(self._boxes, case.site), books.episode(case.episode)
            if (
                box is not None
                and case.stage is not Stage.NEW
                and episode is not None
                and not episode.is_open
            ):
                found.append((box.name, case.id))
        return found
