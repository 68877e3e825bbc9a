"""A site box and its centre in memory, with a wire between them that tests hold in their hands."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar

from secondring import dispatching
from secondring.bus import parcels
from secondring.bus.seal import Seal
from secondring.domain.booking_link import Links
from secondring.domain.call_events import CallBegan, CallEnded, Direction
from secondring.domain.centre_desk import Box, CentreDesk
from secondring.domain.dispatches import Spool
from secondring.domain.ids import CallId, SiteId, Uniqueid
from secondring.domain.offer import InCall, Promise
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books, Store
from secondring.domain.records import Call, Task, Text
from secondring.domain.rules import Rules
from secondring.domain.site_desk import SiteCasework, SiteOffers, SiteTriage
from secondring.domain.site_ports import Spooled
from secondring.domain.verdict import Detail, Reason, Verdict
from secondring.forwarding import Forwarder
from secondring.receiving import Arrived, Receiver
from secondring.store.memory import MemoryStore
from tests.support.clinic import CLINIC, MONDAY_TEN, PlainWording, some_rules

T = TypeVar("T")
SECRET = bytes(range(32))
BOX = Box(name="north-box", sites=(SiteId("north"),))
DID = CLINIC.e164[2:]


@dataclass
class World:
    """One clock."""

    now: datetime = MONDAY_TEN

    def clock(self) -> datetime:
        return self.now

    def monotonic(self) -> float:
        return (self.now - MONDAY_TEN).total_seconds()

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass
class KeptIn:
    """Runs work in a store; `dies` makes the next write crash before it is committed, or after."""

    store: Store
    dies: str = ""

    async def __call__(self, work: Callable[[Books], T]) -> T:
        dies, self.dies = self.dies, ""
        with self.store.transaction() as books:
            done = work(books)
            if dies == "before":
                raise KeyboardInterrupt
        if dies == "after":
            raise KeyboardInterrupt
        return done

    async def read(self, work: Callable[[Books], T]) -> T:
        with self.store.reading() as books:
            return work(books)


class SiteBox:
    """The box. What it sends lies in `sent`."""

    def __init__(self, world: World, rules: Rules | None = None, store: Store | None = None) -> None:
        self.world = world
        self.rules = rules or some_rules()
        self.books = KeptIn(store or MemoryStore())
        self.sent: list[tuple[str, str]] = []
        self.linked = True
        self._names = 0
        self._calls = 0
        self._seal = Seal(SECRET, BOX.name)
        words = PlainWording()
        self.spool = Spool(dispatching.encode, self._name)
        self.casework = SiteCasework(self.rules, words, self.spool)
        self.offers = SiteOffers(self.rules, words, "v1", self.spool)
        self.triage = SiteTriage(self.rules, words, self.spool, BOX.name)
        self.start()

    def _name(self) -> str:
        self._names += 1
        return f"{self._names:032x}"

    def start(self) -> None:
        """A process begins, perhaps after another one's end."""
        world = self.world
        self.forwarder = Forwarder(
            self, self.books, self.books.read, clock=world.clock, monotonic=world.monotonic
        )

    # -- the line

    @property
    def is_up(self) -> bool:
        return self.linked

    async def send(self, lane: str, spooled: Spooled) -> None:
        payload = parcels.packed(self._seal, parcels.UP, lane, spooled.id, spooled.words)
        self.sent.append((parcels.up(BOX.name, lane), payload))

    def hear(self, message: tuple[str, str]) -> None:
        topic, payload = message
        parcel = parcels.unpacked(self._seal, topic, json.loads(payload))
        if parcel.what == parcels.TAKEN:
            self.forwarder.taken(parcel.name)

    # -- what happens there

    def rings(self, caller: PhoneNumber) -> CallBegan:
        self._calls += 1
        call = CallId(BOX.name, Uniqueid(f"17.{self._calls}"))
        began = CallBegan(call=call, at=self.world.now, caller=caller.e164, did=DID)
        self._tell(began)
        return began

    def ends(self, began: CallBegan, *, answered: bool = False) -> CallEnded:
        ended = CallEnded(
            call=began.call,
            direction=Direction.INBOUND,
            verdict=Verdict.ANSWERED if answered else Verdict.MISSED,
            reason=None if answered else Reason.NO_ANSWER,
            detail=None if answered else Detail.TIMEOUT,
            caller=began.caller,
            withheld=False,
            did=began.did,
            queue=None,
            started_at=began.at,
            ended_at=self.world.now,
            answered_at=began.at if answered else None,
        )
        self._tell(ended)
        return ended

    def misses(self, caller: PhoneNumber) -> CallEnded:
        return self.ends(self.rings(caller))

    def _tell(self, event: CallBegan | CallEnded) -> None:
        with self.books.store.transaction() as books:
            self.casework.tell(books, [event], self.world.now)

    def in_call(self, began: CallBegan, **changes: Any) -> InCall:
        return InCall(uniqueid=began.call.uniqueid, caller=began.caller, did=began.did, **changes)

    def presses_one(self, began: CallBegan, **how: Any) -> Promise:
        with self.books.store.transaction() as books:
            return self.offers.text_link(books, began.call, self.in_call(began), self.world.now, **how)

    def presses_nine(self, began: CallBegan) -> None:
        with self.books.store.transaction() as books:
            self.offers.decline(books, began.call, self.in_call(began), self.world.now)

    @property
    def waiting(self) -> int:
        with self.books.store.reading() as books:
            return books.spool_state().waiting


