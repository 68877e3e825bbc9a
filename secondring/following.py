"""Brings what is set on screen into force while the service runs: looks once a second, swaps between transactions.

The mode (live, or shadow) is one of these settings; where texts are sent, the texting side goes over to it first.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from config.build import build_rules, build_wording
from config.settings import Settings
from secondring import wiring
from secondring.clinic_words import ClinicWording, refuse_messages
from secondring.domain import shadow
from secondring.domain.episodes import SEND_TEXT
from secondring.domain.errors import ConfigError, PeerError
from secondring.domain.ports import Books, Store
from secondring.domain.rules import Rules
from secondring.domain.settings import NOTHING, Overlay
from secondring.files import Files, InBooks, files_of
from secondring.texting_side import TextingSide
from secondring.writer import Reader
from sms_gateway.messages import Messages

log = logging.getLogger("secondring")
Part = Callable[[], Awaitable[None]]


def parts(
    settings: Settings,
    wording: ClinicWording,
    store: Store,
    writer: InBooks,
    texting: TextingSide | None = None,
) -> dict[str, Part]:
    """What has to run so that this process goes by what is set on screen; `settings.rules` are those in force.

    `texting` is there where this process sends the texts.
    """
    files, rules = files_of(settings), settings.rules
    return {"settings": Follower(files, rules, wording, Reader(store), writer, texting).run}


class Follower:
    """Makes what is set on screen come into force in this process, between two transactions."""

    EVERY = 1.0

    def __init__(
        self,
        source: Files,
        rules: Rules,
        wording: ClinicWording,
        read: InBooks,
        write: InBooks,
        texting: TextingSide | None = None,
    ) -> None:
        self._texting = texting
        self._source = source
        self._rules = rules
        self._wording = wording
        self._read = read
        self._write = write
        self._number = source.started_with
        self._next: tuple[Rules, Messages] | None = None
        """What is not wholly in force yet: a ladder may have to wait for the end of an urgent case."""

    async def run(self) -> None:
        """Look once a second until cancelled."""
        while True:
            await asyncio.sleep(self.EVERY)
            try:
                await self.look()
            except PeerError as error:
                log.warning("what is set on screen waits: %s", error)

    async def look(self) -> None:
        """Bring the newest version into force, unless it is."""
        number = await self._read(lambda books: books.settings_number())
        if number != self._number:
            self._next = await self._load(number)
            self._number = number
        if self._next is None:
            await self._withhold_late()
            return
        rules, messages = self._next
        held = await self._bring(rules, messages)
        if not held:
            self._next = None
            log.info("version %d of what is set on screen is in force", number)

    async def _bring(self, new: Rules, messages: Messages) -> bool:
        """True when something has to wait."""
        if self._texting is None or self._texting.shadow == new.shadow:
            return await self._write(lambda books: self._swap(books, new, messages))
        held = False

        async def swap(confirms_opt_out: bool) -> None:  # noqa: FBT001 - a callback's signature
            nonlocal held
            held = await self._write(
                lambda books: self._go_over(
                    books, replace(new, carrier_confirms_opt_out=confirms_opt_out), messages
                )
            )

        await self._texting.change(shadow=new.shadow, swap=swap)
        return held

    def _go_over(self, books: Books, new: Rules, messages: Messages) -> bool:
        """The other mode. Into shadow mode: in the same transaction, what waited to be sent never goes."""
        held = self._swap(books, new, messages)
        if self._rules.shadow:
            withheld = shadow.withhold_waiting(books, self._rules, wiring.now())
            if withheld:
                log.warning(
                    "%d texts still waited when shadow mode was switched on: they will never go", withheld
                )
        return held

    async def _withhold_late(self) -> None:
        """Another process may have written a text to be sent just before it heard of shadow mode: that never goes."""
        if self._texting is None or not self._texting.shadow:
            return
        if await self._read(lambda books: books.next_due([SEND_TEXT])) is None:
            return
        late = await self._write(lambda books: shadow.withhold_waiting(books, self._rules, wiring.now()))
        if late:
            log.warning("%d texts were written as shadow mode was switched on: they will never go", late)

    async def _load(self, number: int) -> tuple[Rules, Messages] | None:
        newest = await self._read(lambda books: books.settings_version(number))
        overlay = newest.overlay if newest else NOTHING
        try:
            return await asyncio.to_thread(self._checked, overlay)
        except ConfigError as error:
            log.error("version %d of the settings is not brought into force: %s", number, error)  # noqa: TRY400
            return None

    def _checked(self, overlay: Overlay) -> tuple[Rules, Messages]:
        found = self._source.layers.checked(overlay).found
        rules, messages = build_rules(found), self._source.messages(build_wording(found))
        refuse_messages(messages, rules, wiring.now())
        return replace(rules, carrier_confirms_opt_out=self._rules.carrier_confirms_opt_out), messages

    def _swap(self, books: Books, new: Rules, messages: Messages) -> bool:
        """On the writer's thread: whoever decides does so there, so nobody sees half of it.

        An urgent case goes through its ladder by step and turn; another ladder under it could pass a nurse over. So
        a site's ladder stays as it is until its cases have ended. True when one was left.
        """
        busy = {case.site for case in books.open_urgent_cases()}
        kept = tuple(
            replace(s, triage=self._rules.site(s.id).triage) if s.id in busy else s for s in new.sites
        )
        held = kept != new.sites
        self._rules.become(replace(new, sites=kept))
        self._wording.become(messages)
        return held
