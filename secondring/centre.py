"""This machine as the centre of site boxes: takes in what they send, hands urgent callers to them, and watches them."""

import asyncio
import contextlib
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from config.settings import Settings
from config.sites import CENTRE, BoxesSettings
from secondring import dispatching, wiring
from secondring.box_answers import BoxAnswers
from secondring.bus import parcels
from secondring.bus.post import Post, parsed
from secondring.bus.seal import Forged, Seal
from secondring.dispatching import Unreadable
from secondring.domain import site_health
from secondring.domain.alarms import Alarm, raise_in
from secondring.domain.casework import Wording
from secondring.domain.centre_desk import Box, CentreDesk
from secondring.domain.centre_health import Refusal
from secondring.domain.errors import PeerError
from secondring.domain.ids import SiteId, UrgentId
from secondring.domain.ports import Books
from secondring.domain.rules import Rules
from secondring.domain.site_health import Beat, Heard
from secondring.domain.urgent_case import UrgentCase
from secondring.handing_over import Bell, HandingOver
from secondring.listening import InStore
from secondring.receiving import Arrived, Receiver
from secondring.site_box import HANDED, HandedOver, broker_of
from secondring.wiring import now

log = logging.getLogger("secondring.sites")

WATCH_EVERY = 5.0
"""Seconds between looks for boxes that fell silent."""
REMEMBER = timedelta(days=60)
"""How long what was taken is known by its name; after that a call is still known by its own."""
TIDY_EVERY = timedelta(hours=6)
Part = Callable[[], Awaitable[None]]


def boxes(settings: Settings) -> tuple[Box, ...]:
    """The boxes of the configuration."""
    if settings.boxes is None:
        return ()
    known = settings.boxes.known.items()
    return tuple(Box(name=name, sites=tuple(map(SiteId, box.sites))) for name, box in known)


