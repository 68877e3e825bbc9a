"""One connection to an AMI, from greeting to end. It never reconnects: that is `AmiLink`'s work."""

import asyncio
import logging
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ami_listener.messages import Message
from ami_listener.protocol import Fields, OneConnection, Protocol, Reply, Request
from ami_listener.sieve import is_wanted
from ami_listener.stats import LinkStats
from secondring.domain.errors import LoginRefused, PeerError
from secondring.domain.hosts import is_loopback

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class AmiAccount:
    """Where the PBX's manager interface is, and as whom we log in."""

    host: str = "127.0.0.1"
    port: int = 5038
    """5038 is Asterisk's port for plain connections, 5039 the one for TLS."""
    user: str
    secret: str = field(repr=False)
    tls: ssl.SSLContext | None = None
    """None speaks plainly; AMI logins send the secret in the clear, so use it on the PBX's own box only."""
    events: bool = True
    """False for an account that only acts."""

    @property
    def where(self) -> str:
        """The address, as messages show it."""
        return f"{self.host}:{self.port}"

    @property
    def is_near(self) -> bool:
        """True for a PBX on this machine."""
        return is_loopback(self.host)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """All in seconds."""

    connect: float = 10.0
    """For the connection and the greeting."""
    answer: float = 10.0
    """For the response to an action. Asterisk holds a refused login back for 1 s."""
    boot: float = 60.0
    """For a PBX that lets us in while it still boots."""
    ping_every: float = 10.0
    ping_deadline: float = 5.0
    """A link on which nothing at all arrives for so long after a Ping is dead."""
    first_pause: float = 0.5
    """Before the first reconnect; doubles with each failure."""
    longest_pause: float = 30.0
    settled_after: float = 30.0
    """A link that lasted so long starts again from the first pause when it breaks."""
    refused_pause: float = 30.0
    """Before a login is tried again that was refused; doubles with each refusal. At boot FreePBX may be writing its
    manager.conf anew, so the first tries come soon."""
    longest_refused_pause: float = 300.0
    far_refused_pause: float = 600.0
    """The same from another machine, from the first one on: fail2ban's usual limit is several failures within 10
    minutes, and it leaves only the machine itself alone."""


