"""One connection to a message centre, from bind to end. It never reconnects: that is the carrier's work."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from secondring.domain.errors import LoginRefused, NotSent, PeerError, blame
from sms_gateway.carriers.smpp import pdu
from sms_gateway.carriers.smpp.pdu import Command, Delivery, Pdu, PduError

log = logging.getLogger(__name__)

MOST_SEQUENCE = 0x7FFFFFFF
WRONG_CREDENTIALS = frozenset({0x0D, 0x0E, 0x0F, 0x05})
"""Bind failed, invalid password, invalid system id, already bound: another try at once would not help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Centre:
    """Where a message centre is, as whom we bind, and how patient we are (seconds)."""

    host: str
    port: int = 2775
    system_id: str
    password: str = field(repr=False)
    system_type: str = ""
    tls: ssl.SSLContext | None = None
    window: int = 10
    """Texts on the way at once."""
    connect: float = 10.0
    answer: float = 10.0
    enquire_every: float = 30.0

    @property
    def where(self) -> str:
        """The address, as messages show it."""
        return f"{self.host}:{self.port}"


Take = Callable[[Delivery], Awaitable[None]]
"""Keeps a delivery for good; it is acknowledged when this returns, and asked for again when this raises."""


class Session:
    """A bound connection."""

    def __init__(
        self, centre: Centre, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, take: Take
    ) -> None:
        self._centre = centre
        self._reader = reader
        self._writer = writer
        self._take = take
        self._sequence = 0
        self._waiting: dict[int, asyncio.Future[Pdu]] = {}
        self._window = asyncio.Semaphore(centre.window)
        self._deliveries: asyncio.Queue[Pdu] = asyncio.Queue(maxsize=100)
        self._heard = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @staticmethod
    async def open(centre: Centre, take: Take) -> "Session":
        """Connect and bind. Raises LoginRefused when the centre says no, PeerError when it is not there."""
        try:
            async with asyncio.timeout(centre.connect):
                reader, writer = await asyncio.open_connection(centre.host, centre.port, ssl=centre.tls)
        except OSError as error:  # TimeoutError is one
            raise PeerError(
                f"cannot reach the message centre at {centre.where}: {type(error).__name__}"
            ) from error
        session = Session(centre, reader, writer, take)
        session._tasks.append(asyncio.create_task(session._read(), name=f"smpp reader {centre.where}"))
        try:
            await session._bind()
        except BaseException:
            await session.close(politely=False)
            raise
        for work, name in ((session._acknowledge, "deliveries"), (session._enquire, "enquire")):
            session._tasks.append(asyncio.create_task(work(), name=f"smpp {name} {centre.where}"))
        return session

    async def submit(self, body: bytes) -> Pdu:
        """Hand over one part and wait for its answer, however long the link lasts.

        Raises NotSent when it surely did not leave, PeerError when the link broke while it was out.
        """
        async with self._window:
            return await self._request(Command.SUBMIT_SM, body)

    async def ended(self) -> str:
        """Wait until the connection is over; why."""
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in self._tasks:
            if task.done() and not task.cancelled() and (error := task.exception()):
                return str(error) if isinstance(error, PeerError | PduError) else blame(error)
        return "the message centre closed the connection"

    async def close(self, *, politely: bool = True) -> None:
        """Unbind and close. Harmless when it has ended already."""
        if politely and not self._writer.is_closing():
            with contextlib.suppress(PeerError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._request(Command.UNBIND, b"")
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._fail_waiting()
        self._writer.transport.abort()

    # -- inside --------------------------------------------------------------------------------------

    async def _bind(self) -> None:
        centre = self._centre
        body = pdu.bind(centre.system_id, centre.password, centre.system_type)
        try:
            async with asyncio.timeout(centre.connect):
                answer = await self._request(Command.BIND_TRANSCEIVER, body)
        except TimeoutError:
            raise PeerError(f"the message centre at {centre.where} does not answer the bind") from None
        if answer.status in WRONG_CREDENTIALS:
            raise LoginRefused(
                f"the message centre at {centre.where} refuses system id {centre.system_id!r}"
                f" (0x{answer.status:02X}): compare id and password with what the carrier gave you"
            )
        if answer.status:
            raise PeerError(f"the message centre at {centre.where} refuses the bind: 0x{answer.status:02X}")

    async def _request(self, command: Command, body: bytes) -> Pdu:
        if self._writer.is_closing():
            raise NotSent(f"the link to {self._centre.where} is down")
        self._sequence = self._sequence % MOST_SEQUENCE + 1
        sequence = self._sequence
        future: asyncio.Future[Pdu] = asyncio.get_running_loop().create_future()
        self._waiting[sequence] = future
        self._writer.write(pdu.pack(Pdu(command, pdu.OK, sequence, body)))
        try:
            return await future
        finally:
            self._waiting.pop(sequence, None)

    async def _read(self) -> None:
        try:
            while True:
                header = await self._reader.readexactly(pdu.HEADER.size)
                body = await self._reader.readexactly(pdu.length_of(header))
                self._heard.set()
                if not await self._understand(pdu.unpack(header, body)):
                    return
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            self._writer.transport.abort()
            self._fail_waiting()

    async def _understand(self, packet: Pdu) -> bool:
        """False when the centre says goodbye."""
        if packet.is_response:
            future = self._waiting.get(packet.sequence)
            if future is not None and not future.done():
                future.set_result(packet)
        elif packet.command == Command.DELIVER_SM:
            await self._deliveries.put(packet)
        else:
            known = packet.command in (Command.ENQUIRE_LINK, Command.UNBIND)
            nack = Pdu(Command.GENERIC_NACK, pdu.INVALID_COMMAND, packet.sequence)
            self._writer.write(pdu.pack(pdu.answer(packet) if known else nack))
        return packet.command != Command.UNBIND

    async def _acknowledge(self) -> None:
        """One delivery after the other: none is acknowledged before it is on disk."""
        while True:
            packet = await self._deliveries.get()
            status = await self._keep(packet)
            self._writer.write(pdu.pack(pdu.answer(packet, status)))

    async def _keep(self, packet: Pdu) -> int:
        try:
            await self._take(pdu.read_delivery(packet.body))
        except PduError as error:
            # Sent again it would not be any better: thanked for, so that it does not block all that follow.
            log.error("a delivery of the message centre cannot be read: %s", error)  # noqa: TRY400 - it names the cause
        except Exception as error:  # noqa: BLE001 - the centre has to keep what we could not
            log.error("a delivery could not be taken in, it will come again: %s", blame(error))  # noqa: TRY400
            return pdu.TRY_AGAIN_LATER
        return pdu.OK

    async def _enquire(self) -> None:
        """Ask for a sign of life when there was none for a while."""
        while True:
            self._heard.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._centre.enquire_every):
                    await self._heard.wait()
                await asyncio.sleep(self._centre.enquire_every / 4)
                continue
            try:
                async with asyncio.timeout(self._centre.answer):
                    await self._request(Command.ENQUIRE_LINK, b"")
            except TimeoutError:
                raise PeerError(f"the message centre at {self._centre.where} fell silent") from None

    def _fail_waiting(self) -> None:
        for future in list(self._waiting.values()):
            if not future.done():
                future.set_exception(PeerError(f"the link to {self._centre.where} broke"))
                future.exception()  # whoever waits has it; if nobody does, that is no news
