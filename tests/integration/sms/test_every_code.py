"""Every row of every table of codes, driven once through its driver: said as its carrier would say it, and then seen
what the gateway does beside a second carrier that could take over.

docs/carriers.md shows the tables (`python -m sms_gateway.codes_page`); this shows that they are what happens.
"""

import re
from dataclasses import replace

import pytest

from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Text, TextState
from secondring.domain.texting import Fault
from sms_gateway.carriers.port import Driver
from sms_gateway.inbound import Inbound
from sms_gateway.reactions import UNKNOWN_BROKEN, UNKNOWN_REFUSED, React, Reaction, kinds, table_of
from sms_gateway.switchboard import Route
from sms_gateway.trail import trail_of, way
from tests.integration.sms.conftest import DIALECTS
from tests.support.fake_carrier.core import Core, Trouble
from tests.support.fake_carrier.dialect import Dialect, Subject
from tests.support.fake_carrier.gammu_dialect import PlayedCarrier
from tests.unit.sms_gateway.fakes import ANNA, CLINIC, LOOKUP, Clock, FakeCarrier, World

BY_RECEIPT = {
    "bandwidth": r"\d{4}",
    "dongle": r"report-failed",
    "gammu": r"Error|DeliveryFailed",
    "http": r"[a-z-]+",
    "signalwire": r"30\d\d\d",
    "smpp": r"[A-Z]+",
    "telnyx": r"40[01]\d\d",
    "twilio": r"30\d\d\d",
    "yeastar": r"not-sent",
}
"""Which of a kind's codes are told by receipt; the others are answers."""
NO_SUCH_SENDER = ("no-port", "no-phone")
NEVER_LOOKED_AT = "NotTouched"
TOO_LONG = "too-long"
NAMED_BY_US = frozenset({"dongle", "gammu", "openvox", "sip", "yeastar"})
"""They have no codes, or a fixed set: none that we do not know can come."""
STRANGE = {"bandwidth": "7777", "smpp": "0x4FF"}
"""A code that no table has, where it cannot be 77777."""
STRANGER = PhoneNumber("+12025550199")
ENDLESS = "All work and no play. " * 2500

BY_KIND = {dialect.kind: dialect for dialect in DIALECTS}