class Session:
    """A logged-in connection. Ends by itself when the PBX goes; `close` ends it from here."""

    def __init__(self, manager: OneConnection, account: AmiAccount, timing: Timing, stats: LinkStats) -> None:
        self._manager = manager
        self._account = account
        self._timing = timing
        self._stats = stats

    @staticmethod
    async def open(
        account: AmiAccount,
        *,
        sink: Callable[[list[Message]], None],
        timing: Timing,
        stats: LinkStats,
        tee: Callable[[bytes], None] | None = None,
        wanted: Callable[[bytes], bool] = is_wanted,
    ) -> "Session":
        """Connect and log in; events reach `sink` from the login on.

        Raises LoginRefused when the PBX says no, PeerError when it is not there or does not answer.
        """
        manager = OneConnection(
            host=account.host,
            port=account.port,
            ssl=account.tls or False,
            loop=asyncio.get_running_loop(),
            protocol_factory=lambda: Protocol(sink=sink, stats=stats, tee=tee, wanted=wanted),
        )
        session = Session(manager, account, timing, stats)
        try:
            await session._connect()
            await session._log_in()
        except BaseException:
            await session.close()
            raise
        return session

    async def action(self, fields: Fields, *, until: str | None = None, within: float | None = None) -> Reply:
        """Send an action and give its reply, also when the reply is no (`Reply.ok`).

        With `until`, a success is over only with the event of that name that carries our ActionID,
        such as `OriginateResponse`. Nothing is ever sent a second time. Raises PeerError when no answer
        comes within so many seconds or the link breaks, ValueError when a value cannot be sent safely.
        """
        limit = self._timing.answer if within is None else within
        request = Request(fields, until)
        sent = self._manager.send_action(request)
        try:
            async with asyncio.timeout(limit):
                reply: Reply = await sent
        except TimeoutError:
            raise PeerError(
                f"the PBX at {self._account.where} did not answer {request['Action']} in {limit:g} s"
            ) from None
        finally:
            self._protocol.forget(request)
        return reply

    async def wait(self, event: asyncio.Event, within: float) -> None:
        """Wait for something that the PBX is to send, no longer than the connection lasts or `within` seconds."""
        waiting = asyncio.create_task(event.wait(), name="ami wait")
        either: list[asyncio.Future[Any]] = [waiting, self._protocol.ended]
        try:
            await asyncio.wait(either, timeout=within, return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()

    async def watch(self) -> None:
        """Stay until the connection is over, asking for a sign of life now and then; then raise PeerError."""
        ended = self._protocol.ended
        while not ended.done():
            await asyncio.wait([ended], timeout=self._timing.ping_every)
            # While we do not read, no answer can reach us; and a Ping to a PBX that has dropped us meanwhile
            # would make the kernel throw away what it sent before.
            if not ended.done() and not self._protocol.paused:
                await self._prove_alive()
        raise PeerError(f"the link to {self._account.where} broke: {ended.result()}")

    @property
    def since_pause(self) -> float | None:
        """Seconds since reading was paused last; None when it never was."""
        paused = self._protocol.last_pause
        return None if paused is None else time.monotonic() - paused

    def pause(self) -> None:
        """Stop reading."""
        self._protocol.pause()

    def resume(self) -> None:
        """Read again."""
        self._protocol.resume()

    async def close(self) -> None:
        """End it at once, whatever the other side does. Harmless when it has ended, or never began."""
        if self._manager.protocol is not None:
            self._protocol.abort()
            await self._protocol.ended

    # -- inside --------------------------------------------------------------------------------------

    @property
    def _protocol(self) -> Protocol:
        protocol: Protocol = self._manager.protocol
        return protocol

    async def _connect(self) -> None:
        account = self._account
        try:
            async with asyncio.timeout(self._timing.connect):
                await self._manager.connect()
                version = await self._protocol.greeted
        except PeerError as error:
            raise PeerError(
                f"{account.where}: {error}; is it the port of manager.conf (5038, or 5039 for TLS)?"
            ) from error
        except OSError as error:  # TimeoutError is one
            raise PeerError(f"cannot reach the PBX's manager at {account.where}: {_remedy(error)}") from error
        self._stats.connects += 1
        log.debug("%s greets as Asterisk Call Manager %s", account.where, version)

    async def _log_in(self) -> None:
        account = self._account
        fields = {
            "Action": "Login",
            "Username": account.user,
            "Secret": account.secret,
            "Events": "on" if account.events else "off",
        }
        reply = await self.action(fields)
        if not reply.ok and not _is_refusal(reply.why):
            raise PeerError(f"the PBX at {account.where} lets nobody in now ({reply.why})")
        if not reply.ok:
            self._stats.refusals += 1
            raise LoginRefused(
                f"the PBX at {account.where} refuses user {account.user!r} ({reply.why}): compare the secret"
                " with manager.conf (on FreePBX manager_custom.conf), see that a permit line admits this host,"
                " and run `asterisk -rx 'manager reload'`"
            )
        self._stats.logins += 1

    async def _prove_alive(self) -> None:
        asked = time.monotonic()
        try:
            await self.action({"Action": "Ping"}, within=self._timing.ping_deadline)
        except PeerError as error:
            if self._protocol.ended.done() or self._protocol.paused or self._protocol.last_read > asked:
                return
            self._stats.silences += 1
            await self.close()
            raise PeerError(
                f"the PBX at {self._account.where} fell silent (no answer to Ping in"
                f" {self._timing.ping_deadline:g} s, though the connection looks open)"
            ) from error


def _is_refusal(why: str) -> bool:
    """Whether it is about us. An Asterisk that goes down says "Asterisk is shutting down" to everybody."""
    return any(word in why.lower() for word in ("authentication", "permission"))


def _remedy(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message}); name the CA that signed it"
    if isinstance(error, ssl.SSLError):
        return "TLS failed; is tlsenable=yes in manager.conf, and is this the TLS port (5039)?"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there; is Asterisk running, with enabled=yes and this port in manager.conf?"
    if isinstance(error, TimeoutError):
        return "no answer; is the address right, and does a firewall let us through?"
    return f"{error.strerror or error}; is the address right?"
