"""The clinic as a caller in a menu meets it: the use cases of the keys, each in one transaction and in time."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from secondring.domain.ids import CallId
from secondring.domain.offer import InCall, Offers, Promise, Welcome
from secondring.domain.ports import Books

T = TypeVar("T")

BOOKS_SECONDS = 1.2
"""How long a script may wait for the books: the dialplan waits 1.5 s for the script."""


class Write(Protocol):
    """Runs work in a write transaction; raises StoreBusy when that takes longer than so many seconds."""

    def __call__(self, seconds: float, work: Callable[[Books], T]) -> T: ...


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
    ) -> None:
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
        if promise is Promise.SENT:
            self._ring()
        return promise

    def decline(self, call: InCall) -> None:
        """Key 9."""
        self._write(
            BOOKS_SECONDS, lambda books: self._offers.decline(books, self._id(call), call, self._clock())
        )

    def _id(self, call: InCall) -> CallId:
        return CallId(self._pbx, call.uniqueid)
