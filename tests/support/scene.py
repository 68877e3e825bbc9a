"""A clinic's Monday morning in a real database, served by the real server, for browsers to look at.

The clock begins on a Monday at ten in New York and then runs as fast as ours. All people and numbers are made up.
"""

import asyncio
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from lab.ports import free_port
from secondring.bus.memory import Ear
from secondring.domain import pulse
from secondring.domain.booking import Booking, BookingState, booking_id
from secondring.domain.booking_link import Links
from secondring.domain.booking_on_behalf import OnBehalf
from secondring.domain.deskwork import Deskwork
from secondring.domain.health import Finding, State, no_catch_up
from secondring.domain.ids import SiteId
from secondring.domain.ladder import Ladder, Step, Target
from secondring.domain.phone import PhoneNumber
from secondring.domain.ports import Books
from secondring.domain.records import Task, TaskState
from secondring.domain.rules import Rules
from secondring.domain.staff import Role, User, UserId
from secondring.domain.triage_events import Why
from secondring.domain.urgent import Triage
from secondring.domain.urgent_begin import job_key
from secondring.domain.urgent_case import Attempt, Stage, Trigger, UrgentCase
from secondring.on_screen import OnScreen
from secondring.serving import Listen, serve
from secondring.store.sqlstore import SqlStore
from secondring.web.app import make_app
from secondring.web.changes import Changes
from secondring.web.desk import Desk
from secondring.web.second_factor import code_at
from secondring.web.work_rows import WorkRows
from secondring.writer import Writer
from secondring.written import TextDesk
from tests.support.booking import Tokens
from tests.support.books import KEY, new_database
from tests.support.clinic import CLINIC, MONDAY_TEN, Clinic, a_site
from tests.support.pages import HASHED, PASSWORD, SECRET
from tests.support.settings import ClinicFiles
from tests.support.until import until

T = TypeVar("T")

WORDS = {
    "first-open": "Northside Clinic here, sorry we missed your call. How can we help? Text BOOK, RESCHEDULE, BILLING,"
    " REFILL or URGENT, or call (202) 555-0100. STOP to opt out.",
    "book": "Book a time that suits you: https://book.northside.example/k3x9a2. Or call (202) 555-0100.",
    "book-call": "Thank you. We will call you to find a time. Northside Clinic, (202) 555-0100.",
    "reschedule-call": "Thank you. We will call you about your appointment. Northside Clinic, (202) 555-0100.",
    "billing": "Thank you. Our billing team will call you by the end of the next business day.",
    "refill": "Thank you. Our care team will see to it today.",
    "help": "This is Northside Clinic, (202) 555-0100. We text when we miss your call. STOP to opt out.",
    "unknown": "Thank you. Someone will call you within the hour.",
}
LADDER = Ladder(
    steps=(
        Step(targets=(Target(number="2001"),)),
        Step(targets=(Target(number="2002"), Target(number="2003"))),
        Step(targets=(Target(number="+12025550177", outside=True),)),
    ),
    last_resort=Target(number="+12025550188", outside=True),
)
NORTH, SOUTH = SiteId("north"), SiteId("south")


class Wording:
    """Texts as a clinic sends them."""

    def text(self, template: str, *, site: Any, language: str, now: datetime, **more: Any) -> str:
        return WORDS.get(template, f"{site.name}: {template}")


def rules() -> Rules:
    north = a_site(triage=LADDER)
    south = a_site(id=SOUTH, name="Southside Clinic", dids=(PhoneNumber("+12025550180"),), triage=LADDER)
    return Rules(sites=(north, south))


async def _all_well() -> list[Finding]:
    return [
        Finding("ami", "Link to the PBX", State.OK, "listening"),
        no_catch_up(),
        Finding("ami-dial", "Ringing phones", State.OK, "can ring nurses and clerks"),
        Finding("carrier", "Text carrier", State.OK, "answers"),
        Finding("disk", "Disk", State.OK, "38.2 GB free"),
        Finding("certificate", "Certificate", State.OK, "good for 71 days"),
    ]


