"""Takes in what comes back: replies and receipts, fetched from the carrier or sent to our webhooks.

Each reply is one transaction of its own; what was taken in before does no harm.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from secondring.domain.errors import PeerError, blame
from secondring.domain.ports import Books
from secondring.domain.records import TextState
from secondring.domain.texting import Arrival, Incoming, Stray
from sms_gateway.aftermath import Aftermath
from sms_gateway.carriers.port import Carrier, Receipt
from sms_gateway.desk import Clock, Desk, InStore, Ring

log = logging.getLogger(__name__)

LONGEST_PAUSE = timedelta(minutes=2)
"""Between polls of a carrier that cannot be asked."""
STRANGER_ROUNDS = 180
"""So many polls long a receipt is offered again whose text is not known: it may be faster than the answer."""
STRANGERS_KEPT = 1000


class Inbound:
    """The one door for everything that carriers tell us."""

    def __init__(
        self, desk: Desk, aftermath: Aftermath, in_store: InStore, *, clock: Clock, ring: Ring
    ) -> None:
        self._desk = desk
        self._aftermath = aftermath
        self._in_store = in_store
        self._clock = clock
        self._ring = ring

    async def text(self, arrival: Incoming) -> bool:
        """Take in a reply; on disk when this returns. False for one that was taken in before.

        One that our own code fails on is kept all the same, for a person to read; so is one that cannot be answered.
        """
        if isinstance(arrival, Stray):
            stray = arrival
            return await self._in_store(lambda books: self._desk.unanswerable(books, stray, self._clock()))
        try:
            new = await self._in_store(lambda books: self._take(books, arrival, self._desk.received))
        except PeerError:
            raise
        except Exception as error:  # noqa: BLE001 - a bug must not cost a patient's words
            log.error("a reply of %s goes to a person: handling it broke, %s", arrival.carrier, blame(error))  # noqa: TRY400
            new = await self._in_store(lambda books: self._take(books, arrival, self._desk.leave_to_a_person))
        if new:
            await self._ring()
        return new

    async def receipts(self, receipts: Sequence[Receipt]) -> list[Receipt]:
        """Take in receipts, in one transaction; returns those of texts that we do not know."""
        strangers, again = await self._in_store(lambda books: self._take_in(books, receipts))
        if again:
            await self._ring()
        return strangers

    def _take(
        self, books: Books, arrival: Arrival, handle: Callable[[Books, Arrival, datetime], None]
    ) -> bool:
        if books.text_by_carrier_id(arrival.carrier, arrival.carrier_id, outgoing=False) is not None:
            return False
        handle(books, arrival, self._clock())
        return True

    def _take_in(self, books: Books, receipts: Sequence[Receipt]) -> tuple[list[Receipt], bool]:
        """Those of texts that we do not know; and whether one said that a text failed, which may have to go again."""
        now = self._clock()
        strangers = [one for one in receipts if not self._aftermath.by_receipt(books, one, now)]
        return strangers, any(one.state is TextState.FAILED for one in receipts)


class Poller:
    """Fetches from a carrier that is asked for its news."""

    def __init__(
        self,
        carrier: Carrier,
        inbound: Inbound,
        desk: Desk,
        in_store: InStore,
        *,
        interval: timedelta = timedelta(seconds=5),
    ) -> None:
        self._carrier = carrier
        self._inbound = inbound
        self._desk = desk
        self._in_store = in_store
        self._interval = interval
        self._failures = 0
        self._strangers: dict[Receipt, int] = {}

    async def run(self) -> None:
        """Poll until cancelled; ever more rarely while it fails."""
        while True:
            self._failures = 0 if await self.round() else self._failures + 1
            await asyncio.sleep(self._pause().total_seconds())

    async def round(self) -> bool:
        """One poll. False when something could not be taken in; it will be handed over again."""
        try:
            return await self._fetch()
        except PeerError as error:
            log.warning("carrier %s cannot be polled: %s", self._carrier.name, error)
        except Exception as error:  # noqa: BLE001 - the outermost loop: replies must not stop coming
            log.error("polling %s broke: %s", self._carrier.name, blame(error))  # noqa: TRY400
        return False

    def _pause(self) -> timedelta:
        return min(self._interval * (1 << min(self._failures, 16)), max(LONGEST_PAUSE, self._interval))

    async def _fetch(self) -> bool:
        name = self._carrier.name
        cursor = await self._in_store(lambda books: self._desk.cursor(books, name))
        news = await self._carrier.poll(cursor)
        taken = [await self._take(arrival) for arrival in news.inbound]
        await self._take_receipts(news.receipts)
        if all(taken) and news.cursor != cursor:
            await self._in_store(lambda books: self._desk.keep_cursor(books, name, news.cursor))
        return all(taken)

    async def _take_receipts(self, fresh: Sequence[Receipt]) -> None:
        """The new ones, and those of texts that we may know by now."""
        offered = [*self._strangers, *fresh]
        unknown = await self._inbound.receipts(offered) if offered else []
        left = {one: self._strangers.get(one, STRANGER_ROUNDS) - 1 for one in unknown[-STRANGERS_KEPT:]}
        self._strangers = {one: rounds for one, rounds in left.items() if rounds > 0}

    async def _take(self, arrival: Incoming) -> bool:
        """A reply that the books refuse holds back no other; the cursor stays, so it comes again."""
        try:
            await self._inbound.text(arrival)
        except Exception as error:  # noqa: BLE001 - see above
            log.error("a reply of %s could not be taken in: %s", arrival.carrier, blame(error))  # noqa: TRY400
            return False
        return True
