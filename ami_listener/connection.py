"""The link to a PBX that is kept up: reconnects with patience, tells what it missed, handles in order.

    link = AmiLink(AmiAccount(user="secondring", secret=secret), clock=clock)
    await link.run(handle)              # until cancelled

Two tasks, both held by `run`: the keeper connects, logs in, takes stock and watches over the connection;
the consumer turns messages into facts and hands them to `handle`, a batch at a time. Between them is a
`Backlog`, which outlives connections, so a LinkLost comes after all that was heard before it.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

from ami_listener.backlog import Backlog
from ami_listener.messages import Message
from ami_listener.protocol import Fields, Reply
from ami_listener.reader import FactReader
from ami_listener.session import AmiAccount, Session, Timing
from ami_listener.stats import LinkStats
from secondring.domain.errors import LoginRefused, PeerError
from secondring.domain.facts import Fact

log = logging.getLogger(__name__)

Handle = Callable[[list[Fact]], Awaitable[None]]
OnRefusal = Callable[[LoginRefused, int], Awaitable[None]]
"""Told of each login that is refused, and how many in a row that makes."""
Heard = tuple[Message | None, datetime]
"""A message and when it arrived; no message stands for the end of a link."""

QUEUE_LIMIT = 20_000
"""Messages. The busiest clinic makes some 200 a second; this is about 20 MB and over a minute of it."""
BATCH = 500
"""Facts handed over at once, at most: one database transaction's worth."""
PAUSE_EXPLAINS = 60.0
"""Seconds after a pause in which a lost connection is put down to it."""