class Case:
    """One text of one kind of carrier, with a spare carrier beside it."""

    def __init__(self, subject: Subject, kind: str, clock: Clock, number: int) -> None:
        self.subject, self.kind, self.core = subject, kind, subject.core
        self.id = f"{kind}-{number}"
        self.spare = FakeCarrier(LOOKUP, "spare")
        self.world = World(clock=clock)
        self.world.routes = (
            Route(subject.driver, kind=kind, asks_lines=False),
            Route(Driver(carrier=self.spare), kind="nobody's"),
        )
        self.world.outbox = self.world.new_outbox()
        self.inbound: Inbound = self.world.new_inbound(self._ring)

    async def _ring(self) -> None:
        return None

    async def meets(self, code: str) -> None:
        """The carrier says this code, by the way that it would."""
        if code in NO_SUCH_SENDER:
            await self._sends(sender=STRANGER)
        elif code == TOO_LONG:
            await self._sends(body=ENDLESS)
        elif code == NEVER_LOOKED_AT:
            await self._is_left_alone()
        elif re.fullmatch(BY_RECEIPT.get(self.kind, r"\b\B"), code):
            await self._hears_later(code)
        else:
            self.core.own_code, self.core.senders[CLINIC.e164] = code, Trouble.SENDER
            await self._sends()
            await self._hears()  # a box may know it by its own id only later

    async def _sends(self, *, sender: PhoneNumber = CLINIC, body: str = "Reply BOOK") -> None:
        self.world.queue(self.id, template="book", body=body)  # a first text is not worth a late second try
        with self.world.store.transaction() as books:
            text = books.text(self.text.id)
            assert text is not None
            books.save_text(replace(text, ours=sender))
        await self.world.work()

    async def _hears_later(self, code: str) -> None:
        self.core.phones[ANNA.e164].fails = Trouble.NO_REASON
        await self._sends()
        assert self.text.state is TextState.ACCEPTED
        self.core.own_code = code
        self.core.carry()
        await self._hears()

    async def _hears(self) -> None:
        if self.subject.carrier.capabilities.receipts:
            await self.inbound.receipts((await self.subject.news()).receipts)
        await self.world.work()

    async def _is_left_alone(self) -> None:
        carrier = self.subject.carrier
        assert isinstance(carrier, PlayedCarrier)
        carrier.daemon.works = False
        await self._sends()
        carrier.daemon.ask("UPDATE outbox SET SendingDateTime = '2026-01-01', SendingTimeOut = '2026-01-01'")
        await self._hears()
        carrier.daemon.works = True

    @property
    def text(self) -> Text:
        return self.world.text(self.id)

    def did(self, row: Reaction) -> None:
        """What the table says, and nothing else, is what happened."""
        took_over = bool(self.spare.phone)
        alarms = [kind for kind, _ in self.world.desk.alarms]
        faults = [(failure.fault, failure.code) for failure in self.world.desk.failures]
        trail = trail_of(self.text)
        name = self.subject.carrier.name
        if row.react in ALARMS:
            of_the_number = row.react in (React.OTHER_SENDER, React.REGISTRATION)
            assert (took_over, alarms, faults) == (True, [ALARMS[row.react]], [])
            assert trail.out == {way(name, self.text.ours) if of_the_number else name}
        elif row.react is React.RETRY:
            assert (took_over, alarms, faults) == (False, [], [])
            assert (self.text.state, trail.times(row.code)) == (TextState.QUEUED, 1)
            assert self.text.due_at == self.world.clock() + row.spacing[0]
        elif row.react is React.SLOW_DOWN:
            assert (took_over, alarms, faults) == (False, [], [])
            assert (self.text.state, trail.out) == (TextState.QUEUED, frozenset())
            job = self.world.job(self.id)
            assert job is not None
            assert job.due_at > self.world.clock()
        elif row.react is React.UNCERTAIN:
            assert (took_over, alarms) == (False, [])
            assert self.text.state is TextState.UNKNOWN or faults[0][0] is Fault.OUTCOME_UNKNOWN
        else:
            assert (took_over, alarms, self.text.state) == (False, [], TextState.FAILED)
            (fault, _) = faults[0]
            assert fault is THEIRS.get(row.react, fault)
            assert row.react is not React.NEVER or fault not in THEIRS.values() or fault is Fault.CONTENT


ALARMS = {
    React.ACCOUNT: "carrier-account",
    React.REGISTRATION: "carrier-registration",
    React.OTHER_SENDER: "carrier-refuses",
    React.OTHER_CARRIER: "carrier-refuses",
}
THEIRS = {
    React.FILTERED: Fault.CONTENT,
    React.LANDLINE: Fault.LANDLINE,
    React.BAD_NUMBER: Fault.BAD_NUMBER,
    React.OPTED_OUT: Fault.OPTED_OUT,
}


def _codes(kind: str) -> list[tuple[str, Reaction]]:
    """Each code, and one that the table has no row for, with what the table says to it."""
    named = [code for code in table_of(kind).rows if code not in (UNKNOWN_REFUSED, UNKNOWN_BROKEN)]
    strange = [] if kind in NAMED_BY_US else [STRANGE.get(kind, "77777")]
    return [(code, table_of(kind).reaction(code)) for code in (*named, *strange)]


def test_every_table_has_a_dialect_that_can_say_it() -> None:
    assert set(kinds()) == set(BY_KIND)


@pytest.mark.parametrize("kind", kinds())
async def test_each_code_leads_to_what_its_table_says(kind: str) -> None:
    dialect: Dialect = BY_KIND[kind]
    clock, wrong = Clock(), []
    async with dialect.serve(Core(clock)) as subject:
        for number, (code, row) in enumerate(_codes(kind)):
            case = Case(subject, kind, clock, number)
            try:
                await case.meets(code)
                case.did(row)
            except AssertionError as error:
                wrong.append(f"{code} ({row.react}): {case.text.state} {case.text.note} {error}")
            subject.core.own_code = ""
            subject.core.senders.clear()
            subject.core.phones.clear()
            clock.forward(3600)
    assert wrong == []