@dataclass
class CentreBox:
    """The centre. What it answers lies in `said`."""

    world: World
    rules: Rules = field(default_factory=some_rules)
    store: Store = field(default_factory=MemoryStore)
    said: list[tuple[str, str]] = field(default_factory=list)
    box: Box = BOX
    rings: int = 0

    def __post_init__(self) -> None:
        self.books = KeptIn(self.store)
        self._seal = Seal(SECRET, self.box.name)
        self.start()

    def start(self) -> None:
        desk = CentreDesk(self.rules, PlainWording(), Links(self.rules), "v1")
        self.receiver = Receiver(desk, self.books, self._say_taken, clock=self.world.clock, ring=self._ring)

    async def _ring(self) -> None:
        self.rings += 1

    async def _say_taken(self, box: str, name: str) -> None:
        payload = parcels.packed(self._seal, parcels.DOWN, parcels.TAKEN, name, name)
        self.said.append((parcels.down(box, parcels.TAKEN), payload))

    def hear(self, message: tuple[str, str]) -> None:
        topic, payload = message
        parcel = parcels.unpacked(self._seal, topic, json.loads(payload))
        dispatch = dispatching.decode(parcel.words)
        self.receiver.arrived(parcels.LANES.index(parcel.what), Arrived(self.box, parcel.name, dispatch))

    # -- what stands in its books

    def call(self, call: CallId) -> Call | None:
        with self.store.reading() as books:
            return books.call(call)

    @property
    def texts(self) -> list[Text]:
        with self.store.reading() as books:
            far = timedelta(days=400)
            found = books.episodes(since=self.world.now - far, until=self.world.now + far, limit=1000)[::-1]
            return [text for episode in found for text in books.texts_of(episode.id)]

    @property
    def tasks(self) -> list[Task]:
        with self.store.reading() as books:
            return books.tasks()

    @property
    def alarms(self) -> list[str]:
        with self.store.reading() as books:
            return [alarm.kind for alarm in books.alarms(since=MONDAY_TEN - timedelta(days=1), limit=100)]


async def settle(box: SiteBox, centre: CentreBox, *, rounds: int = 200) -> None:
    """The line works from now on: pass everything to and fro until the spool is empty."""
    for _ in range(rounds):
        await box.forwarder.round()
        for message in box.sent:
            centre.hear(message)
        box.sent.clear()
        await centre.receiver.round()
        for message in centre.said:
            box.hear(message)
        centre.said.clear()
        await box.forwarder.round()
        if not box.waiting and not box.sent:
            return
        box.world.wait(seconds=11)
    raise AssertionError(f"{box.waiting} dispatches still wait")
