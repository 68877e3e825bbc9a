"""An Asterisk Manager to be cruel with: logs in, lists channels, answers, and misbehaves on request.

    async with FakeAmi() as ami:
        ...
        ami.say({"Event": "Hangup", ...})

It remembers every action that it was sent. It does what Asterisk 22 was seen to do on the wire.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

USER = "secondring"
SECRET = "a-secret-of-the-tests"
GREETING = b"Asterisk Call Manager/11.0.0\r\n"
PATIENCE = 10.0

Headers = Mapping[str, str]


def wire(headers: Headers) -> bytes:
    """A message as Asterisk would write it."""
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items()).encode() + b"\r\n"


async def until(happened: Callable[[], bool], what: str = "it") -> None:
    """Wait for evidence, not for time."""
    async with asyncio.timeout(PATIENCE):
        while not happened():  # noqa: ASYNC110 - any evidence will do, not only what could set an event
            await asyncio.sleep(0.002)
    assert happened(), f"{what} did not happen"


class FakeAmi:
    """One manager interface on a loopback port, which `restart` keeps."""

    def __init__(self, *, tls: ssl.SSLContext | None = None) -> None:
        self.tls = tls
        self.port = 0
        self.greeting = GREETING
        self.after_login = wire({"Event": "FullyBooted", "Privilege": "system,all", "Uptime": "3600"})
        self.rows: Sequence[Headers] = ()
        """What CoreShowChannels lists."""
        self.may_list = True
        self.secret = SECRET
        self.lets_nobody_in = ""
        """What it says to every login instead."""
        self.users = {USER}
        self.silent = False
        """Half-open: the socket stays, nothing is answered."""
        self.deaf_to: set[str] = set()
        """Actions that are never answered."""
        self.scripted: dict[str, Callable[[dict[str, list[str]]], Sequence[str]]] = {}
        """What other actions are answered with: the lines after Response and ActionID; the first is the Response."""
        self.connections = 0
        self.actions: list[dict[str, list[str]]] = []
        """Every action ever received: header to values."""
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._serving: set[asyncio.Task[None]] = set()

    # -- its life ------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; on the same port as before when it had one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Drop everybody and listen no more."""
        if self._server:
            self._server.close()
        self.cut()
        for task in list(self._serving):
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def restart(self) -> None:
        """Stop and start, as a PBX does after `core restart now`."""
        await self.stop()
        await self.start()

    # -- what a test does with it ----------------------------------------------------------------------

    def say(self, *messages: Headers) -> None:
        """Send events to everybody who is logged in."""
        self.say_raw(b"".join(wire(message) for message in messages))

    def say_raw(self, data: bytes) -> None:
        """Send bytes to everybody, as they are."""
        for writer in self._writers:
            writer.write(data)

    def cut(self, parting_bytes: bytes = b"") -> None:
        """Close every connection, perhaps in the middle of a message."""
        for writer in self._writers:
            writer.write(parting_bytes)
            writer.close()

    def names(self) -> list[str]:
        """The names of the actions received, in order."""
        return [action["Action"][0] for action in self.actions]

    async def got(self, name: str, times: int = 1) -> dict[str, list[str]]:
        """Wait until an action was received so often; give the last of them."""
        await until(lambda: self.names().count(name) >= times, f"{times} x {name}")
        return [action for action in self.actions if action["Action"] == [name]][-1]

    @property
    def clients(self) -> int:
        """How many are connected now."""
        return len(self._writers)

    # -- inside ----------------------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._serving.add(task)
        self._writers.add(writer)
        self.connections += 1
        try:
            writer.write(self.greeting)
            await self._converse(reader, writer)
        except (OSError, asyncio.CancelledError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            self._serving.discard(task)
            writer.transport.abort()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            raw = (await reader.readuntil(b"\r\n\r\n")).decode()
            action: dict[str, list[str]] = {}
            for line in raw.strip().split("\r\n"):
                name, _, value = line.partition(": ")
                action.setdefault(name, []).append(value)
            self.actions.append(action)
            name = action["Action"][0]
            if self.silent or name in self.deaf_to:
                continue
            if await self._answer(name, action, writer):
                return

    async def _answer(self, name: str, action: dict[str, list[str]], writer: asyncio.StreamWriter) -> bool:
        """Answer one action; True when the conversation is over."""
        tag = {"ActionID": action["ActionID"][0]}
        answers: dict[str, Callable[..., Awaitable[bytes]]] = {
            "Login": self._log_in,
            "CoreShowChannels": self._list,
            "Originate": self._originate,
        }
        if name in self.scripted:
            response, *lines = self.scripted[name](action)
            text = "\r\n".join([f"Response: {response}", f"ActionID: {tag['ActionID']}", *lines, "", ""])
            writer.write(text.encode())
            return False
        answer = answers.get(name)
        said = await answer(action, tag) if answer else wire({"Response": "Success", **tag})
        writer.write(said)
        await writer.drain()
        return name == "Login" and b"Response: Error" in said

    async def _log_in(self, action: dict[str, list[str]], tag: Headers) -> bytes:
        if self.lets_nobody_in:
            return wire({"Response": "Error", **tag, "Message": self.lets_nobody_in})
        if action["Username"][0] not in self.users or action["Secret"] != [self.secret]:
            return wire({"Response": "Error", **tag, "Message": "Authentication failed"})
        return wire({"Response": "Success", **tag, "Message": "Authentication accepted"}) + self.after_login

    async def _list(self, _action: dict[str, list[str]], tag: Headers) -> bytes:
        if not self.may_list:
            return wire({"Response": "Error", **tag, "Message": "Permission denied"})
        start = wire({"Response": "Success", **tag, "EventList": "start", "Message": "Channels will follow"})
        rows = [wire({"Event": "CoreShowChannel", **tag, **row}) for row in self.rows]
        end = {
            "Event": "CoreShowChannelsComplete",
            **tag,
            "EventList": "Complete",
            "ListItems": str(len(rows)),
        }
        return b"".join([start, *rows, wire(end)])

    async def _originate(self, _action: dict[str, list[str]], tag: Headers) -> bytes:
        queued = wire({"Response": "Success", **tag, "Message": "Originate successfully queued"})
        return queued + wire({"Event": "OriginateResponse", **tag, "Response": "Success", "Reason": "4"})