class Phones:
    """The clinic's telephone, which rings nobody and remembers whom it should have rung."""

    def __init__(self) -> None:
        self.rung: list[tuple[str, PhoneNumber]] = []
        self.is_up = True
        self.answer: Why | None = None

    async def call_back(self, *, phone: str, patient: PhoneNumber, site: Any) -> Why | None:
        self.rung.append((phone, patient))
        return self.answer


@dataclass
class Scene:
    """The clinic, its database and its server; `with Scene(folder) as scene:`."""

    folder: Path
    rules: Rules = field(default_factory=rules)
    phones: Phones = field(default_factory=Phones)
    files: ClinicFiles = field(default_factory=ClinicFiles)

    def __post_init__(self) -> None:
        self.store = SqlStore(new_database(self.folder), KEY)
        with self.store.transaction() as books:
            pulse.keep(books, pulse.State.LISTENING, MONDAY_TEN + timedelta(days=300))
        self.writer = Writer(self.store)
        self.work_rows = WorkRows(self.store.watch, self.store.reading, self.rules)
        self.port = free_port(socket.SOCK_STREAM)
        self._began = time.monotonic()
        self._ahead = timedelta(0)
        self._calls = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="pages")

    # -- time

    def now(self) -> datetime:
        return MONDAY_TEN + self._ahead + timedelta(seconds=time.monotonic() - self._began)

    def jump(self, **span: float) -> None:
        """Time passes for the service, though not for us."""
        self._ahead += timedelta(**span)

    # -- life

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        until(lambda: self._loop is not None and self._is_listening(), "the pages are served")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(20)
        self.work_rows.close()
        self.writer.close()
        self.store.close()

    def _is_listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    async def _serve(self) -> None:
        changes = Changes(self.store.watch, Ear())
        app = make_app(self.desk(changes))
        where = Listen(name="pages", host="127.0.0.1", port=self.port)
        parts = [asyncio.create_task(changes.run()), asyncio.create_task(serve(app, where, changes.close))]
        self._loop = asyncio.get_running_loop()
        await self._stop.wait()
        for part in parts:
            part.cancel()
        await asyncio.gather(*parts, return_exceptions=True)

    def desk(self, changes: Changes) -> Desk:
        async def read(work: Callable[[Books], T]) -> T:
            return await asyncio.to_thread(self.read, work)

        return Desk(
            rules=self.rules,
            clock=self.now,
            read=read,
            write=self.writer,
            changes=changes,
            deskwork=Deskwork(self.rules, Wording()),
            bookings=OnBehalf(self.rules, Wording(), Links(self.rules, Tokens(made=1000))),
            texting=TextDesk(Wording()),
            triage=Triage(self.rules, Wording()),
            telephone=self.phones,
            settings=OnScreen(self.files.made, read, self.writer),
            work_rows=self.work_rows,
            vitals=_all_well,
        )

    def read(self, work: Callable[[Books], T]) -> T:
        with self.store.reading() as books:
            return work(books)

    def write(self, work: Callable[[Books], T]) -> T:
        with self.store.transaction() as books:
            return work(books)

    # -- people

    def user(self, name: str, shown: str, *roles: Role, **changes: Any) -> User:
        values: dict[str, Any] = {
            "id": UserId(f"P-{name}"),
            "name": name,
            "shown": shown,
            "roles": frozenset(roles),
            "phone": "1001",
            "password": HASHED,
            "totp": SECRET,
            "totp_step": 1,
            "created_at": self.now(),
        }
        user = User(**values | changes)
        self.write(lambda books: books.save_user(user))
        return user

    @property
    def password(self) -> str:
        return PASSWORD

    def code(self, name: str) -> str:
        """The next code that is good for them: each is good once, so time may have to pass."""
        user = self.read(lambda books: books.user_named(name))
        assert user is not None
        if user.totp_step >= int(self.now().timestamp()) // 30:
            self.jump(seconds=31)
        return code_at(user.totp or SECRET, self.now())

    # -- what happens

    def clinic(self) -> Clinic:
        """Calls, texts and replies, by the clinic's own rules."""
        self._calls += 1000
        return Clinic(
            rules=self.rules,
            now=self.now(),
            store=self.store,
            wording=Wording(),
            links=Links(self.rules, Tokens(made=2000 + self._calls)),
            _counter=self._calls,
        )

    def missed(self, number: PhoneNumber, *replies: str, ago: float = 0, did: str = "2025550100") -> Clinic:
        """A missed call so many minutes ago, the text that followed, and what was answered."""
        clinic = self.clinic()
        clinic.now = self.now() - timedelta(minutes=ago)
        clinic.misses(number, did=did)
        clinic.wait(seconds=4).send_due()
        for reply in replies:
            clinic.wait(seconds=40).writes(reply, number)
            clinic.wait(seconds=4).send_due()
        return clinic

    def morning(self) -> None:
        """What the pictures show."""
        self.missed(PhoneNumber("+12025550131"), "question about my bill from March", ago=175)
        self.missed(PhoneNumber("+12025550132"), "REFILL", ago=120)
        again = PhoneNumber("+12025550133")
        self.missed(again, ago=50)
        self.missed(again, ago=31)
        self.missed(again, "can I bring my daughter along on Thursday", ago=12)
        self.missed(PhoneNumber("+12025550134"), "necesito cambiar mi cita", ago=20)
        self.missed(PhoneNumber("+12025550135"), "RESCHEDULE", ago=9, did="2025550180")
        self.missed(PhoneNumber("+12025550136"), "STOP", ago=8)
        self.missed(PhoneNumber("+12025550136"), ago=7)
        self._hand_over()

    def _hand_over(self) -> None:
        def take(books: Books) -> None:
            for task in books.tasks():
                if task.queue == "care-team":
                    books.save_task(replace(task, owner="bo", state=TaskState.TAKEN))
                if task.queue == "billing":
                    books.save_task(replace(task, due_at=self.now() - timedelta(minutes=40)))

        self.write(take)

    def booked(
        self, number: PhoneNumber, starts_at: datetime, *, name: str = "", visit: str = "checkup"
    ) -> Booking:
        """Somebody who called in vain and booked half an hour since."""
        clinic = self.missed(number, ago=20)
        (episode,) = [one for one in clinic.episodes if one.caller == number]
        made = self.now() - timedelta(minutes=15)
        booking = Booking(
            id=booking_id(episode.id, 0),
            episode=episode.id,
            site=episode.site,
            visit=visit,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=30),
            seat=0,
            state=BookingState.CONFIRMED,
            held_until=made,
            made_at=made,
            confirmed_at=made,
            first_name=name,
        )
        self.write(lambda books: books.save_booking(booking))
        return booking

    def urgent(self, number: PhoneNumber, *, left: bool = False, **changes: Any) -> UrgentCase:
        """Somebody for whom the ladder runs, or ran in vain."""
        clinic = self.missed(number, "URGENT I need a nurse", ago=1.6 if not left else 9)
        (episode,) = [one for one in clinic.episodes if one.caller == number]
        (case,) = self.read(lambda books: books.urgent_cases_of(episode.id))
        attempts = tuple(
            Attempt(id=f"{case.id}.{n}", target=target, started_at=self.now() - timedelta(seconds=9))
            for n, target in enumerate(LADDER.steps[1].targets, 2)
        )
        values: dict[str, Any] = {"stage": Stage.RINGING, "step": 1, "attempts": attempts, "made": 3}
        if left:
            ended = self.now() - timedelta(minutes=6)
            values = {"stage": Stage.LEFT, "step": 3, "last_resort_at": ended, "closed_at": ended}
        case = replace(case, give_up_at=self.now() + timedelta(hours=1), **values | changes)

        def keep(books: Books) -> None:
            books.save_urgent_case(case)
            books.drop_job(job_key(case.id))

        self.write(keep)
        return case

    def urgent_ends(self, case: UrgentCase) -> None:
        """Nobody took it."""
        at = self.now()
        left = replace(case, stage=Stage.LEFT, attempts=(), step=3, last_resort_at=at, closed_at=at)
        self.write(lambda books: books.save_urgent_case(left))

    def tasks(self) -> list[Task]:
        return self.read(lambda books: books.tasks())


__all__ = ["CLINIC", "NORTH", "SOUTH", "Scene", "Trigger"]
