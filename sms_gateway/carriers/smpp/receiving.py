"""Takes in what a message centre delivers, and hands it over at polls.

A delivery is on disk before it is acknowledged, and stays there until the gateway has taken it in.
"""

import asyncio
import logging
import secrets
from datetime import datetime, timedelta

from secondring.domain.phone import PhoneNumber, parse_number
from secondring.domain.records import TextState
from secondring.domain.texting import Incoming, incoming
from sms_gateway.carriers.port import Poll, Receipt
from sms_gateway.carriers.smpp import inbox
from sms_gateway.carriers.smpp.inbox import IN, Kept, Whole
from sms_gateway.carriers.smpp.pdu import Delivery
from sms_gateway.carriers.smpp.record import Records
from sms_gateway.desk import Clock
from sms_gateway.handing import Handing
from sms_gateway.notes import Notes

log = logging.getLogger(__name__)

PRINT = "print:"
"""How the names of notes begin that remember a delivery after it was taken in."""
REPEATS = timedelta(hours=6)
"""Within this time the same delivery on another link is the repetition of one whose answer was lost."""
STRANGE_FOR = timedelta(minutes=10)
"""How long a receipt waits for the id that it speaks of to become known."""
LOOK = timedelta(seconds=20)
"""How often notes are looked through that only wait for time to pass."""


class Receiver:
    """The receiving half of one carrier."""

    def __init__(
        self, name: str, notes: Notes, records: Records, clock: Clock, *, region: str, alphabet: str
    ) -> None:
        """`region` is where numbers without a country belong, `alphabet` what data coding 0 stands for."""
        self._name = name
        self._notes = notes
        self._records = records
        self._clock = clock
        self._region = region
        self._alphabet = alphabet
        self._news = asyncio.Event()
        self._news.set()
        self._link = 0
        self._on_link: dict[str, int] = {}
        """On which of our links a delivery came: the same words twice on one link are two texts."""
        self._handing = Handing()
        self._looked_at: datetime | None = None

    def new_link(self) -> None:
        """Deliveries from now on come on another link."""
        self._link += 1

    def look_again(self) -> None:
        """Something has changed that may explain what waits."""
        self._news.set()

    async def take(self, delivery: Delivery) -> None:
        """Keep a delivery; on disk when this returns."""
        kept = inbox.keep(delivery, self._clock())
        if kept is None:
            log.warning("a receipt of the message centre does not say of which text, or what")
        elif not await self._is_repetition(kept):
            name = f"{IN}{self._clock():%Y%m%d%H%M%S}-{secrets.token_hex(8)}"
            await self._notes.change({name: inbox.write(kept)})
            self._on_link[kept.print] = self._link
            self._news.set()

    async def poll(self, cursor: str | None) -> Poll:
        """All that is whole and was not taken in yet."""
        await self._forget(cursor)
        nothing = Poll(cursor=cursor or "")
        if not self._news.is_set() and not self._is_time():
            return nothing
        self._news.clear()
        self._looked_at = self._clock()
        kept = {name: inbox.read(words) for name, words in (await self._notes.all(IN)).items()}
        wholes = inbox.put_together(kept, self._clock(), default=self._alphabet)
        receipts, spent = await self._receipts(kept)
        spent |= {name for whole in wholes for name in whole.notes}
        if not spent:
            return nothing
        arrivals = [self._arrival(whole) for whole in wholes]
        return Poll(inbound=tuple(arrivals), receipts=tuple(receipts), cursor=self._handing.over(spent))

    async def _is_repetition(self, kept: Kept) -> bool:
        """One that came before on a link that has broken since: its answer was lost, so it is sent again."""
        if self._on_link.get(kept.print) == self._link:
            return False
        told_at = await self._notes.one(f"{PRINT}{kept.print}")
        if told_at is not None and datetime.fromisoformat(told_at) >= self._clock() - REPEATS:
            return True
        waiting = await self._notes.all(IN)
        return any(inbox.read(one).print == kept.print for one in waiting.values())

    def _is_time(self) -> bool:
        return self._looked_at is None or self._clock() - self._looked_at >= LOOK

    async def _forget(self, cursor: str | None) -> None:
        """Drop what the gateway has taken in; remember that it came, in case our answer did not get through."""
        taken = self._handing.confirmed(cursor)
        if self._handing.is_open:
            self._news.set()
        if not taken:
            return
        waiting = await self._notes.all(IN)
        prints = {inbox.read(waiting[name]).print for name in taken if name in waiting}
        await self._notes.change({f"{PRINT}{one}": self._clock().isoformat() for one in prints}, taken)
        self._on_link = {one: link for one, link in self._on_link.items() if link == self._link}

    def _arrival(self, whole: Whole) -> Incoming:
        return incoming(
            carrier=self._name,
            carrier_id=whole.id,
            sender=self._number(whole.source) or whole.source,
            to=self._number(whole.destination) or whole.destination,
            body=whole.body,
            at=whole.at,
        )

    def _number(self, written: str) -> PhoneNumber | None:
        """Centres write numbers with and without their + and their country."""
        return parse_number(written, self._region) or parse_number(f"+{written.lstrip('+')}", self._region)

    async def _receipts(self, kept: dict[str, Kept]) -> tuple[list[Receipt], set[str]]:
        """Receipts by our own ids, and the notes they came from, those included that stay strange for ever."""
        receipts, spent = [], set()
        for name, one in kept.items():
            if one.told is None:
                continue
            found = await self._receipt(one)
            if found is not None:
                receipts.append(found)
            if found is not None or self._clock() - one.at >= STRANGE_FOR:
                spent.add(name)
        return receipts, spent

    async def _receipt(self, kept: Kept) -> Receipt | None:
        told = kept.told
        found = await self._records.about(told, self._number(kept.source)) if told else None
        if told is None or found is None:
            return None
        record, at = found
        if record.state is not TextState.FAILED:
            return Receipt(carrier=self._name, id=record.text, state=record.state)
        part = f" for part {at + 1} of {len(record.stages)}" if len(record.stages) > 1 else ""
        error = f" (error {told.error})" if told.error else ""
        note = f"the message centre reports {told.word}{part}{error}"
        return Receipt(carrier=self._name, id=record.text, state=record.state, code=told.word, note=note)
