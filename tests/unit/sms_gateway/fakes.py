"""A desk, a carrier and a clock with memories, and a world to put them in."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from secondring.bus.memory import Doorbell
from secondring.domain.episodes import SEND_TEXT
from secondring.domain.ids import EpisodeId, JobKey, SiteId, TextId
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import Episode, Job, KnownLine, Text, TextState
from secondring.domain.texting import Arrival, Failure, Go, Permission, Stray
from secondring.store.memory import MemoryStore
from sms_gateway.aftermath import Aftermath
from sms_gateway.breaker import Breaker
from sms_gateway.carriers.port import (
    Accepted,
    Capabilities,
    Driver,
    OutgoingText,
    Poll,
    Receipt,
    SendResult,
    Unknown,
)
from sms_gateway.desk import Ring
from sms_gateway.errands import Clerk
from sms_gateway.inbound import Inbound
from sms_gateway.outbox import Outbox, OutboxSettings
from sms_gateway.pace import Pace
from sms_gateway.retry import RetryPolicy
from sms_gateway.switchboard import Limits, Route, Switchboard

T = TypeVar("T")
ANNA = PhoneNumber("+12025550123")
CLINIC = PhoneNumber("+12025550100")
NOON = datetime(2026, 3, 2, 17, 0, tzinfo=UTC)
SITE = SiteId("main")
LOOKUP = Capabilities(lookup=True, receipts=True)
IDEMPOTENT = Capabilities(idempotent=True, receipts=True)
BARE = Capabilities(receipts=True)


class Clock:
    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class FakeDesk:
    """Remembers what it was told; `permission` decides, `broken` names texts it
    chokes on, `hopeless` those that it cannot even leave to a person."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.failures: list[Failure] = []
        self.permission: Callable[[Text], Permission] = lambda _text: Go()
        self.broken: set[str] = set()
        self.hopeless: set[str] = set()
        self.broken_answers: set[str] = set()
        self.alarms: list[tuple[str, str]] = []
        self.again: list[str] = []
        self.pool: tuple[PhoneNumber, ...] = ()
        """Numbers to send from beside the text's own."""

    def before_send(self, books: Books, text: Text, now: datetime) -> Permission:
        if text.id in self.broken:
            raise KeyError(text.body)
        return self.permission(text)

    def cancelled(self, books: Books, text: Text, because: str, now: datetime) -> None:
        self.told.append(("cancelled", text.id))

    def accepted(self, books: Books, text: Text, now: datetime) -> None:
        if text.id in self.broken_answers:
            raise KeyError(text.body)
        self.told.append(("accepted", text.id))

    def failed_for_good(self, books: Books, text: Text, failure: Failure, now: datetime) -> None:
        self.told.append(("failed", text.id))
        self.failures.append(failure)

    def delivered(self, books: Books, text: Text, now: datetime) -> None:
        self.told.append(("delivered", text.id))

    def senders(self, books: Books, text: Text) -> tuple[PhoneNumber, ...]:
        return (text.ours, *(number for number in self.pool if number != text.ours))

    def alarm(self, books: Books, text: Text, kind: str, because: str, now: datetime) -> None:
        self.alarms.append((kind, because))

    def goes_again(self, books: Books, text: Text, because: str, now: datetime) -> None:
        self.again.append(because)

    def learned(self, books: Books, known: KnownLine) -> None:
        books.keep_line(known)

    def received(self, books: Books, arrival: Arrival, now: datetime) -> None:
        if arrival.carrier_id in self.broken | self.hopeless:
            raise KeyError(arrival.body)
        self.told.append(("received", arrival.carrier_id))
        self._keep(books, arrival, now)

    def leave_to_a_person(self, books: Books, arrival: Arrival, now: datetime) -> None:
        if arrival.carrier_id in self.hopeless:
            raise KeyError(arrival.body)
        self.told.append(("to a person", arrival.carrier_id))
        self._keep(books, arrival, now)

    def unanswerable(self, books: Books, stray: Stray, now: datetime) -> bool:
        if (("unanswerable", stray.carrier_id)) in self.told:
            return False
        self.told.append(("unanswerable", stray.carrier_id))
        return True

    def _keep(self, books: Books, arrival: Arrival, now: datetime) -> None:
        episode = EpisodeId(f"E-{arrival.carrier_id}")
        books.save_episode(
            Episode(id=episode, site=SITE, caller=arrival.sender, opened_at=now, window_ends_at=now)
        )
        books.save_text(
            Text(
                id=TextId(f"I-{arrival.carrier_id}"),
                episode=episode,
                site=SITE,
                outgoing=False,
                patient=arrival.sender,
                ours=arrival.to,
                body=arrival.body,
                state=TextState.RECEIVED,
                created_at=now,
                due_at=now,
                carrier=arrival.carrier,
                carrier_id=arrival.carrier_id,
            )
        )

    def cursor(self, books: Books, carrier: str) -> str | None:
        return books.bookmark(carrier)

    def keep_cursor(self, books: Books, carrier: str, cursor: str) -> None:
        books.keep_bookmark(carrier, cursor)