class Centre:
    """The centre's end of the lines to its boxes."""

    def __init__(
        self,
        settings: Settings,
        at: BoxesSettings,
        rules: Rules,
        wording: Wording,
        in_store: InStore,
        *,
        ring: Callable[[], Awaitable[None]],
        clock: Callable[[], datetime] = now,
    ) -> None:
        self._boxes = {box.name: box for box in boxes(settings)}
        self._seals = {name: Seal(box.seal.get_secret_value(), name) for name, box in at.known.items()}
        self._rules = rules
        self._in_store = in_store
        self._clock = clock
        desk = CentreDesk(rules, wording, wiring.links(rules), settings.ivr.announcement_version)
        self.receiver = Receiver(desk, in_store, self._say_taken, clock=clock, ring=ring)
        self.handing = HandingOver(
            tuple(self._boxes.values()), rules, wording, self, in_store, clock=clock, ring=ring
        )
        self.post = Post(
            lambda: broker_of(at.broker, CENTRE, "boxes"),
            (f"secondring/+/{parcels.UP}/#",),
            self.heard,
            section="boxes",
            linked=self.came_up,
        )
        self.answers = BoxAnswers(self._publish)
        self._hears_since = clock()
        self._known: dict[str, Heard] = {}
        self._kept: dict[str, Heard] = {}
        self._alarmed: set[tuple[str, str]] = set()
        self._tidied: datetime | None = None

    def parts(self, bell: Bell) -> dict[str, Part]:
        """What has to run."""
        return {
            "link to the site boxes": self.post.run,
            "site boxes": self.receiver.run,
            "answers to the site boxes": self.answers.run,
            "urgent callers of site boxes": lambda: self.handing.run(bell),
            "urgent callers at site boxes": self.handing.look_after,
            "watch on the site boxes": self._watch,
        }

    @property
    def silent(self) -> list[str]:
        """Boxes that are not heard of."""
        at = self._clock()
        known = {name: self._known.get(name) for name in self._boxes}
        return [name for name, heard in known.items() if heard is None or heard.is_silent(at)]

    @property
    def status(self) -> str:
        """For `systemctl status`."""
        if not self.post.is_up:
            return "NO LINK TO the site boxes' broker"
        silent = self.silent
        return (
            f"site boxes SILENT: {', '.join(silent)}"
            if silent
            else f"{len(self._boxes)} site boxes are linked"
        )

    # -- up

    async def came_up(self) -> None:
        """The link is there: from now on boxes can be heard: until then none could, whatever they said."""
        self._hears_since = self._clock()

    def heard(self, topic: str, payload: bytes) -> None:
        """Whatever comes from the broker. What is nobody's is let lie, what is forged is told of."""
        place = parcels.place_of(topic)
        if place is None:
            return
        name, _, what = place
        box, seal = self._boxes.get(name), self._seals.get(name)
        if box is None or seal is None:
            self.receiver.complain(
                name[:40], "site-unknown", f"a site box {name[:40]!r} sends, and is not in boxes.known"
            )
            self.answers.refuse(name, Refusal.UNKNOWN)
            return
        told = parsed(payload)
        if what == parcels.STATUS:
            self._status(name, told or {})
            return
        try:
            parcel = parcels.unpacked(seal, topic, told or {})
            self._opened(box, parcel)
        except Forged as error:
            self.receiver.complain(name, "site-forged", str(error))
            self.answers.refuse(name, Refusal.SEAL)
        except Unreadable as error:
            self.receiver.complain(name, "site-unreadable", f"box {name} sent {error}")

    def _opened(self, box: Box, parcel: parcels.Parcel) -> None:
        if parcel.what == parcels.BEAT:
            self._beat(box.name, parcel.words)
            self.answers.opened(box.name, self._seals[box.name], parcel.name)
        elif parcel.what in parcels.LANES:
            arrived = Arrived(box, parcel.name, dispatching.decode(parcel.words))
            self.receiver.arrived(parcels.LANES.index(parcel.what), arrived)

    def _beat(self, box: str, words: str) -> None:
        with contextlib.suppress(ValueError, KeyError, TypeError):
            told = json.loads(words)
            oldest = told["oldest_at"]
            beat = Beat(
                at=datetime.fromisoformat(told["at"]),
                waiting=int(told["waiting"]),
                oldest_at=datetime.fromisoformat(oldest) if oldest else None,
                listening=bool(told["listening"]),
            )
            self._known[box] = site_health.beaten(self._known.get(box), beat, self._clock())

    def _status(self, box: str, told: dict[str, object]) -> None:
        """Not sealed, so it only ever makes us look worse, never better: a box is there when it beats."""
        if told.get("state") == "offline":
            self._known[box] = site_health.gone(self._known.get(box), self._clock())

    # -- down

    async def _say_taken(self, box: str, name: str) -> None:
        await self._tell(box, parcels.TAKEN, name, name)

    async def hand_over(self, box: str, case: UrgentCase, language: str) -> None:
        words = HANDED.dump_json(HandedOver(case=case, language=language)).decode()
        await self._tell(box, parcels.HAND_OVER, case.id, words)

    async def reached(self, box: str, case: UrgentId) -> None:
        await self._tell(box, parcels.REACHED, case, case)

    async def _tell(self, box: str, what: str, name: str, words: str) -> None:
        payload = parcels.packed(self._seals[box], parcels.DOWN, what, name, words)
        await self._publish(parcels.down(box, what), payload)

    async def _publish(self, topic: str, payload: str) -> None:
        await self.post.publish(topic, payload)

    # -- watch

    def _had_time(self, at: datetime) -> bool:
        """A box is blamed for no silence in which we were not there to hear it: it has a minute since we are."""
        return at - self._hears_since > site_health.SILENT_AFTER

    async def _watch(self) -> None:
        await self.remember()
        while True:
            await asyncio.sleep(WATCH_EVERY)
            try:
                await self.watch_once()
            except PeerError as error:
                log.warning("how the site boxes are doing cannot be kept: %s", error)

    async def remember(self) -> None:
        """Take up what an earlier process knew of the boxes."""

        def work(books: Books) -> dict[str, Heard | None]:
            return {name: site_health.last(books, name) for name in self._boxes}

        try:
            for name, heard in (await self._in_store(work)).items():
                if heard is not None:
                    self._known.setdefault(name, heard)
        except PeerError as error:
            log.warning("how the site boxes were doing is not known: %s", error)

    async def watch_once(self) -> None:
        """Keep what is new, and raise the alarm for a box that fell silent or whose spool grows."""
        at = self._clock()
        await self._in_store(lambda books: self._keep(books, at))

    def _keep(self, books: Books, at: datetime) -> None:
        for name in self._boxes:
            heard = self._known.get(name)
            if heard is not None and heard != self._kept.get(name):
                site_health.keep(books, name, heard)
                self._kept[name] = heard
            if heard is None:
                continue
            silent = heard.is_silent(at)
            since = heard.offline_since or heard.at
            if not silent or self._had_time(at):
                self._alarm(
                    books,
                    name,
                    site_health.SILENT,
                    on=silent,
                    because=(
                        f"site box {name} has been silent since {since:%H:%M} UTC: its calls wait there, its ladder"
                        " works by itself, and nobody here sees either"
                    ),
                    at=at,
                )
            waiting = heard.beat.waiting if heard.beat else 0
            self._alarm(
                books,
                name,
                site_health.SPOOL,
                on=heard.spool_grows and not silent,
                because=(
                    f"{waiting} messages of site box {name} wait in its spool, though it is linked: see our log"
                ),
                at=at,
            )
        if self._tidied is None or at - self._tidied > TIDY_EVERY:
            books.forget_dispatches(before=at - REMEMBER)
            self._tidied = at

    def _alarm(self, books: Books, box: str, kind: str, *, on: bool, because: str, at: datetime) -> None:
        key = (box, kind)
        if on and key not in self._alarmed:
            raise_in(books, Alarm(kind, because, self._boxes[box].sites[0]), self._rules, at)
            self._alarmed.add(key)
        elif not on and key in self._alarmed:
            log.info("site box %s is well again (%s)", box, kind)
            self._alarmed.discard(key)
