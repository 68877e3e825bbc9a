"""How gammu-smsd treats its database, on the core that all carriers share: real SQLite, the package's own schema.

tests/integration/sms/test_gammu.py holds the played daemon and the real one to the same assertions.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sms_gateway.carriers.gammu import OURS, GammuCarrier, GammuSettings
from sms_gateway.carriers.port import Driver, OutgoingText, Poll, SendResult
from sms_gateway.reactions import React
from sms_gateway.segments import segments
from tests.support.fake_carrier.core import OF_THE_PHONE, Core, State, Told, Trouble
from tests.support.fake_carrier.dialect import NO_OPT_OUTS, NO_REGISTER, Limits, Subject, polled
from tests.support.smsd import SmsdBooks, installed
from tests.unit.sms_gateway.fakes import CLINIC

PHONE = "front-desk"
WAITING = "SELECT ID, CreatorID, DestinationNumber FROM outbox WHERE Status = 'Reserved' ORDER BY ID"
PARTS = """
SELECT 1, TextDecoded, Coding, coalesce(UDH, '') FROM outbox WHERE ID = ?1
UNION ALL SELECT SequencePosition, TextDecoded, Coding, coalesce(UDH, '') FROM outbox_multipart WHERE ID = ?1
ORDER BY 1
"""
SENT = """
INSERT INTO sentitems (ID, SequencePosition, CreatorID, SenderID, DestinationNumber, Text, TextDecoded, Coding, UDH,
  Status) VALUES (?, ?, ?, ?, ?, '', ?, ?, ?, ?)
"""
CAME = """
INSERT INTO inbox (SenderNumber, RecipientID, Text, TextDecoded, Coding, UDH, ReceivingDateTime)
VALUES (?, ?, '', ?, 'Unicode_No_Compression', ?, datetime('now', 'localtime'))
"""
LEFT_ALONE = """
INSERT INTO outbox (CreatorID, DestinationNumber, TextDecoded, SendingDateTime, Status)
VALUES ('another', '', 'x', datetime('now', 'localtime', '-3 minutes'), 'Error')
"""
"""A text of another program that the daemon does not get rid of."""


class PlayedSmsd(SmsdBooks):
    """Does with the database what the daemon does, whenever it is asked to `work`."""

    def __init__(self, folder: Path, core: Core) -> None:
        super().__init__(folder)
        self.core = core
        self.works = True
        self._count = 0

    def work(self) -> None:
        """One round: texts go out, receipts and texts come in."""
        if not self.works:
            return
        for row, creator, to in self.ask(WAITING):
            self._send(row, str(creator), str(to))
        for told in self.core.due_receipts():
            self._told(told)
        for said in self.core.due_words():
            self._count += 1
            pieces = segments(said.body)
            for at, piece in enumerate(pieces, 1):
                udh = f"050003{self._count:02X}{len(pieces):02X}{at:02X}" if len(pieces) > 1 else ""
                self.write(said.sender, piece, udh)

    def write(self, sender: str, words: str, udh: str = "") -> None:
        """A text, or a part of one, reaches its phone."""
        self.ask(CAME, sender, PHONE, words, udh)

    def _send(self, row: object, creator: str, to: str) -> None:
        parts = self.ask(PARTS, row)
        body = "".join(str(words) for _, words, _, _ in parts)
        self.core.finds_out_later(to)
        verdict = self.core.submit(to=to, sender=CLINIC.e164, body=body, key=creator.removeprefix(OURS))
        if verdict.hang_up and verdict.taken is None:
            return  # its phone did not take it: it stays in the outbox
        status = (self.core.own_code or "SendingError") if verdict.trouble else "SendingOK"
        for number, words, coding, udh in parts:
            self.ask(SENT, row, number, creator, PHONE, to, words, coding, udh, status)
        self.ask("DELETE FROM outbox WHERE ID = ?", row)
        self.ask("DELETE FROM outbox_multipart WHERE ID = ?", row)

    def _told(self, told: Told) -> None:
        if told.state is State.SENT:
            return
        bad = self.core.own_code or "DeliveryFailed"
        status = bad if told.state is State.FAILED else "DeliveryOK"
        self.ask("UPDATE sentitems SET Status = ? WHERE CreatorID = ?", status, f"{OURS}{told.taken.key}")


class PlayedCarrier(GammuCarrier):
    """One whose daemon is as quick as a text, and has worked before it is asked."""

    daemon: PlayedSmsd
    alone: asyncio.Lock
    """The weather of one text must not meet another's: each has the database to itself."""

    async def send(self, text: OutgoingText) -> SendResult:
        async with self.alone:
            return await self._in_the_weather(text)

    async def _in_the_weather(self, text: OutgoingText) -> SendResult:
        core = self.daemon.core
        if core.random.random() < core.weather.lost_requests:
            return await self._without_a_database(text)
        storm = core.weather.storm
        if storm and storm[0] is Trouble.BROKEN:
            storm.pop(0)
            return await self._without_a_database(text)
        if storm and storm[0] is Trouble.BUSY:
            storm.pop(0)
            self.daemon.ask(LEFT_ALONE)
            result = await super().send(text)
            self.daemon.ask("DELETE FROM outbox WHERE CreatorID = 'another'")
            return result
        result = await super().send(text)
        self.daemon.work()
        return result

    async def poll(self, cursor: str | None) -> Poll:
        self.daemon.work()
        return await super().poll(cursor)

    async def _without_a_database(self, text: OutgoingText) -> SendResult:
        away = self.daemon.database.rename(self.daemon.folder / "away")
        result = await super().send(text)
        away.rename(self.daemon.database)
        return result


def played_carrier(daemon: PlayedSmsd) -> PlayedCarrier:
    """The driver on a played daemon."""
    settings = GammuSettings(database=daemon.database, phones={CLINIC: PHONE})
    carrier = PlayedCarrier(settings, lambda: datetime.now(UTC))
    carrier.daemon, carrier.alone = daemon, asyncio.Lock()
    return carrier


LIMITS = Limits(
    at_once={Trouble.OPTED_OUT: NO_OPT_OUTS, Trouble.NOT_REGISTERED: NO_REGISTER},
    coarse=dict.fromkeys(OF_THE_PHONE, React.NEVER) | {Trouble.ACCOUNT: React.OTHER_CARRIER},
    never_in_doubt="a row is in gammu-smsd's database or it is not: there is no answer to lose",
)


@dataclass
class GammuDialect:
    """A phone with a daemon. What its network does not take is told later, like all else."""

    name: str = "gammu"
    kind: str = "gammu"
    limits: Limits = LIMITS

    @asynccontextmanager
    async def serve(self, core: Core) -> AsyncIterator[Subject]:
        if not installed():
            pytest.skip("scripts/test installs gammu-smsd, whose schema this needs")
        with tempfile.TemporaryDirectory() as folder:
            carrier = played_carrier(PlayedSmsd(Path(folder), core))
            yield Subject(Driver(carrier=carrier), core, polled(carrier))
            await carrier.close()
