"""A site box's watch on its centre: does it answer, does it open what we say? Kept in the books, told to people."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from secondring.domain import centre_health
from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.centre_health import LATELY, Refusal, Stands
from secondring.domain.errors import PeerError
from secondring.domain.ports import Books
from secondring.domain.rules import Rules
from secondring.listening import InStore

log = logging.getLogger("secondring.sites")

WATCH_EVERY = 5.0
"""Seconds between looks."""
KEEP_EVERY = timedelta(seconds=15)
"""What has not changed is written down again so often, for `doctor` to see that somebody looks."""
MOST_ASKED = 8
"""Beats of ours that an answer may still come for."""


class CentreWatch:
    """One box's."""

    def __init__(
        self,
        in_store: InStore,
        rules: Rules,
        *,
        is_linked: Callable[[], bool],
        clock: Callable[[], datetime],
    ) -> None:
        self._in_store = in_store
        self._rules = rules
        self._is_linked = is_linked
        self._clock = clock
        self._stands = Stands(at=clock(), since=clock())
        self._remembers = False
        self._asked: list[str] = []
        self._kept: Stands | None = None
        self._alarmed = ""
        self._trouble = ""

    # -- what is heard; none of it waits

    def asked(self, name: str) -> None:
        """A beat goes out: only an answer to one of these counts, never one that somebody kept."""
        self._asked = [*self._asked, name][-MOST_ASKED:]

    def answered(self, name: str) -> None:
        """The centre opened a beat."""
        if name in self._asked:
            self._asked.remove(name)
            self._stands = centre_health.answered(self._stands, self._clock())

    def taken(self) -> None:
        """The centre has a dispatch that was under way."""
        self._stands = centre_health.taken(self._stands, self._clock())

    def refused(self, because: object) -> None:
        """The centre does not take what we say."""
        known = next((one for one in Refusal if one == because), None)
        if known is not None:
            self._stands = centre_health.refused(self._stands, known, self._clock())

    @property
    def status(self) -> str:
        """For `systemctl status`."""
        stands, at = self._stands, self._clock()
        if stands.refusal is not None:
            return centre_health.SHORT[stands.refusal].upper()
        if not self._is_linked():
            return "NO LINK TO the centre"
        if stands.answers(at):
            return "the centre answers"
        return "linked to the centre" if at - stands.since <= LATELY else "NO ANSWER FROM the centre"

    # -- the watch

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                await self.once()
                self._trouble = ""
            except PeerError as error:
                if str(error) != self._trouble:
                    log.warning("how the centre is doing cannot be kept: %s", error)
                self._trouble = str(error)
            await asyncio.sleep(WATCH_EVERY)

    async def once(self) -> None:
        """Note how things stand, and tell people when they have become bad."""
        if not self._remembers:
            before = await self._in_store(centre_health.last)
            self._stands = centre_health.remembering(self._stands, before)
            self._remembers = True
        at = self._clock()
        stands = self._stands = centre_health.looked_at(self._stands, at, linked=self._is_linked())
        bad = centre_health.alarm_of(stands, at)
        alarm = Alarm(*bad) if bad else None
        if self._is_news(stands, alarm):
            await self._in_store(lambda books: self._keep(books, stands, alarm))
            self._kept = stands
        if alarm is None and self._alarmed:
            log.info("the centre answers again")
        self._alarmed = alarm.kind if alarm else ""

    def _is_news(self, stands: Stands, alarm: Alarm | None) -> bool:
        kept = self._kept
        if kept is None or (alarm is not None and alarm.kind != self._alarmed):
            return True
        return replace(stands, at=kept.at) != kept or stands.at - kept.at >= KEEP_EVERY

    def _keep(self, books: Books, stands: Stands, alarm: Alarm | None) -> None:
        centre_health.keep(books, stands)
        if alarm is not None and alarm.kind != self._alarmed:
            log.error("%s", alarm.because)
            raise_in(books, alarm, self._rules, stands.at)
