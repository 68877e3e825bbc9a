"""The SMPP carrier: hands texts over part by part, and never a part twice."""

import asyncio
import random
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from secondring.domain.errors import NotSent
from secondring.domain.texting import Fault
from sms_gateway.carriers.port import (
    Accepted,
    Capabilities,
    OutgoingText,
    Poll,
    Refused,
    SendResult,
    TryLater,
    Unknown,
)
from sms_gateway.carriers.smpp import pdu
from sms_gateway.carriers.smpp.link import Link, Patience
from sms_gateway.carriers.smpp.parts import MOST, Part, cut
from sms_gateway.carriers.smpp.pdu import Address, Pdu
from sms_gateway.carriers.smpp.receiving import Receiver
from sms_gateway.carriers.smpp.record import Outcome, Record, Records, Stage, begin
from sms_gateway.carriers.smpp.session import Centre, Session
from sms_gateway.desk import Clock
from sms_gateway.notes import Notes
from sms_gateway.segments import count

NAME = "smpp"
THROTTLED, QUEUE_FULL = 0x58, 0x14
NOT_NOW = frozenset({THROTTLED, QUEUE_FULL})
"""The centre did not take it, and says that it is a matter of speed."""
LONGEST_REST = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmppSettings:
    """A message centre, and what is peculiar about it."""

    centre: Centre
    name: str = NAME
    region: str = "US"
    """Where numbers without a country belong (ISO 3166)."""
    alphabet: str = "gsm"
    """What data coding 0 means in texts that come in: `gsm` or `latin1`."""
    patience: Patience = field(default_factory=Patience)
    rest: timedelta = timedelta(seconds=2)
    """How long to leave a centre alone that throttles; doubles while it goes on."""
    confirms_opt_out: bool = False


class SmppCarrier:
    """One message centre. The link is made with the first text or poll."""

    def __init__(
        self,
        settings: SmppSettings,
        notes: Notes,
        clock: Clock,
        *,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.name = settings.name
        self.capabilities = Capabilities(
            receipts=True,
            polling=True,
            idempotent=True,
            confirms_opt_out=settings.confirms_opt_out,
        )
        self._settings = settings
        self._clock = clock
        self._records = Records(notes)
        self._receiver = Receiver(
            self.name, notes, self._records, clock, region=settings.region, alphabet=settings.alphabet
        )
        self._link = Link(
            settings.centre,
            self._receiver.take,
            patience=settings.patience,
            chance=chance,
            bound=self._receiver.new_link,
        )
        self._late: set[asyncio.Task[None]] = set()
        self._rest_until: datetime | None = None
        self._throttles = 0

    async def send(self, text: OutgoingText) -> SendResult:
        """Submit the parts that the centre has not got yet."""
        parts = count(text.body)
        if parts > MOST:
            return Refused(Fault.CONTENT, "too-long", f"{parts} parts are more than SMPP can number")
        found = await self._records.of(text.id) or begin(text.id, text.to, parts, secrets.randbelow(256))
        if not found.missing or found.in_doubt:
            return _standing(found)
        session = await self._link.session()
        if session is None:
            return TryLater(None, f"no link to the message centre at {self._settings.centre.where}")
        if self._rest_until is not None and self._clock() < self._rest_until:
            return TryLater(self._rest_until - self._clock(), "the message centre asked for a slower pace")
        await self._records.keep(found.going_out())
        return await self._submit(session, text, found)

    async def look_up(self, text: OutgoingText) -> SendResult | None:
        """What we know by now: an answer may have come after we had stopped waiting for it."""
        found = await self._records.of(text.id)
        if found is None or (found.missing and not found.in_doubt):
            return None
        return _standing(found)

    async def poll(self, cursor: str | None) -> Poll:
        """What the centre delivered."""
        await self._link.session()
        return await self._receiver.poll(cursor)

    async def close(self) -> None:
        """Unbind."""
        await self._link.close()
        await asyncio.gather(*self._late, return_exceptions=True)

    async def _submit(self, session: Session, text: OutgoingText, found: Record) -> SendResult:
        parts = cut(text.body, found.reference)
        answers = {
            at: asyncio.create_task(session.submit(_body(text, parts[at])), name=f"text {text.id} part {at}")
            for at in found.missing
        }
        outcomes: dict[int, Outcome] = {}
        try:
            await asyncio.wait(answers.values(), timeout=self._settings.centre.answer)
            outcomes = {at: _outcome(task) for at, task in answers.items() if task.done()}
        finally:  # also when whoever asked stops waiting: what is out is out
            for at in answers.keys() - outcomes.keys():
                self._book_late(found.text, at, answers[at])
        booked = await self._book(found.text, outcomes)
        return self._result(booked or found, list(outcomes.values()))

    async def _book(self, text: str, outcomes: dict[int, Outcome]) -> Record | None:
        booked = await self._records.book(text, outcomes)
        self._receiver.look_again()  # a receipt may have been faster than the answer
        return booked

    def _book_late(self, text: str, at: int, answer: "asyncio.Task[Pdu]") -> None:
        """An answer after we had given up waiting settles what became of the part all the same."""

        async def wait() -> None:
            await asyncio.wait([answer])
            await self._book(text, {at: _outcome(answer)})

        task = asyncio.create_task(wait(), name=f"late answer to text {text}")
        self._late.add(task)
        task.add_done_callback(self._late.discard)

    def _result(self, found: Record, outcomes: list[Outcome]) -> SendResult:
        if found.in_doubt:
            return _standing(found)
        refused = [outcome for outcome in outcomes if outcome.status and outcome.status not in NOT_NOW]
        if refused:
            some = "" if len(found.missing) == len(found.stages) else "; a part of it had gone"
            code = f"0x{refused[0].status:02X}"
            return Refused(Fault.SENDER, code, f"the message centre refused it: {code}{some}")
        if any(outcome.status for outcome in outcomes):
            return TryLater(self._throttle(), "the message centre asked for a slower pace")
        if found.missing:
            return TryLater(None, "the link to the message centre broke before it went out")
        self._throttles = 0
        return _standing(found)

    def _throttle(self) -> timedelta:
        rest: timedelta = min(self._settings.rest * 2 ** min(self._throttles, 10), LONGEST_REST)
        self._throttles += 1
        self._rest_until = self._clock() + rest
        return rest


def _standing(found: Record) -> SendResult:
    if found.in_doubt:
        return Unknown("the message centre has not answered for a part")
    return Accepted(found.ids[0])


def _body(text: OutgoingText, part: Part) -> bytes:
    return pdu.submit(
        Address(text.sender.e164[1:]),
        Address(text.to.e164[1:]),
        esm_class=part.esm_class,
        data_coding=part.data_coding,
        user_data=part.user_data,
    )


def _outcome(answer: "asyncio.Task[Pdu]") -> Outcome:
    error = None if answer.cancelled() else answer.exception()
    if isinstance(error, NotSent):
        return Outcome(Stage.MISSING)
    if answer.cancelled() or error is not None:
        return Outcome(Stage.OUT)
    packet = answer.result()
    if packet.status:
        return Outcome(Stage.MISSING, packet.status)
    return Outcome(Stage.TAKEN, id=pdu.message_id(packet.body))
