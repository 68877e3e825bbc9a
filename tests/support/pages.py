"""Staff's pages over books in memory: people who log in, a clock that only moves when told, forms that are sent."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import httpx
from starlette.applications import Starlette

from secondring.bus.memory import Ear
from secondring.domain import pulse
from secondring.domain.booking import Booking, BookingState, booking_id
from secondring.domain.booking_link import Links
from secondring.domain.booking_on_behalf import OnBehalf
from secondring.domain.deskwork import Deskwork
from secondring.domain.ids import SiteId
from secondring.domain.ports import Books
from secondring.domain.records import Task
from secondring.domain.rules import Rules
from secondring.domain.staff import AuditEntry, Role, Session, SessionRules, Stage, User, UserId
from secondring.on_screen import OnScreen, Test
from secondring.store.memory import MemoryStore
from secondring.web.app import make_app
from secondring.web.changes import Changes
from secondring.web.desk import Desk
from secondring.web.entrance import COOKIE
from secondring.web.passwords import Passwords
from secondring.web.second_factor import code_at
from secondring.web.tokens import form_token, kept, new_token
from secondring.web.work_rows import WorkRows
from secondring.written import TextDesk
from tests.support.booking import Tokens
from tests.support.books import a_booking
from tests.support.clinic import CLINIC, MONDAY_TEN, PlainWording, a_site, some_rules
from tests.support.settings import ClinicFiles

T = TypeVar("T")

NORTH, SOUTH = SiteId("north"), SiteId("south")
PASSWORD = "four plain little words"
HASHED = Passwords().hash(PASSWORD)
ORIGIN = "https://127.0.0.1"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def two_sites() -> Rules:
    """Northside and Southside, of which most people here see only the first."""
    south = a_site(id=SOUTH, name="Southside Clinic", dids=(replace(CLINIC, e164="+12025550180"),))
    return some_rules(sites=(a_site(), south))


@dataclass
class Pages:
    """The application and its world."""

    rules: Rules = field(default_factory=two_sites)
    now: datetime = MONDAY_TEN
    logins: SessionRules = field(default_factory=SessionRules)
    store: MemoryStore = field(default_factory=MemoryStore)
    bell: Ear = field(default_factory=Ear)
    files: ClinicFiles = field(default_factory=ClinicFiles)
    test: Test | None = None

    def __post_init__(self) -> None:
        self.somebody_listens()
        self.changes = Changes(self.store.watch, self.bell)
        self.desk = self.make_desk()
        self.app: Starlette = make_app(self.desk)

    def somebody_listens(self, state: pulse.State = pulse.State.LISTENING) -> None:
        """A sign of life that lasts for the whole test."""
        with self.store.transaction() as books:
            pulse.keep(books, state, self.now + timedelta(days=300))

    def make_desk(self, **changes: Any) -> Desk:
        screen = OnScreen(self.files.made, self._read, self._write, self.test)
        return Desk(
            settings=changes.pop("settings", screen),
            rules=self.rules,
            clock=lambda: self.now,
            read=self._read,
            write=self._write,
            changes=self.changes,
            deskwork=Deskwork(self.rules, PlainWording()),
            bookings=OnBehalf(self.rules, PlainWording(), Links(self.rules, Tokens(made=1000))),
            texting=TextDesk(PlainWording()),
            logins=self.logins,
            work_rows=WorkRows(self.store.watch, self.store.reading, self.rules),
            **changes,
        )

    async def _read(self, work: Callable[[Books], T]) -> T:
        with self.store.reading() as books:
            return work(books)

    async def _write(self, work: Callable[[Books], T]) -> T:
        with self.store.transaction() as books:
            done = work(books)
        self.bell.hear()
        return done

    def booked(self, task: Task) -> Booking:
        """Whoever wants something has booked a visit too."""
        booking = a_booking(
            id=booking_id(task.episode, 0), episode=task.episode, site=task.site, state=BookingState.CONFIRMED,
            starts_at=self.now + timedelta(days=1), ends_at=self.now + timedelta(days=1, minutes=30),
            seat=0 if task.site == NORTH else 1,
        )  # fmt: skip
        with self.store.transaction() as books:
            books.save_booking(booking)
        return booking

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)

    # -- people

    def user(self, name: str = "ana", *roles: Role, **changes: Any) -> User:
        """Somebody of Northside who has set up everything."""
        values: dict[str, Any] = {
            "id": UserId(f"P-{name}"),
            "name": name,
            "shown": f"{name.capitalize()} A.",
            "roles": frozenset(roles or {Role.FRONT_DESK}),
            "sites": frozenset({NORTH}),
            "phone": "1001",
            "password": HASHED,
            "totp": SECRET,
            "totp_step": 1,
            "created_at": self.now,
        }
        user = User(**values | changes)
        with self.store.transaction() as books:
            books.save_user(user)
        return user

    def saved(self, name: str = "ana") -> User:
        with self.store.reading() as books:
            found = books.user_named(name)
        assert found is not None
        return found

    def sessions(self, name: str = "ana") -> list[Session]:
        with self.store.reading() as books:
            return books.sessions_of(self.saved(name).id)

    def audit(self, action: str | None = None) -> list[AuditEntry]:
        """Newest first."""
        with self.store.reading() as books:
            return [e for e in books.audit(limit=1000) if action in (None, e.action)]

    # -- browsers

    def browser(self) -> "Browser":
        return Browser(self)

    async def through_the_log_in(self, name: str = "ana", *roles: Role, **changes: Any) -> "Browser":
        """A browser in which somebody has typed name, password and code."""
        with self.store.reading() as books:
            known = books.user_named(name)
        if known is None:
            self.user(name, *roles, **changes)
        browser = self.browser()
        await browser.log_in(name)
        return browser

    async def signed_in(self, name: str = "ana", *roles: Role, **changes: Any) -> "Browser":
        """A browser in which somebody has logged in before; the pages for that are not asked for."""
        with self.store.reading() as books:
            known = books.user_named(name)
        user = known or self.user(name, *roles, **changes)
        browser, token = self.browser(), new_token()
        session = Session(
            token_hash=kept(token), user=user.id, stage=Stage.FULL, created_at=self.now, seen_at=self.now
        )
        with self.store.transaction() as books:
            books.save_session(session)
        browser.http.cookies.set(COOKIE, token, domain="127.0.0.1", path="/")
        return browser


class Browser:
    """What one person's browser does: keeps cookies, sends forms with what the page gave it."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages
        self.http = httpx.AsyncClient(
            transport=httpx.ASGITransport(app=pages.app, client=("192.0.2.7", 4711)), base_url=ORIGIN
        )

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.http.get(path, headers=headers)

    async def post(
        self, path: str, fields: dict[str, str] | None = None, csrf: str | None = None, **headers: str
    ) -> httpx.Response:
        """Send a form as our own page would."""
        form = {"csrf": self.csrf if csrf is None else csrf} | (fields or {})
        headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin"} | headers
        return await self.http.post(path, data=form, headers=headers)

    @property
    def token(self) -> str:
        return self.http.cookies.get(COOKIE) or ""

    @property
    def csrf(self) -> str:
        token = self.token or self.http.cookies.get("__Host-form")
        return form_token(token or "")

    async def log_in(self, name: str = "ana", password: str = PASSWORD) -> httpx.Response:
        """Name, password and code; returns the last answer."""
        await self.get("/log-in")
        answer = await self.post("/log-in", {"name": name, "password": password})
        if answer.status_code != 303:
            return answer
        # Every code is good once; the next log-in of the same person needs the next one.
        user = self._pages.saved(name)
        while user.totp_step >= int(self._pages.now.timestamp()) // 30:
            self._pages.wait(seconds=30)
        return await self.post("/log-in/code", {"code": code_at(user.totp or SECRET, self._pages.now)})


def text_of(answer: httpx.Response) -> str:
    """A page's words without its markup."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", answer.text, flags=re.S)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())
