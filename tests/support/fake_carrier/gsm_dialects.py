"""How boxes and modems with SIM cards talk, on the core that all carriers share: a scripted manager for each make."""

import asyncio
import base64
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote_plus, unquote

from ami_listener.session import AmiAccount
from secondring.carriers.manager import AmiManager
from secondring.domain.records import TextState
from secondring.store.memory import MemoryStore
from sms_gateway.carriers.ami.dialects import DIALECTS
from sms_gateway.carriers.ami.gsm import GsmCarrier, GsmSettings
from sms_gateway.carriers.port import Driver, Poll
from sms_gateway.notes import BookNotes
from sms_gateway.reactions import React
from tests.support.fake_ami import SECRET, USER, FakeAmi
from tests.support.fake_carrier.core import OF_THE_PHONE, Core, Said, State, Told, Trouble, Verdict
from tests.support.fake_carrier.dialect import NO_OPT_OUTS, NO_REGISTER, Limits, Subject, polled
from tests.support.fake_carrier.sip_dialect import QUICK, Action
from tests.unit.sms_gateway.fakes import CLINIC, World

Event = Mapping[str, str]
FOLLOWS = ("Follows", "Privilege: Command")
END = "--END COMMAND--"
PIECE = 60
"""Characters of a part of a long text, as a box hands it over."""
NO_WORD = {Trouble.OPTED_OUT: NO_OPT_OUTS, Trouble.NOT_REGISTERED: NO_REGISTER}
NO_RATE = "this box has no word for too many texts at once"


@dataclass(frozen=True)
class Letter:
    """A text that a box was asked to send."""

    to: str
    body: str
    key: str


class FakeBox(ABC):
    """One make of box. Its network looks for the phone later, unless it waits for that."""

    action: str
    port: str
    taken: Sequence[str]
    noes: ClassVar[Mapping[str, Sequence[str]]]
    """What it answers, by our name for it."""
    codes: ClassVar[Mapping[Trouble, str]]
    waits = False

    def __init__(self, core: Core, ami: FakeAmi) -> None:
        self.core, self.ami = core, ami
        ami.scripted = {self.action: self._take}

    @abstractmethod
    def read(self, action: Action) -> Letter:
        """What it was asked to send."""

    @abstractmethod
    def said(self, said: Said) -> Sequence[Event]:
        """The events for what somebody wrote."""

    @abstractmethod
    def told(self, told: Told) -> Sequence[Event]:
        """The events for what became of a text."""

    def say(self) -> int:
        """What people wrote, and what became of ours; gives how many events."""
        events = [event for said in self.core.due_words() for event in self.said(said)]
        events += [event for told in self.core.due_receipts() for event in self.told(told)]
        self.ami.say(*events)
        return len(events)

    def _take(self, action: Action) -> Sequence[str]:
        letter = self.read(action)
        if not self.waits:
            self.core.finds_out_later(letter.to)
        return self._answer(
            self.core.submit(to=letter.to, sender=CLINIC.e164, body=letter.body, key=letter.key)
        )

    def _answer(self, verdict: Verdict) -> Sequence[str]:
        code = self.codes.get(verdict.trouble) if verdict.trouble else None
        if verdict.hang_up or (verdict.trouble and not code and not self.core.own_code):
            self.ami.cut()
        return self.noes[self.core.own_code or code or ""] if verdict.trouble else self.taken


class FakeDongle(FakeBox):
    """chan_dongle in the PBX."""

    action = "DongleSendSMS"
    port = "dongle0"
    taken = ("Success", "Message: [dongle0] SMS queued for send")
    noes: ClassVar[Mapping[str, Sequence[str]]] = {
        "": ("Error", "Message: [dongle0] went away"),
        "refused": ("Error", "Message: [dongle0] Something else"),
        "no-device": ("Error", "Message: [dongle0] Device not found"),
        "away": ("Error", "Message: [dongle0] Device disconnected"),
    }
    codes: ClassVar[Mapping[Trouble, str]] = {
        Trouble.SENDER: "refused",
        Trouble.ACCOUNT: "no-device",
        Trouble.BUSY: "away",
    }

    def read(self, action: Action) -> Letter:
        """It undoes C's escapes."""
        body = action["Message"][0].encode("latin-1", "backslashreplace").decode("unicode_escape")
        return Letter(action["Number"][0], body, action["Payload"][0])

    def said(self, said: Said) -> Sequence[Event]:
        """Whole, in base64."""
        words = base64.b64encode(said.body.encode()).decode()
        return [
            {
                "Event": "DongleNewSMSBase64",
                "Device": self.port,
                "From": said.sender,
                "Message": words,
            }
        ]

    def told(self, told: Told) -> Sequence[Event]:
        """By our id."""
        arrived = "2026-03-02 12:00:00" if told.state is State.DELIVERED else ""
        success = "0" if told.state is State.FAILED else "1"
        event = {"Event": "DongleReport", "Device": self.port, "Payload": told.taken.key}
        return [event | {"DT": arrived, "Success": success}]


