"""The carrier of the demo and the tests: simulated phones, read and answered from the terminal."""

import asyncio
from collections.abc import Callable
from datetime import datetime

from secondring.domain.records import TextState
from secondring.domain.texting import Arrival
from sms_gateway.carriers.port import Accepted, Capabilities, OutgoingText, Poll, Receipt, SendResult
from sms_gateway.carriers.spool import FROM_PHONE, TO_PHONE, Line, Spool

NAME = "handset"


class HandsetCarrier:
    """Phones that are always on: every text arrives at once and its receipt is there at the next poll."""

    capabilities = Capabilities(receipts=True, polling=True, idempotent=True, lookup=True)

    def __init__(self, spool: Spool, clock: Callable[[], datetime], *, name: str = NAME) -> None:
        self.name = name
        self._spool = spool
        self._clock = clock

    async def send(self, text: OutgoingText) -> SendResult:
        """Put the text on the phone, once."""
        line = Line(
            way=TO_PHONE,
            id=str(text.id),
            sender=text.sender,
            to=text.to,
            body=text.body,
            at=self._clock(),
        )
        await asyncio.to_thread(self._spool.add, line)
        return Accepted(f"air-{text.id}")

    async def look_up(self, text: OutgoingText) -> SendResult | None:
        """Look for the text on the phones."""
        known = await asyncio.to_thread(self._spool.has, str(text.id))
        return Accepted(f"air-{text.id}") if known else None

    async def poll(self, cursor: str | None) -> Poll:
        """What phones sent, and a receipt for all that they got, since a place in the file."""
        lines, end = await asyncio.to_thread(self._spool.since, _offset(cursor))
        return Poll(
            inbound=tuple(self._arrival(line) for line in lines if line.way == FROM_PHONE),
            receipts=tuple(
                Receipt(carrier=self.name, id=line.id, state=TextState.DELIVERED)
                for line in lines
                if line.way == TO_PHONE
            ),
            cursor=str(end),
        )

    async def close(self) -> None:
        """Nothing is held open."""

    def _arrival(self, line: Line) -> Arrival:
        return Arrival(
            carrier=self.name,
            carrier_id=line.id,
            sender=line.sender,
            to=line.to,
            body=line.body,
            at=line.at,
        )


def _offset(cursor: str | None) -> int:
    return int(cursor) if cursor is not None and cursor.isdecimal() else 0
