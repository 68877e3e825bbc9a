"""The clinic as a caller in a menu meets it: the use cases of the keys, each in one transaction and in time."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from secondring.domain.ids import CallId, Uniqueid
from secondring.domain.offer import InCall, Offers, Promise, Welcome
from secondring.domain.ports import Books
from secondring.domain.triage_events import CallbackAsked, LastResortEnded
from secondring.domain.urgent import Orders, Triage
from secondring.domain.urgent_begin import OnLine, Waiting
from secondring.domain.urgent_orders import leave

T = TypeVar("T")

BOOKS_SECONDS = 1.2
"""How long a script may wait for the books: the dialplan waits 1.5 s for the script."""


class Write(Protocol):
    """Runs work in a write transaction; raises StoreBusy when that takes longer than so many seconds."""

    def __call__(self, seconds: float, work: Callable[[Books], T]) -> T: ...


class Urgent:
    """The way from the scripts to the ladder. `carry_out` and `can_ring` belong to whoever has the link that dials;
    without `carry_out` that is another process, for which orders are left in the books.
    """

    def __init__(
        self, triage: Triage, *, carry_out: Callable[[Orders], None] | None, can_ring: Callable[[Books], bool]
    ) -> None:
        self._triage = triage
        self._carry_out = carry_out
        self.can_ring = can_ring

    def begin(self, books: Books, who: OnLine, now: datetime) -> Orders | None:
        """Open the case; None when the site has no ladder."""
        return self._left(books, self._triage.from_key(books, who, now), now)

    def tell(
        self, books: Books, line: Uniqueid, event: CallbackAsked | LastResortEnded, now: datetime
    ) -> Orders | None:
        """Something happened to the caller who waits on that channel."""
        case = self._triage.case_of_line(books, line)
        return self._left(books, self._triage.tell(books, case.id, event, now), now) if case else None

    def _left(self, books: Books, orders: Orders | None, now: datetime) -> Orders | None:
        if orders is not None and self._carry_out is None:
            leave(books, orders, now)
        return orders

    def carry_out(self, orders: Orders | None) -> None:
        """To be called after the commit."""
        if orders is not None and self._carry_out is not None:
            self._carry_out(orders)


class InCallDesk:
    """What the scripts ask. `ring` tells the outbox that there is something to send."""

    def __init__(
        self,
        offers: Offers,
        write: Write,
        *,
        pbx: str,
        clock: Callable[[], datetime],
        ring: Callable[[], None],
        urgent: "Urgent",
    ) -> None:
        self._urgent = urgent
        self._offers = offers
        self._write = write
        self._pbx = pbx
        self._clock = clock
        self._ring = ring

    def welcome(self, call: InCall) -> Welcome:
        """How to greet them."""
        return self._offers.welcome(call, self._clock())

    def can_be_texted(self, call: InCall, typed: str) -> bool:
        """Is it a number for a text?"""
        return self._offers.can_be_texted(call, typed)

    def text_link(self, call: InCall, typed: str = "", *, opt_in: bool = False) -> Promise:
        """Key 1."""

        def work(books: Books) -> Promise:
            at = self._clock()
            return self._offers.text_link(books, self._id(call), call, at, typed=typed, opt_in=opt_in)

        promise = self._write(BOOKS_SECONDS, work)
        if promise in (Promise.SENT, Promise.SOON):
            self._ring()
        return promise

    def decline(self, call: InCall) -> None:
        """Key 9."""
        self._write(
            BOOKS_SECONDS, lambda books: self._offers.decline(books, self._id(call), call, self._clock())
        )

    # urgent callers

    def urgent(self, call: InCall, line: str) -> Waiting:
        """Key 2."""
        welcome = self._offers.welcome(call, self._clock())
        caller = "" if call.withheld else call.caller
        who = OnLine(call=self._id(call), line=line, caller=caller, did=call.did, language=welcome.language)

        def work(books: Books) -> tuple[Orders | None, bool]:
            return self._urgent.begin(books, who, self._clock()), self._urgent.can_ring(books)

        orders, can_ring = self._write(BOOKS_SECONDS, work)
        self._ring()
        self._urgent.carry_out(orders)
        searched = orders.ladder.longest_search if orders is not None and can_ring else None
        seconds = int(searched.total_seconds()) if searched is not None else None
        return Waiting(
            site=welcome.site, language=welcome.language, seconds=seconds, is_shadow=not welcome.is_offered
        )

    def urgent_callback(self, call: InCall) -> bool:
        """Key 1 while they wait."""
        return self._tell(call, CallbackAsked(call.uniqueid))

    def urgent_ended(self, call: InCall, *, answered: bool) -> bool:
        """The last resort."""
        return self._tell(call, LastResortEnded(answered))

    def _tell(self, call: InCall, event: CallbackAsked | LastResortEnded) -> bool:
        orders = self._write(
            BOOKS_SECONDS, lambda books: self._urgent.tell(books, call.uniqueid, event, self._clock())
        )
        self._ring()
        self._urgent.carry_out(orders)
        return orders is not None

    def _id(self, call: InCall) -> CallId:
        return CallId(self._pbx, call.uniqueid)
