"""A message centre's way of talking, on the core that all carriers share."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from secondring.store.memory import MemoryStore
from sms_gateway.carriers.port import Driver, Poll
from sms_gateway.carriers.smpp import pdu
from sms_gateway.carriers.smpp.carrier import SmppCarrier, SmppSettings
from sms_gateway.carriers.smpp.link import Patience
from sms_gateway.carriers.smpp.parts import cut, join, place_of, words_of
from sms_gateway.carriers.smpp.pdu import Address, Command, Pdu
from sms_gateway.carriers.smpp.session import Centre
from sms_gateway.notes import BookNotes
from sms_gateway.reactions import React
from tests.support.fake_carrier.core import Core, Said, State, Told, Trouble
from tests.support.fake_carrier.dialect import Limits, Subject, polled
from tests.unit.sms_gateway.fakes import World

INTERNATIONAL, ALPHANUMERIC = 1, 5
"""Types of numbers."""
STATUS = {
    Trouble.BUSY: 0x58,
    Trouble.SENDER: 0x0A,
    Trouble.ACCOUNT: 0x0F,
    Trouble.BAD_NUMBER: 0x0B,
}
WORDS = {State.DELIVERED: "DELIVRD", State.SENT: "ENROUTE"}
FAILURES = {Trouble.FILTERED: "REJECTD", Trouble.UNREACHABLE: "EXPIRED"}
"""All else is `UNDELIV`."""
OWN_CODES = "SMPP 3.4 has no status for it: carriers use codes of their own, from 0x400 on"


class FakeCentre:
    """Speaks for a core; one ESME at a time."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.port = 0
        self._writer: asyncio.StreamWriter | None = None
        self._pieces: dict[tuple[str, int], dict[int, tuple[bytes, str]]] = {}
        self._parts: dict[str, list[str]] = {}
        """The ids of the parts of a text that was taken, by its id."""
        self._count = 0
        self._acks: dict[int, asyncio.Future[int]] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One link."""
        self._writer = writer
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                header = await reader.readexactly(pdu.HEADER.size)
                packet = pdu.unpack(header, await reader.readexactly(pdu.length_of(header)))
                if packet.command == Command.SUBMIT_SM:
                    await self._submit(packet, writer)
                elif packet.is_response:
                    self._acks.pop(packet.sequence).set_result(packet.status)
                else:
                    writer.write(pdu.pack(pdu.answer(packet)))
        writer.close()

    async def tell(self) -> None:
        """Deliver all that is due, and wait until each is acknowledged."""
        for told in self.core.due_receipts():
            for id_ in self._parts[told.taken.id]:
                await self._deliver(told.taken.to, told.taken.sender, self._receipt(told, id_), esm_class=4)
        for said in self.core.due_words():
            await self._say(said)

    async def _submit(self, packet: Pdu, writer: asyncio.StreamWriter) -> None:
        if self.core.weather.slow:
            await asyncio.sleep(self.core.weather.slow)
        one = pdu.read_delivery(packet.body)
        place = place_of(one)
        total, number = (place.total, place.number) if place else (1, 1)
        pieces = self._pieces.setdefault((one.destination.digits, place.reference if place else -1), {})
        self._count += 1
        id_ = f"part{self._count}"
        pieces[number] = (words_of(one), id_)
        if len(pieces) < total:
            self._answer(writer, packet, id_)
            return
        ids = [pieces[n][1] for n in sorted(pieces)]
        body = join([(n, words) for n, (words, _) in pieces.items()], total, one.data_coding)
        pieces.clear()
        to = f"+{one.destination.digits}"
        if self.core.phones[to].refuses is Trouble.LANDLINE:
            self.core.finds_out_later(to)
        verdict = self.core.submit(to=to, sender=f"+{one.source.digits}", body=body)
        if verdict.taken:
            self._parts[verdict.taken.id] = ids
        if verdict.hang_up or verdict.trouble is Trouble.BROKEN:
            writer.close()
        elif verdict.trouble:
            status = int(self.core.own_code or "0", 16) or STATUS.get(verdict.trouble, 0x45)
            writer.write(pdu.pack(pdu.answer(packet, status)))
        else:
            self._answer(writer, packet, id_)

    def _answer(self, writer: asyncio.StreamWriter, packet: Pdu, id_: str) -> None:
        body = id_.encode() + b"\0"
        writer.write(pdu.pack(Pdu(packet.command | pdu.RESPONSE, pdu.OK, packet.sequence, body)))

    def _receipt(self, told: Told, id_: str) -> bytes:
        word = WORDS.get(told.state) or self.core.own_code
        word = word or (FAILURES.get(told.trouble, "UNDELIV") if told.trouble else "UNDELIV")
        return f"id:{id_} sub:001 dlvrd:001 stat:{word} err:000 text:".encode()

    async def _say(self, said: Said) -> None:
        for part in cut(said.body, 1):
            await self._deliver(
                said.sender, said.to, part.user_data, esm_class=part.esm_class, coding=part.data_coding
            )

    async def _deliver(
        self, source: str, to: str, data: bytes, *, esm_class: int = 0, coding: int = 0
    ) -> None:
        assert self._writer is not None
        body = pdu.submit(
            Address(source.removeprefix("+"), ton=INTERNATIONAL if source.startswith("+") else ALPHANUMERIC),
            Address(to[1:]),
            esm_class=esm_class,
            data_coding=coding,
            user_data=data,
        )
        self._count += 1
        ack: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._acks[self._count] = ack
        self._writer.write(pdu.pack(Pdu(Command.DELIVER_SM, pdu.OK, self._count, body)))
        assert await asyncio.wait_for(ack, 15) == pdu.OK


class _Told(SmppCarrier):
    """With a centre that has delivered what is due before it is asked."""

    centre: FakeCentre

    async def poll(self, cursor: str | None) -> Poll:
        async with asyncio.timeout(15):
            while await self._link.session() is None:  # noqa: ASYNC110 - a centre tells nobody
                await asyncio.sleep(0.002)
        await self.centre.tell()
        return await super().poll(cursor)


LIMITS = Limits(
    stays_in_doubt="a part without an answer may be out, and SMPP knows no text again: a person clears it up",
    at_once={Trouble.OPTED_OUT: OWN_CODES, Trouble.NOT_REGISTERED: OWN_CODES},
    later={Trouble.BAD_NUMBER: "a message centre refuses such a number at once"},
    coarse=dict.fromkeys((Trouble.LANDLINE, Trouble.UNREACHABLE, Trouble.NO_REASON), React.NEVER),
)


@dataclass
class SmppDialect:
    """SMPP 3.4. A receipt says `UNDELIV` for most of what may be wrong with a phone."""

    name: str = "smpp"
    kind: str = "smpp"
    limits: Limits = LIMITS

    @asynccontextmanager
    async def serve(self, core: Core) -> AsyncIterator[Subject]:
        peer = FakeCentre(core)
        server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
        centre = Centre(
            host="127.0.0.1", port=server.sockets[0].getsockname()[1], system_id="c", password="p", answer=2.0
        )
        world = World(store=MemoryStore())
        settings = SmppSettings(
            centre=centre, patience=Patience(first_pause=0.01, longest_pause=0.02), rest=timedelta(0)
        )
        carrier = _Told(settings, BookNotes("smpp", core.clock, world.in_store), core.clock)
        carrier.centre = peer
        yield Subject(Driver(carrier=carrier), core, polled(carrier))
        await carrier.close()
        server.close()
        await server.wait_closed()