class AmiLink:
    """A connection to one PBX, again and again. `run` it once."""

    def __init__(
        self,
        account: AmiAccount,
        *,
        clock: Callable[[], datetime],
        timing: Timing | None = None,
        queue_limit: int = QUEUE_LIMIT,
        batch: int = BATCH,
        stats: LinkStats | None = None,
        tee: Callable[[bytes], None] | None = None,
        on_refusal: OnRefusal | None = None,
    ) -> None:
        """With `on_refusal` a refused login is tried again and again, from the first one on."""
        self.account = account
        self.stats = stats or LinkStats()
        self._clock = clock
        self._timing = timing or Timing()
        self._batch = batch
        self._tee = tee
        self._backlog: Backlog[Heard] = Backlog(
            queue_limit, self.stats, stop=self._stop_reading, go_on=self._go_on_reading
        )
        self._session: Session | None = None
        self._up = asyncio.Event()
        self._booted = asyncio.Event()
        self._complaint = ""
        self._on_refusal = on_refusal
        self._refusals = 0

    @property
    def refused_account(self) -> str:
        """Our account, while the PBX does not let it in; empty else."""
        return self.account.user if self._refusals else ""

    @property
    def is_up(self) -> bool:
        """True while logged in."""
        return self._session is not None

    async def up(self) -> None:
        """Wait until logged in."""
        await self._up.wait()

    async def run(self, handle: Handle) -> None:
        """Listen until cancelled; `handle` gets facts in order, never two batches at a time.

        Raises LoginRefused when the very first login is refused and nobody asked to be told (`on_refusal`); else
        refusals are tried again slowly.
        What `handle` raises ends the link and comes out here: facts it could not take must not be skipped,
        and a link begun anew takes stock of what it missed.
        """
        keeper = asyncio.create_task(self._keep(), name=f"ami keeper {self.account.where}")
        consumer = asyncio.create_task(self._consume(handle), name=f"ami consumer {self.account.where}")
        try:
            done, _ = await asyncio.wait([keeper, consumer], return_when=asyncio.FIRST_COMPLETED)
            done.pop().result()
        finally:
            keeper.cancel()
            consumer.cancel()
            await asyncio.gather(keeper, consumer, return_exceptions=True)

    async def action(self, fields: Fields, *, until: str | None = None, within: float | None = None) -> Reply:
        """Send an action on the link as it is now (see `Session.action`). PeerError while it is down."""
        if self._session is None:
            raise PeerError(f"the link to {self.account.where} is down: {fields.get('Action')} was not sent")
        return await self._session.action(fields, until=until, within=within)

    # -- the keeper ----------------------------------------------------------------------------------

    async def _keep(self) -> None:
        failures = 0
        while True:
            await self._backlog.room()  # a login needs reading, and reading needs room
            began = time.monotonic()
            try:
                await self._stay_connected()
            except LoginRefused as refusal:
                if self.stats.logins == 0 and self._on_refusal is None:
                    raise
                await self._sit_out(refusal)
                continue
            except PeerError as error:
                self._complain(error)
            lasted = time.monotonic() - began
            failures = 1 if lasted >= self._timing.settled_after else failures + 1
            await asyncio.sleep(pause_after(failures, self._timing))

    async def _sit_out(self, refusal: LoginRefused) -> None:
        self._refusals += 1
        pause = pause_after_refusal(self._refusals, self._timing, near=self.account.is_near)
        log.error("%s; trying again in %.0f s", refusal, pause)
        if self._on_refusal is not None:
            await self._on_refusal(refusal, self._refusals)
        await asyncio.sleep(pause)

    async def _stay_connected(self) -> None:
        self._booted.clear()
        session = await Session.open(
            self.account, sink=self._hear, timing=self._timing, stats=self.stats, tee=self._tee
        )
        self._session = session
        self._refusals = 0
        self._up.set()
        try:
            if not self._backlog.has_room:
                session.pause()
            log.info("listening to the PBX at %s as %s", self.account.where, self.account.user)
            self._complaint = ""
            if self.account.events:
                await session.wait(self._booted, self._timing.boot)
                await self._take_stock(session)
            await session.watch()
        except PeerError:
            self._lost(session)
            raise
        finally:
            self._session = None
            self._up.clear()
            await session.close()

    async def _take_stock(self, session: Session) -> None:
        """Ask who waits in queues and for all channels; we hear events already, so none falls between. The rows come as
        events.

        Asterisk lets managers in before it has booted. Asking then would show an empty PBX before anybody
        knows that it was restarted, so FullyBooted comes first; to an account that may not hear of it
        (without read=system) we do not wait for ever.
        """
        await session.action({"Action": "QueueStatus"})  # a PBX without queues says no, and that is an answer
        reply = await session.action({"Action": "CoreShowChannels"})
        if not reply.ok:
            log.warning(
                "user %s may not list channels (%s): calls that began before a reconnect cannot be followed."
                " Add write=reporting to it in manager.conf",
                self.account.user,
                reply.why,
            )

    def _lost(self, session: Session) -> None:
        self.stats.losses += 1
        self._backlog.put([(None, self._clock())])
        since = session.since_pause
        if since is not None and since < PAUSE_EXPLAINS:
            self.stats.cuts_after_pause += 1
            log.error(
                "the PBX dropped us %.1f s after we had stopped reading: events in between are lost."
                " Calls are judged by the stock taken next; find out what made handling slow",
                since,
            )

    def _complain(self, error: PeerError) -> None:
        """Say the same thing once, not at every try."""
        level = logging.DEBUG if str(error) == self._complaint else logging.WARNING
        self._complaint = str(error)
        log.log(level, "%s; trying again", error)

    # -- between -------------------------------------------------------------------------------------

    def _hear(self, messages: list[Message]) -> None:
        now = self._clock()
        if not self._booted.is_set() and any(message.name == "FullyBooted" for message in messages):
            self._booted.set()
        self._backlog.put([(message, now) for message in messages])

    def _stop_reading(self) -> None:
        if self._session:
            self._session.pause()

    def _go_on_reading(self) -> None:
        if self._session:
            self._session.resume()

    # -- the consumer --------------------------------------------------------------------------------

    async def _consume(self, handle: Handle) -> None:
        reader = FactReader(self.stats)
        while True:
            heard = await self._backlog.take(self._batch)
            read = (reader.read(message, at) if message else reader.lost(at) for message, at in heard)
            facts = [fact for fact in read if fact is not None]
            if facts:
                await handle(facts)
            await asyncio.sleep(0)  # a handler that never waits must not keep the reader from reading


def pause_after(failures: int, timing: Timing) -> float:
    """Seconds to wait after so many failures in a row: doubling, capped, and half of it by chance.

    Chance keeps a dozen sites from knocking at the same moment when a network comes back.
    """
    longest: float = min(timing.longest_pause, timing.first_pause * 2 ** min(failures - 1, 20))
    return longest * (0.5 + random.random() / 2)  # noqa: S311 - not a secret


def pause_after_refusal(refusals: int, timing: Timing, *, near: bool) -> float:
    """Seconds to wait after so many refused logins in a row."""
    if not near:
        return timing.far_refused_pause
    return float(min(timing.longest_refused_pause, timing.refused_pause * 2 ** min(refusals - 1, 20)))
