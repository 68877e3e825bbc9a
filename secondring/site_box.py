"""This machine as a site box: what it tells its centre, what it hears from there, and which use cases it works by."""

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import TypeAdapter

from config.settings import Settings
from config.sites import CentreSettings, TlsBroker
from secondring import dispatching, wiring
from secondring.box_alarms import spool_alarms, warn_of_paper
from secondring.bus import parcels
from secondring.bus.client import Broker
from secondring.bus.post import Post, Will, parsed
from secondring.bus.seal import Forged, Seal
from secondring.centre_watch import CentreWatch
from secondring.domain.casework import Casework, Wording
from secondring.domain.dispatches import Spool
from secondring.domain.errors import ConfigError, PeerError
from secondring.domain.ids import UrgentId
from secondring.domain.offer import Offers
from secondring.domain.ports import Books
from secondring.domain.rules import Rules
from secondring.domain.site_desk import SiteCasework, SiteOffers, SiteTriage
from secondring.domain.site_ports import Spooled
from secondring.domain.triage_events import Reached
from secondring.domain.urgent import Orders, Triage
from secondring.domain.urgent_case import UrgentCase
from secondring.forwarding import Forwarder, Wait
from secondring.listening import InStore
from secondring.wiring import now

log = logging.getLogger("secondring.sites")