class FakeYeastar(FakeBox):
    """A Yeastar TG."""

    action = "smscommand"
    port = "2"
    taken = ("Follows", "Privilege: SMSCommand", END)
    noes: ClassVar[Mapping[str, Sequence[str]]] = {
        "": ("Error", "Message: error"),
        "refused": (*FOLLOWS, "No such command 'gsm send sms'", END),
        "denied": ("Error", "Message: Permission denied"),
    }
    codes: ClassVar[Mapping[Trouble, str]] = {Trouble.SENDER: "refused", Trouble.ACCOUNT: "denied"}

    def read(self, action: Action) -> Letter:
        """Percent-encoded, in quotes."""
        _, _, _, _, to, words, key = action["command"][0].split(" ")
        return Letter(to, unquote(words.strip('"')), key)

    def said(self, said: Said) -> Sequence[Event]:
        """In parts, the last one first."""
        pieces = [said.body[at : at + PIECE] for at in range(0, len(said.body), PIECE)]
        shared = {"Event": "ReceivedSMS", "GsmSpan": self.port, "Sender": said.sender, "ID": said.id}
        return [
            shared | {"Total": str(len(pieces)), "Index": str(number), "Content": quote_plus(piece)}
            for number, piece in reversed(list(enumerate(pieces, 1)))
        ]

    def told(self, told: Told) -> Sequence[Event]:
        """Once: that it went out, or did not."""
        if told.state is State.SENT:
            return []
        status = "0" if told.state is State.FAILED else "1"
        return [{"Event": "UpdateSMSSend", "ID": told.taken.key, "Status": status, "Smsc": "+1"}]


class FakeOpenVox(FakeBox):
    """An OpenVox VoxStack, which waits for the network."""

    action = "Command"
    port = "3"
    taken = (*FOLLOWS, "Send SMS SUCCESSFULLY", END)
    noes: ClassVar[Mapping[str, Sequence[str]]] = {
        "": (*FOLLOWS, "hm", END),
        "not-sent": (*FOLLOWS, "Send SMS FAILED", END),
        "denied": (*FOLLOWS, "No such command 'gsm send syncsms'", END),
        "hm": (*FOLLOWS, "hm", END),
    }
    codes: ClassVar[Mapping[Trouble, str]] = {
        **dict.fromkeys((*OF_THE_PHONE, Trouble.SENDER), "not-sent"),
        Trouble.ACCOUNT: "denied",
        Trouble.BROKEN: "hm",
    }
    waits = True

    def read(self, action: Action) -> Letter:
        """In quotes, with backslashes."""
        found = re.fullmatch(r'gsm send syncsms \S+ (\S+) "(.*)" \d+ (\S+)', action["Command"][0])
        assert found, "this is no command that the box knows"
        return Letter(found[1], re.sub(r'\\([\\"])', r"\1", found[2]), found[3])

    def said(self, said: Said) -> Sequence[Event]:
        """Nothing that we listen to."""
        return []

    def told(self, told: Told) -> Sequence[Event]:
        """Nothing that we listen to."""
        return []


class _Box(GsmCarrier):
    """One that has heard all that is due before it is asked."""

    peer: FakeBox

    async def poll(self, cursor: str | None) -> Poll:
        await super().poll(None)  # it listens from its first poll on
        async with asyncio.timeout(15):
            while not await self._manager.up():  # noqa: ASYNC110 - what a box says to nobody is lost
                await asyncio.sleep(0.002)
        before, said = len(await self._notes.all("in:")), self.peer.say()
        async with asyncio.timeout(15):
            while len(await self._notes.all("in:")) < before + said:  # noqa: ASYNC110 - the books ring no bell
                await asyncio.sleep(0.002)
        return await super().poll(cursor)


@dataclass
class GsmDialect:
    """A make of box."""

    name: str
    box: Callable[[Core, FakeAmi], FakeBox]
    port: str
    limits: Limits

    @property
    def kind(self) -> str:
        return self.name

    @asynccontextmanager
    async def serve(self, core: Core) -> AsyncIterator[Subject]:
        async with FakeAmi() as ami:
            world = World(store=MemoryStore())
            carrier = _Box(
                GsmSettings(name=self.name, ports={CLINIC: self.port}),
                DIALECTS[self.kind],
                AmiManager(AmiAccount(port=ami.port, user=USER, secret=SECRET), QUICK),
                BookNotes(self.name, core.clock, world.in_store),
                core.clock,
            )
            carrier.peer = self.box(core, ami)
            yield Subject(Driver(carrier=carrier), core, polled(carrier))
            await carrier.close()


def dongle() -> GsmDialect:
    """A modem in the PBX: whatever keeps a text from its phone is one word in the network's report."""
    limits = Limits(
        at_once=NO_WORD,
        coarse=dict.fromkeys(OF_THE_PHONE, React.NEVER),
    )
    return GsmDialect("dongle", FakeDongle, FakeDongle.port, limits)


def yeastar() -> GsmDialect:
    """A box that says whether a text went out, and nothing of its phone."""
    limits = Limits(
        at_once=NO_WORD | {Trouble.BUSY: NO_RATE},
        coarse=dict.fromkeys(OF_THE_PHONE, React.OTHER_CARRIER),
        too_long={
            "rich": "a manager's line holds about a thousand bytes, and each special letter takes up to 12"
        },
        last_word=TextState.ACCEPTED,
    )
    return GsmDialect("yeastar", FakeYeastar, FakeYeastar.port, limits)


def openvox() -> GsmDialect:
    """A box that waits until the network has taken a text or not, and is not heard otherwise."""
    limits = Limits(
        at_once=NO_WORD | {Trouble.BUSY: NO_RATE},
        coarse=dict.fromkeys(OF_THE_PHONE, React.OTHER_CARRIER),
        too_long=dict.fromkeys(("plain", "rich"), "an OpenVox box's command sends one part"),
        hears_nothing="an OpenVox box's events are not described well enough to be listened to",
        writes=lambda body: body.replace("\r", " ").replace("\n", " "),
    )
    return GsmDialect("openvox", FakeOpenVox, FakeOpenVox.port, limits)