@dataclass
class Step:
    """What the carrier does with one request: put the text on the phone or not, and answer."""

    reaches_phone: bool
    answer: SendResult | Exception | None = None
    """None answers Accepted."""
    gate: asyncio.Event | None = None
    """Holds the answer back until it is set."""


TAKES = Step(reaches_phone=True)


class FakeCarrier:
    """Phones with memory. Requests follow the script; after its end every text is taken."""

    name = "fake"

    def __init__(self, capabilities: Capabilities = LOOKUP, name: str | None = None) -> None:
        self.capabilities = capabilities
        self.name = name or self.name
        self.script: list[Step] = []
        self.lookup_script: list[Step] = []
        self.phone: list[str] = []
        self.requests: list[str] = []
        self.look_ups: list[str] = []
        self.out = 0
        self.most_out = 0
        self.news = Poll(cursor="")

    async def send(self, text: OutgoingText) -> SendResult:
        self.requests.append(text.id)
        step = self.script.pop(0) if self.script else TAKES
        if step.reaches_phone:
            self._deliver(text)
        return await self._answer(step, text)

    def _deliver(self, text: OutgoingText) -> None:
        if not (self.capabilities.idempotent and text.id in self.phone):
            self.phone.append(text.id)

    async def _answer(self, step: Step, text: OutgoingText) -> SendResult:
        self.out += 1
        self.most_out = max(self.most_out, self.out)
        try:
            await asyncio.sleep(0)
            if step.gate is not None:
                await step.gate.wait()
        finally:
            self.out -= 1
        if isinstance(step.answer, Exception):
            raise step.answer
        return step.answer if step.answer is not None else Accepted(f"c-{text.id}")

    async def look_up(self, text: OutgoingText) -> SendResult | None:
        self.look_ups.append(text.id)
        if self.lookup_script:
            return await self._answer(self.lookup_script.pop(0), text)
        return Accepted(f"c-{text.id}") if text.id in self.phone else None

    async def poll(self, cursor: str | None) -> Poll:
        return self.news

    async def close(self) -> None: ...


async def until(fact: Callable[[], object], what: str) -> None:
    """Wait, for two seconds at most, until something is so."""
    try:
        async with asyncio.timeout(2):
            while not fact():  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.002)
    except TimeoutError:
        raise AssertionError(f"never happened: {what}") from None


LOST_ANSWER = Step(reaches_phone=True, answer=Unknown("no answer within 10 s"))
LOST_REQUEST = Step(reaches_phone=False, answer=Unknown("no answer within 10 s"))


