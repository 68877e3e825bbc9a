"""How the PBX's own trunk talks, on the core that all carriers share: a scripted manager."""

import asyncio
import base64
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ami_listener.session import AmiAccount, Timing
from secondring.carriers.manager import AmiManager
from sms_gateway.carriers.ami.sip import SipCarrier, SipSettings
from sms_gateway.carriers.port import Driver, Poll
from sms_gateway.reactions import React
from tests.support.fake_ami import SECRET, USER, FakeAmi
from tests.support.fake_carrier.core import Core, Trouble
from tests.support.fake_carrier.dialect import Limits, Subject, polled
from tests.unit.sms_gateway.fakes import CLINIC

QUICK = Timing(connect=5, answer=2, first_pause=0.01, longest_pause=0.02)
Action = dict[str, list[str]]
NEVER_TOLD = "Asterisk tells only whether it could hand the text to the trunk, never what became of it"


def b64(words: str) -> str:
    """As the PBX writes it."""
    return base64.b64encode(words.encode()).decode()


class ScriptedPbx:
    """Answers a manager's actions in the name of a core."""

    def __init__(self, core: Core, ami: FakeAmi) -> None:
        self.core, self.ami = core, ami
        self.waiting: dict[str, str] = {}
        """What its database keeps for us."""
        ami.scripted = {"MessageSend": self._message, "DBGetTree": self._list, "DBDel": self._delete}

    def _message(self, action: Action) -> Sequence[str]:
        body = base64.b64decode(action["Base64Body"][0]).decode()
        to = action["To"][0].rpartition("sip:")[2].split("@")[0]
        verdict = self.core.submit(to=to, sender=CLINIC.e164, body=body)
        if verdict.hang_up or verdict.trouble is Trouble.BROKEN:
            self.ami.cut()
        return ("Error", "Message: refused") if verdict.trouble else ("Success", "Message: queued")

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


class _Trunk(SipCarrier):
    """One whose dialplan has run before it is asked."""

    pbx: ScriptedPbx

    async def poll(self, cursor: str | None) -> Poll:
        async with asyncio.timeout(15):
            while not await self._manager.up():  # noqa: ASYNC110 - a link that broke comes back by itself
                await asyncio.sleep(0.002)
        self.pbx.keep()
        return await super().poll(cursor)


LIMITS = Limits(
    at_once={
        Trouble.OPTED_OUT: NEVER_TOLD,
        Trouble.LANDLINE: NEVER_TOLD,
        Trouble.BAD_NUMBER: NEVER_TOLD,
        Trouble.NOT_REGISTERED: NEVER_TOLD,
        Trouble.BUSY: "Asterisk has no word for too many texts at once",
    },
    coarse={Trouble.ACCOUNT: React.OTHER_CARRIER},
)


@dataclass
class SipDialect:
    """The PBX's own trunk."""

    name: str = "sip"
    kind: str = "sip"
    limits: Limits = LIMITS

    @asynccontextmanager
    async def serve(self, core: Core) -> AsyncIterator[Subject]:
        async with FakeAmi() as ami:
            settings = SipSettings(endpoint="trunk", host="h.example", our_host="o.example")
            account = AmiAccount(port=ami.port, user=USER, secret=SECRET)
            carrier = _Trunk(settings, AmiManager(account, QUICK))
            carrier.pbx = ScriptedPbx(core, ami)
            yield Subject(Driver(carrier=carrier), core, polled(carrier))
            await carrier.close()
