"""Proves a carrier from end to end: the account, a text to a phone of the clinic's own, its receipt, the way back.

The text stands in the books like any other, so that its receipt finds it whichever process takes it in. No job sends
it again: what happens to it happens here.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import TypeVar

from config.settings import CarrierSettings, Settings
from secondring import way_back, wiring
from secondring.carriers import driver as make_driver
from secondring.domain import consent, episodes, pulse
from secondring.domain.errors import ConfigError, NotNow, PeerError
from secondring.domain.ids import EpisodeId, TextId, derived_id, text_id
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import Episode, Origin, Text, TextState
from secondring.domain.sending import ClinicDesk
from secondring.domain.texting import Failure, Fault
from secondring.store.sqlstore import SqlStore
from secondring.way_back import Step
from sms_gateway import standing
from sms_gateway.carriers.port import (
    Accepted,
    Carrier,
    Driver,
    OutgoingText,
    Receipt,
    Refused,
    SendResult,
    TryLater,
    Unknown,
)
from sms_gateway.desk import InStore
from sms_gateway.reactions import UNKNOWN_REFUSED, Reaction, table_of

_T = TypeVar("_T")
LOOK_EVERY = 0.5
ASK_EVERY = timedelta(seconds=3)
_STATES = (TextState.DELIVERED, TextState.FAILED)


def staff_phone(settings: Settings, wanted: PhoneNumber | None) -> PhoneNumber:
    """Whom to text: the one asked for, else the first phone that alarms go to; raises ConfigError without any."""
    rules = settings.rules
    known = (*rules.alarms.texts, *(number for site in rules.sites for number in site.alert_numbers))
    found = wanted or next(iter(known), None)
    if found is None:
        raise ConfigError("nobody to text: say --to with a phone of your own, or set alarms.texts")
    return found


def chosen_carrier(settings: Settings, name: str | None) -> CarrierSettings:
    """The one of that name, else the preferred one."""
    found = [carrier for carrier in settings.carriers if name in (None, carrier.name)]
    if not found:
        raise ConfigError(
            f"no carrier is called {name}; there are: {', '.join(c.name for c in settings.carriers)}"
        )
    return found[0]


async def steps(
    settings: Settings, store: SqlStore, carrier: CarrierSettings, to: PhoneNumber, wait: timedelta
) -> AsyncIterator[Step]:
    """Try one thing after the other; what makes the rest pointless ends it."""
    made = make_driver(carrier, settings, wiring.now)
    if made.begin is not None:
        made.begin(_in(store))
    trial = _Trial(settings, store, carrier, made, to)
    try:
        if made.checks is not None:
            step = await trial.account()
            yield step
            if not step.ok:
                return
        step = await trial.text()
        yield step
        if step.ok:
            yield await trial.receipt(wait)
        yield await trial.replies()
    finally:
        trial.leave()
        await made.carrier.close()


class _Trial:
    def __init__(
        self, settings: Settings, store: SqlStore, carrier: CarrierSettings, made: Driver, to: PhoneNumber
    ) -> None:
        self._settings = settings
        self._store = store
        self._keys = carrier
        self._made = made
        self._carrier: Carrier = made.carrier
        self._to = to
        self._desk = ClinicDesk(settings.rules, wiring.wording(settings), wiring.links(settings.rules))
        self._text: Text | None = None

    async def account(self) -> Step:
        if self._made.checks is None:
            return Step(name="account", ok=None, said="cannot be tried without a text")
        try:
            found = await self._made.checks.check()
        except PeerError as error:
            return Step(
                name="account", ok=False, said=str(error), remedy="look at the address and the network"
            )
        if found.ok:
            return Step(name="account", ok=True, said=found.said)
        row = self._row(found.code)
        remedy = (
            row.remedy or "look at the account's page at the carrier, and at its keys in the configuration"
        )
        return Step(
            name="account", ok=False, said=found.said, code=found.code, meaning=row.meaning, remedy=remedy
        )

    # the text

    async def text(self) -> Step:
        text = self._write()
        self._text = text
        result = await self._send(text)
        if isinstance(result, Unknown) and self._carrier.capabilities.lookup:
            result = await self._carrier.look_up(_letter(text)) or result
        return self._booked(text, result)

    def _write(self) -> Text:
        """A text in an episode that is nobody's, as alarms have them."""
        now, site = wiring.now(), self._settings.rules.sites[0]
        episode = Episode(
            id=EpisodeId(derived_id("E", "carrier-test", now.isoformat())),
            site=site.id,
            caller=None,
            origin=Origin.ALARM,
            calls=0,
            opened_at=now,
            window_ends_at=now,
            closed_at=now,
        )
        senders = self._keys.keys.senders
        text = Text(
            id=text_id(episode.id, episodes.CARRIER_TEST),
            episode=episode.id,
            site=site.id,
            outgoing=True,
            patient=self._to,
            ours=site.sender if not senders or site.sender in senders else senders[0],
            body=f"Second Ring test for {site.name}: texts by {self._keys.name} reach this phone. No need to answer.",
            template=episodes.CARRIER_TEST,
            state=TextState.SENDING,
            created_at=now,
            due_at=now,
            attempts=1,
            carrier=self._carrier.name,
        )
        with self._store.transaction() as books:
            books.save_episode(episode)
            books.save_text(text)
        return text

    async def _send(self, text: Text) -> SendResult:
        limit = self._keys.keys.request_time.total_seconds() + 2
        try:
            async with asyncio.timeout(limit):
                return await self._carrier.send(_letter(text))
        except TimeoutError:
            return Unknown(f"no answer within {limit:g} s")

    def _booked(self, text: Text, result: SendResult) -> Step:
        if isinstance(result, Accepted):
            with self._store.transaction() as books:
                known = books.text(text.id) or text
                standing.accepted(
                    self._desk, books, known, self._carrier.name, result.carrier_id, wiring.now()
                )
            return Step(name="text", ok=True, said=f"{self._carrier.name} took it for {self._to.masked}")
        self._failed(result.note)
        if isinstance(result, Refused):
            row = self._row(result.code)
            said = f"refused: {result.note}"
            remedy = row.remedy or "look the code up at the carrier, and mend what it names"
            return Step(
                name="text", ok=False, said=said, code=result.code, meaning=row.meaning, remedy=remedy
            )
        if isinstance(result, TryLater):
            said, remedy = (
                f"not taken: {result.note}",
                "try again in some minutes; when it stays so, ask the carrier",
            )
        else:
            said = f"no word whether it was taken: {result.note}"
            remedy = "look whether the phone got it; then at the network between this machine and the carrier"
        return Step(name="text", ok=False, said=said, remedy=remedy)

    def _failed(self, note: str) -> None:
        if self._text is not None:
            self._set(replace(self._text, state=TextState.FAILED, settled_at=wiring.now(), note=note))

    def _set(self, text: Text) -> None:
        with self._store.transaction() as books:
            books.save_text(text)

    def leave(self) -> None:
        """Broken off: what hangs in the air is not to look as though it were still on its way."""
        if self._text is not None and self._now().state is TextState.SENDING:
            self._failed("the test was broken off")

    def _now(self) -> Text:
        if self._text is None:
            raise ValueError("nothing was sent yet")
        with self._store.reading() as books:
            return books.text(self._text.id) or self._text

    # its receipt

    async def receipt(self, wait: timedelta) -> Step:
        if not self._carrier.capabilities.receipts:
            return Step(name="receipt", ok=None, said="this carrier sends none: look at the phone")
        until = time.monotonic() + wait.total_seconds()
        asked = 0.0
        while (text := self._now()).state not in _STATES and time.monotonic() < until:
            if self._asks_itself() and time.monotonic() >= asked:
                await self._ask()
                asked = time.monotonic() + ASK_EVERY.total_seconds()
            await asyncio.sleep(LOOK_EVERY)
        return self._told(text, wait)

    def _asks_itself(self) -> bool:
        """Only where no service asks: none runs, or it is in shadow mode."""
        if not self._carrier.capabilities.polling:
            return False
        if self._settings.shadow:
            return True
        with self._store.reading() as books:
            return pulse.silence(pulse.last(books), wiring.now()) is not None

    async def _ask(self) -> None:
        """Take in the receipt of this text; all else stays for the service, so how far was read is not kept."""
        try:
            news = await self._carrier.poll(self._cursor())
        except PeerError:
            return
        with self._store.transaction() as books:
            for receipt in news.receipts:
                text = self._now()
                if receipt.id in (text.id, text.carrier_id):
                    self._take(books, text, receipt)

    def _take(self, books: Books, text: Text, receipt: Receipt) -> None:
        now = wiring.now()
        if receipt.state is TextState.DELIVERED:
            standing.delivered(self._desk, books, text, self._carrier.name, now)
        elif receipt.state is TextState.FAILED:
            row = self._row(receipt.code)
            note = receipt.note or row.meaning
            failure = Failure(fault=Fault.RECIPIENT, note=note, code=receipt.code)
            standing.failed(self._desk, books, text, failure, now)

    def _cursor(self) -> str | None:
        with self._store.reading() as books:
            return self._desk.cursor(books, self._carrier.name)

    def _told(self, text: Text, wait: timedelta) -> Step:
        if text.state is TextState.DELIVERED:
            return Step(name="receipt", ok=True, said="the phone has it")
        if text.state is TextState.FAILED:
            remedy = (
                "send to another phone; when that fails too, look at the sender's registration at the carrier"
            )
            return Step(name="receipt", ok=False, said=f"not delivered: {text.note}", remedy=remedy)
        said = f"none within {wait.total_seconds():g} s; some phones and carriers take longer"
        if self._carrier.capabilities.webhooks:
            remedy = "see that the carrier has our address for receipts, and that the service runs"
        else:
            remedy = "look at the phone, and wait longer with --wait"
        return Step(name="receipt", ok=False, said=said, remedy=remedy)

    # the way back

    async def replies(self) -> Step:
        if self._carrier.capabilities.polling:
            return await way_back.asked(self._carrier, self._cursor())
        if self._settings.webhooks is None or not self._keys.keys.knocks:
            remedy = "set it up to be asked or to deliver: without that no reply and no STOP ever arrives"
            return Step(name="replies", ok=False, said="there is no way back", remedy=remedy)
        return await way_back.knocked(self._settings.webhooks, self._keys.name)

    def _row(self, code: str) -> Reaction:
        return table_of(self._keys.kind).reaction(code or UNKNOWN_REFUSED)


def _in(store: SqlStore) -> InStore:
    async def work_in(work: Callable[[Books], _T]) -> _T:
        with store.transaction() as books:
            return work(books)

    return work_in


def _letter(text: Text) -> OutgoingText:
    return OutgoingText(id=TextId(text.id), to=text.patient, sender=text.ours, body=text.body)


def refuse_patient(store: SqlStore, to: PhoneNumber) -> None:
    """Raise NotNow for a number that asked for no texts: whoever it is, it stays so."""
    with store.reading() as books:
        found = consent.standing(books.consent(to))
    if not found.may_text:
        raise NotNow(f"that phone gets no texts: {found.because}. Take another one of yours.")