@dataclass
class World:
    """One gateway on books in memory."""

    carrier: FakeCarrier = field(default_factory=FakeCarrier)
    desk: FakeDesk = field(default_factory=FakeDesk)
    store: MemoryStore = field(default_factory=MemoryStore)
    clock: Clock = field(default_factory=Clock)
    policy: RetryPolicy = field(default_factory=RetryPolicy)
    pace: Pace = field(default_factory=lambda: Pace(None))
    breaker: Breaker = field(default_factory=Breaker)
    settings: OutboxSettings = field(default_factory=OutboxSettings)
    doorbell: Doorbell = field(default_factory=Doorbell)

    others: tuple[Route, ...] = ()
    """Carriers to fall back on."""

    def __post_init__(self) -> None:
        route = Route(Driver(carrier=self.carrier), limits=Limits(number=self.pace), breaker=self.breaker)
        self.routes = (route, *self.others)
        self.outbox = self.new_outbox()

    def new_outbox(self) -> Outbox:
        """As a new process would make it."""
        switchboard = Switchboard(self.routes)
        self.aftermath = Aftermath(self.desk, switchboard, self.policy, lambda: 0.5)
        clerk = Clerk(self.desk, switchboard, self.aftermath, policy=self.policy, chance=lambda: 0.5)
        return Outbox(
            clerk,
            self.in_store,
            clock=self.clock,
            bell=self.doorbell.listen("texts"),
            settings=self.settings,
        )

    def new_inbound(self, ring: Ring) -> Inbound:
        return Inbound(self.desk, self.aftermath, self.in_store, clock=self.clock, ring=ring)

    def receipt(self, receipt: Receipt) -> bool:
        with self.store.transaction() as books:
            return self.aftermath.by_receipt(books, receipt, self.clock())

    def in_store(self, work: Callable[[Books], T]) -> Awaitable[T]:
        async def run() -> T:
            with self.store.transaction() as books:
                return work(books)

        return run()

    def queue(self, id_: str = "M-1", template: str = "first-open", body: str = "Hello") -> TextId:
        with self.store.transaction() as books:
            books.save_episode(
                Episode(
                    id=EpisodeId(f"E-{id_}"),
                    site=SITE,
                    caller=ANNA,
                    opened_at=self.clock(),
                    window_ends_at=self.clock() + timedelta(hours=24),
                )
            )
            text = Text(
                id=TextId(id_),
                episode=EpisodeId(f"E-{id_}"),
                site=SITE,
                outgoing=True,
                patient=ANNA,
                ours=CLINIC,
                body=body,
                template=template,
                state=TextState.QUEUED,
                created_at=self.clock(),
                due_at=self.clock(),
            )
            books.save_text(text)
            key = JobKey(f"{SEND_TEXT}:{id_}")
            books.add_job(Job(key=key, kind=SEND_TEXT, ref=text.id, due_at=self.clock()))
        return text.id

    def text(self, id_: str = "M-1") -> Text:
        with self.store.reading() as books:
            text = books.text(TextId(id_))
            assert text is not None
            return text

    def job(self, id_: str = "M-1") -> Job | None:
        with self.store.reading() as books:
            return books.job(JobKey(f"{SEND_TEXT}:{id_}"))

    def change(self, id_: str, state: TextState) -> None:
        with self.store.transaction() as books:
            text = books.text(TextId(id_))
            assert text is not None
            books.save_text(replace(text, state=state))

    async def work(self) -> None:
        """Rounds, until there is nothing left to do at this moment."""
        for _ in range(200):
            pause = await self.outbox.round()
            await self.outbox.settle()
            if pause > 0 and not self.outbox._done:
                return
        raise AssertionError("the outbox never came to rest")

    async def work_until_settled(self, hours: float = 3) -> None:
        """Let time pass until no job is left."""
        for _ in range(500):
            await self.work()
            with self.store.reading() as books:
                due = books.next_due([SEND_TEXT])
            if due is None:
                return
            assert due < NOON + timedelta(hours=hours), "a text is neither sent nor given up"
            self.clock.now = max(self.clock.now, due)
        raise AssertionError("the outbox never came to rest")