BEAT_EVERY = 10.0
"""Seconds between two signs of life."""
ALARMS_EVERY = 15.0
"""Seconds between two looks for alarms of ours that the centre should know of."""
Part = Callable[[], Awaitable[None]]
CarryOut = Callable[[Orders], Coroutine[None, None, None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """An urgent caller, as the centre hands them to a box."""

    case: UrgentCase
    language: str
    v: Literal[1] = 1
    """Grows when a field changes its meaning; a box refuses what it does not know."""


HANDED = TypeAdapter(HandedOver)


def spool() -> Spool:
    """Where a box's use cases put what the centre has to know."""
    return Spool(dispatching.encode, lambda: secrets.token_hex(16))


def casework(settings: Settings, rules: Rules, wording: Wording) -> Casework:
    """What follows from calls: here, or at the centre."""
    return Casework(rules, wording) if settings.centre is None else SiteCasework(rules, wording, spool())


def triage(settings: Settings, rules: Rules, wording: Wording) -> Triage:
    """The ladder."""
    if settings.centre is None:
        return Triage(rules, wording)
    return SiteTriage(rules, wording, spool(), settings.listening.pbx)


def offers(settings: Settings, rules: Rules, wording: Wording) -> Offers:
    """What callers are offered by key."""
    version = settings.ivr.announcement_version
    if settings.centre is None:
        return Offers(rules, wording, version, wiring.links(rules))
    return SiteOffers(rules, wording, version, spool())


def broker_of(at: TlsBroker, name: str, section: str) -> Broker:
    """Raises ConfigError when the files do not serve."""
    try:
        context = at.context()
    except OSError as error:  # ssl.SSLError is one
        why = error.strerror or getattr(error, "reason", None) or type(error).__name__
        made_by = (
            "at the centre, `sites add` makes" if section == "centre" else "`secondring sites broker` makes"
        )
        raise ConfigError(
            f"{section}: the certificate {at.cert_file}, its key or {at.ca_file} cannot be used ({why}):"
            f" {made_by} them anew"
        ) from None
    return Broker(host=at.host, port=at.port, pbx=name, tls=context)


class Tie:
    """The line between this box and its centre."""

    def __init__(
        self,
        settings: Settings,
        centre: CentreSettings,
        our_triage: Triage,
        in_store: InStore,
        read: InStore,
        *,
        carry_out: CarryOut,
        can_ring: Callable[[], bool],
        listens: Callable[[], bool],
        ring: Callable[[], Awaitable[None]],
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._box = settings.listening.pbx
        self._seal = Seal(centre.seal.get_secret_value(), self._box)
        self._triage = our_triage
        self._in_store = in_store
        self._read = read
        self._carry_out = carry_out
        self._can_ring = can_ring
        self._listens = listens
        self._ring = ring
        self._clock = clock
        self._paper = centre.broker.cert_file
        self._said: asyncio.Queue[parcels.Parcel] = asyncio.Queue(1000)
        self.forwarder = Forwarder(self, in_store, read, clock=clock)
        self.watch = CentreWatch(in_store, our_triage.rules, is_linked=lambda: self.is_up, clock=clock)
        self.post = Post(
            lambda: broker_of(centre.broker, self._box, "centre"),
            (f"secondring/{self._box}/{parcels.DOWN}/#",),
            self.heard,
            will=Will(
                topic=parcels.up(self._box, parcels.STATUS),
                here=parcels.status(online=True),
                gone=parcels.status(online=False),
            ),
            linked=self._linked,
        )

    def parts(self, bell: Wait) -> dict[str, Part]:
        """What has to run."""
        return {
            "link to the centre": self.post.run,
            "spool": lambda: self.forwarder.run(bell),
            "centre's word": self._listen,
            "signs of life": self._beat,
            "watch on the centre": self.watch.run,
            "alarms to the centre": self._tell_alarms,
        }

    # -- up

    @property
    def is_up(self) -> bool:
        return self.post.is_up

    async def send(self, lane: str, spooled: Spooled) -> None:
        payload = parcels.packed(self._seal, parcels.UP, lane, spooled.id, spooled.words)
        await self.post.publish(parcels.up(self._box, lane), payload)

    async def _linked(self) -> None:
        await self.forwarder.linked()
        await self.beat()

    async def _beat(self) -> None:
        while True:
            await self.beat()
            await asyncio.sleep(BEAT_EVERY)

    async def beat(self) -> None:
        """One sign of life, where there is a link; the centre answers it."""
        try:
            if self.post.is_up:
                await self._beat_once()
        except PeerError as error:
            log.debug("no sign of life could be given: %s", error)

    async def _beat_once(self) -> None:
        at = self._clock()
        state = await self._read(lambda books: books.spool_state())
        told = {
            "v": parcels.VERSION,
            "at": at.isoformat(),
            "waiting": state.waiting,
            "oldest_at": state.oldest_at.isoformat() if state.oldest_at else None,
            "listening": self._listens(),
        }
        name = f"{int(at.timestamp() * 1000)}"
        payload = parcels.packed(self._seal, parcels.UP, parcels.BEAT, name, json.dumps(told))
        self.watch.asked(name)
        await self.post.publish(parcels.up(self._box, parcels.BEAT), payload)

    async def _tell_alarms(self) -> None:
        while True:
            try:
                if await self._in_store(self._spool_alarms):
                    await self._ring()
            except PeerError as error:
                log.warning("our alarms wait for the centre: %s", error)
            await asyncio.sleep(ALARMS_EVERY)

    def _spool_alarms(self, books: Books) -> int:
        """Alarms of the ladder travel with its steps; the others are told here, each once."""
        at = self._clock()
        warn_of_paper(books, self._paper, self._triage.rules, at)
        return spool_alarms(books, spool(), at)

    # -- down

    def heard(self, topic: str, payload: bytes) -> None:
        """Whatever comes from the broker."""
        told = parsed(payload)
        if told is None:
            return
        if topic == parcels.down(self._box, parcels.REFUSED):
            self.watch.refused(told.get("because"))
            return
        try:
            parcel = parcels.unpacked(self._seal, topic, told)
        except Forged as error:
            log.error("%s", error)  # noqa: TRY400 - the message says all
            return
        if parcel.what == parcels.TAKEN:
            if self.forwarder.taken(parcel.name):
                self.watch.taken()
        elif parcel.what == parcels.BEAT:
            self.watch.answered(parcel.name)
        elif not self._said.full():
            self._said.put_nowait(parcel)

    async def _listen(self) -> None:
        while True:
            parcel = await self._said.get()
            try:
                if parcel.what == parcels.HAND_OVER:
                    await self._take_over(parcel)
                elif parcel.what == parcels.REACHED:
                    await self._reached(parcel)
            except PeerError as error:
                log.warning("the centre's word is not in our books, it will say it again: %s", error)

    async def _take_over(self, parcel: parcels.Parcel) -> None:
        ours = self._triage
        if not isinstance(ours, SiteTriage) or not self._can_ring():
            log.error(
                "an urgent caller of the centre's is not taken over: no phone can be rung from here now"
            )
            return
        try:
            handed = HANDED.validate_json(parcel.words)
        except ValueError:
            log.error("an urgent caller of the centre's is of another version: upgrade this box")  # noqa: TRY400
            return
        taken = await self._in_store(
            lambda books: ours.take_over(books, handed.case, handed.language, self._clock())
        )
        if taken:
            await self._ring()
        else:
            log.error(
                "an urgent caller of the centre's is not taken over: site %s has no ladder here",
                handed.case.site,
            )

    async def _reached(self, parcel: parcels.Parcel) -> None:
        case = UrgentId(parcel.words)
        orders = await self._in_store(lambda books: self._triage.tell(books, case, Reached(), self._clock()))
        if orders is not None:
            await self._carry_out(orders)
