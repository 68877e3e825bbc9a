"""What stands behind the counter: the books, the desk, and who a visitor is."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from starlette.requests import Request

from secondring.booking_web import views
from secondring.booking_web.guard import is_preview
from secondring.booking_web.views import Look
from secondring.domain.booking_desk import BookingDesk, Person, Result, Visitor
from secondring.domain.errors import BookingClash, PeerError
from secondring.domain.ports import Books, Store
from secondring.domain.rules import Rules, Site
from secondring.listening import InStore

log = logging.getLogger(__name__)
T = TypeVar("T")


class GoneError(Exception):
    """The link leads nowhere."""


class Elsewhere(Protocol):
    """The EHRs of those sites whose calendar is not ours."""

    async def refresh(self, site: Site) -> bool:
        """Have its open times at hand; False when they cannot be had."""
        ...

    async def confirm(self, desk: BookingDesk, token: str, chosen: str, person: Person) -> Result:
        """Make a time theirs, there and here."""
        ...


@dataclass(frozen=True, slots=True)
class Shop:
    """What the page works with."""

    desk: BookingDesk
    rules: Rules
    store: Store
    in_store: InStore
    clock: Callable[[], datetime]
    ring: Callable[[], Awaitable[None]]
    """Tells the outbox that there may be a text to send."""
    per_minute: int = 120
    elsewhere: Elsewhere | None = None

    @property
    def sites(self) -> tuple[Site, ...]:
        """As they are set now: their phones stand on pages of links that lead nowhere."""
        return self.rules.sites

    async def arrive(self, request: Request) -> Look:
        """Whoever has this link, or GoneError."""
        now, token = self.clock(), str(request.path_params["token"])
        visitor = await self.read(lambda books: self.desk.visitor(books, token, now))
        if visitor is None:
            raise GoneError
        asked = request.query_params.get("lang", "")
        language = views.language_of(asked, visitor.episode.language)
        return Look(visitor, language, now, request.query_params.get("note", ""))

    async def read(self, ask: Callable[[Books], T]) -> T:
        """Ask the books, in a thread of its own."""

        def reading() -> T:
            with self.store.reading() as books:
                return ask(books)

        return await asyncio.to_thread(reading)

    async def change(self, look: Look, wish: Callable[[Books, Visitor], Result]) -> Result:
        """Carry a wish out in one transaction, on what is true in it; what follows is in the page's language."""

        def work(books: Books) -> Result:
            visitor = self.desk.visitor(books, look.visitor.token, look.now)
            if visitor is None:
                return Result.NOTHING
            return wish(books, self.desk.in_their_language(books, visitor, look.language))

        try:
            result = await self.in_store(work)
        except BookingClash:
            return Result.TAKEN
        await self.ring()
        return result

    async def has_times(self, look: Look) -> bool:
        """False when nobody can tell what is open."""
        if not look.visitor.timetable.elsewhere:
            return True
        return self.elsewhere is not None and await self.elsewhere.refresh(look.visitor.site)

    async def confirm(self, look: Look, chosen: str, person: Person) -> Result:
        """Make the chosen time theirs."""
        desk = self.desk
        if not look.visitor.timetable.elsewhere or self.elsewhere is None:
            return await self.change(
                look, lambda books, visitor: desk.confirm(books, visitor, chosen, person, look.now)
            )
        if look.language != look.visitor.episode.language:
            await self.change(look, lambda _books, _visitor: Result.NOTHING)
        try:
            result = await self.elsewhere.confirm(desk, look.visitor.token, chosen, person)
        except BookingClash:
            return Result.TAKEN
        await self.ring()
        return result

    async def count(self, request: Request, token: str) -> None:
        """Count a click: the bare address of the text, opened by something that is no previewer."""
        if is_preview(request) or request.query_params:
            return
        try:
            await self.in_store(lambda books: self.desk.clicked(books, token, self.clock()))
        except PeerError as error:
            log.warning("a click was not counted: %s", error)
