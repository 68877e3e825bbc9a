"""How a modem in the PBX and the PBX's own trunk talk, on the core that all carriers share: a scripted manager."""

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from ami_listener.session import AmiAccount, Timing
from secondring.carriers.manager import AmiManager
from secondring.store.memory import MemoryStore
from sms_gateway.carriers.ami.dialects import DIALECTS
from sms_gateway.carriers.ami.gsm import GsmCarrier, GsmSettings
from sms_gateway.carriers.ami.sip import SipCarrier, SipSettings
from sms_gateway.carriers.port import Driver, Poll
from sms_gateway.notes import BookNotes
from tests.support.fake_ami import SECRET, USER, FakeAmi
from tests.support.fake_carrier.core import Core, State, Trouble
from tests.support.fake_carrier.dialect import Subject, polled
from tests.unit.sms_gateway.fakes import CLINIC, World

QUICK = Timing(connect=5, answer=2, first_pause=0.01, longest_pause=0.02)
Action = dict[str, list[str]]
MUTE = frozenset(Trouble)


def b64(words: str) -> str:
    """As the PBX writes it."""
    return base64.b64encode(words.encode()).decode()


class ScriptedPbx:
    """Answers a manager's actions in the name of a core."""

    def __init__(self, core: Core, ami: FakeAmi) -> None:
        self.core, self.ami = core, ami
        self.waiting: dict[str, str] = {}
        """What its database keeps for us."""
        ami.scripted = {
            "DongleSendSMS": self._dongle,
            "MessageSend": self._message,
            "DBGetTree": self._list,
            "DBDel": self._delete,
        }

    def _submit(self, to: str, sender: str, body: str, key: str) -> Sequence[str]:
        verdict = self.core.submit(to=to, sender=sender, body=body, key=key)
        if verdict.hang_up:
            self.ami.cut()
        return ("Error", "Message: refused") if verdict.trouble else ("Success", "Message: queued")

    def _dongle(self, action: Action) -> Sequence[str]:
        body = action["Message"][0].encode("latin-1", "backslashreplace").decode("unicode_escape")
        return self._submit(action["Number"][0], CLINIC.e164, body, action["Payload"][0])

    def _message(self, action: Action) -> Sequence[str]:
        body = base64.b64decode(action["Base64Body"][0]).decode()
        to = action["To"][0].rpartition("sip:")[2].split("@")[0]
        return self._submit(to, CLINIC.e164, body, "")

    def _list(self, action: Action) -> Sequence[str]:
        tag = f"ActionID: {action['ActionID'][0]}"
        rows = [
            line
            for key, words in self.waiting.items()
            for line in (
                "Event: DBGetTreeResponse",
                f"Key: /secondring-texts/{key}",
                f"Val: {words}",
                tag,
                "",
            )
        ]
        return ("Success", "EventList: start", "", *rows, "Event: DBGetTreeComplete", tag)

    def _delete(self, action: Action) -> Sequence[str]:
        self.waiting.pop(action["Key"][0], None)
        return ("Success",)

    def keep(self) -> None:
        """What people wrote comes by the dialplan into the database."""
        for said in self.core.due_words():
            words = [f"<sip:{number}@h>" for number in (said.sender, said.to)]
            at = int(said.at.timestamp())
            slot = str(1 + max((int(key) for key in self.waiting), default=int(said.id[2:])))
            self.waiting[slot] = "|".join([str(at), *(b64(each) for each in (*words, said.body))])

    def say(self) -> int:
        """What people wrote, and what became of ours, comes as events; gives how many."""
        words, receipts = self.core.due_words(), self.core.due_receipts()
        for said in words:
            event = {"Event": "DongleNewSMSBase64", "Device": "dongle0", "From": said.sender}
            self.ami.say({**event, "Message": b64(said.body)})
        for told in receipts:
            arrived = "2026-03-02 12:00:00" if told.state is State.DELIVERED else ""
            success = "0" if told.state is State.FAILED else "1"
            event = {"Event": "DongleReport", "Device": "dongle0", "Payload": told.taken.key, "DT": arrived}
            self.ami.say({**event, "Success": success})
        return len(words) + len(receipts)


class _Modem(GsmCarrier):
    """One that has heard all that is due before it is asked."""

    pbx: ScriptedPbx

    async def poll(self, cursor: str | None) -> Poll:
        await super().poll(None)  # it listens from its first poll on
        before, said = len(await self._notes.all("in:")), self.pbx.say()
        async with asyncio.timeout(15):
            while len(await self._notes.all("in:")) < before + said:  # noqa: ASYNC110 - the books ring no bell
                await asyncio.sleep(0.002)
        return await super().poll(cursor)


class _Trunk(SipCarrier):
    """One whose dialplan has run before it is asked."""

    pbx: ScriptedPbx

    async def poll(self, cursor: str | None) -> Poll:
        self.pbx.keep()
        return await super().poll(cursor)


@dataclass
class DongleDialect:
    """A modem in the PBX."""

    name: str = "dongle"
    kind: str = "dongle"
    mute: frozenset[Trouble] = field(default=MUTE)

    @asynccontextmanager
    async def serve(self, core: Core) -> AsyncIterator[Subject]:
        async with FakeAmi() as ami:
            world = World(store=MemoryStore())
            carrier = _Modem(
                GsmSettings(name="dongle", ports={CLINIC: "dongle0"}),
                DIALECTS["dongle"],
                AmiManager(AmiAccount(port=ami.port, user=USER, secret=SECRET), QUICK),
                BookNotes("dongle", core.clock, world.in_store),
                core.clock,
            )
            carrier.pbx = ScriptedPbx(core, ami)
            yield Subject(Driver(carrier=carrier), core, polled(carrier))
            await carrier.close()


@dataclass
class SipDialect:
    """The PBX's own trunk."""

    name: str = "sip"
    kind: str = "sip"
    mute: frozenset[Trouble] = field(default=MUTE)

    @asynccontextmanager
    async def serve(self, core: Core) -> AsyncIterator[Subject]:
        async with FakeAmi() as ami:
            settings = SipSettings(endpoint="trunk", host="h.example", our_host="o.example")
            account = AmiAccount(port=ami.port, user=USER, secret=SECRET)
            carrier = _Trunk(settings, AmiManager(account, QUICK))
            carrier.pbx = ScriptedPbx(core, ami)
            yield Subject(Driver(carrier=carrier), core, polled(carrier))
            await carrier.close()
