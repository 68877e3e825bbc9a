"""What a page is, who may open it, and what it has in hand while it answers."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn, TypeVar
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from secondring.domain.emergency import is_open
from secondring.domain.ids import SiteId
from secondring.domain.ports import Books
from secondring.domain.rules import Site
from secondring.domain.staff import AuditEntry, Role, Session, Stage, User
from secondring.web.desk import Desk
from secondring.web.drawing import draw

T = TypeVar("T")

EVERYBODY = frozenset(Role)
"""All who have logged in."""
NOBODY: frozenset[Role] = frozenset()
MOST_FIELDS = 160
ADDRESS_LENGTH = 45


class Refused(Exception):
    """The answer is no, or there is nothing here; `words` are for people and name no patient."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


def not_here() -> NoReturn:
    """What somebody else's rows look like: the same as rows that there are not."""
    raise Refused(404, "There is nothing here. It may have been finished, or it belongs to another site.")


@dataclass(frozen=True, slots=True)
class Screen:
    """A route: `stage` says how far a log-in must have come (None: not at all), `roles` who may."""

    method: str
    path: str
    show: "Callable[[Visit], Awaitable[Response]]"
    roles: frozenset[Role]
    stage: Stage | None = Stage.FULL

    @property
    def name(self) -> str:
        return f"{self.method} {self.path}"


def page(path: str, show: "Callable[[Visit], Awaitable[Response]]", roles: frozenset[Role]) -> Screen:
    """Something to look at."""
    return Screen("GET", path, show, roles)


def action(path: str, show: "Callable[[Visit], Awaitable[Response]]", roles: frozenset[Role]) -> Screen:
    """Something that changes something: always a POST from one of our own forms."""
    return Screen("POST", path, show, roles)


class Visit:
    """One request of somebody who may make it."""

    def __init__(
        self,
        request: Request,
        desk: Desk,
        now: datetime,
        *,
        token: str = "",
        user: User | None = None,
        session: Session | None = None,
        form: Mapping[str, str] | None = None,
    ) -> None:
        self.request = request
        self.desk = desk
        self.now = now
        self.token = token
        self.form = dict(form or {})
        """The fields of the form that was sent."""
        self._user = user
        self._session = session

    # -- who

    @property
    def user(self) -> User:
        """Who asks. On a route that needs no log-in there may be nobody: AttributeError then is our bug."""
        if self._user is None:
            raise AttributeError("nobody has logged in on this route")
        return self._user

    @property
    def session(self) -> Session:
        """Their log-in."""
        if self._session is None:
            raise AttributeError("nobody has logged in on this route")
        return self._session

    @property
    def somebody(self) -> User | None:
        """Who asks, if anybody has logged in."""
        return self._user

    @property
    def has_come_in(self) -> bool:
        """They have done all that a log-in asks, so that the pages are open to them."""
        return self._session is not None and self._session.stage is Stage.FULL

    @property
    def in_emergency(self) -> bool:
        """They have opened emergency access, and it has not ended."""
        return self._session is not None and is_open(self._session, self.now)

    @property
    def address(self) -> str:
        """Where the request comes from."""
        client = self.request.client
        return (client.host if client else "")[:ADDRESS_LENGTH]

    # -- sites

    def sites(self) -> list[Site]:
        """The sites that are theirs."""
        return [site for site in self.desk.rules.sites if self.user.sees(site.id)]

    def chosen_site(self) -> Site | None:
        """The one they look at now; None for all of theirs."""
        wanted = self.request.query_params.get("site", "")
        return next((site for site in self.sites() if site.id == wanted), None)

    def require_site(self, site: SiteId) -> Site:
        """The site, when it is one of theirs; otherwise there is nothing here."""
        if not self.user.sees(site):
            not_here()
        return self.desk.rules.site(site)

    def shows(self, site: SiteId) -> bool:
        """True when rows of this site belong on the page: theirs, and the one they look at."""
        chosen = self.chosen_site()
        return self.user.sees(site) and (chosen is None or chosen.id == site)

    # -- books

    async def read(self, work: Callable[[Books], T]) -> T:
        """Run a function on the books as they are now."""
        return await self.desk.read(work)

    async def write(self, work: Callable[[Books], T]) -> T:
        """Run a function in one transaction: all of it is kept, or none."""
        return await self.desk.write(work)

    def entry(self, action: str, what: str, *, about: str = "", site: SiteId | None = None) -> AuditEntry:
        """A line for the audit, in their name. It must hold no number and no words of a patient."""
        who = self._user
        what = f"emergency access: {what}" if self.in_emergency else what
        return AuditEntry(
            at=self.now,
            user=who.id if who else None,
            shown=who.shown if who else "",
            action=action,
            what=what,
            about=about,
            site=site,
            address=self.address,
        )

    async def seen(self, what: str, *, about: str = "", site: SiteId | None = None) -> None:
        """Write down that they were shown patients' data, before they are: no record, no page."""
        entry = self.entry("view", what, about=about, site=site)
        await self.write(lambda books: books.add_audit(entry))

    # -- answers

    def render(self, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
        """A page."""
        return HTMLResponse(draw(template, self, values), status_code=status)

    def go(self, where: str, said: str = "") -> RedirectResponse:
        """On to another page after a form; `said` is shown there once."""
        answer = RedirectResponse(where, status_code=303)
        if said:
            answer.set_cookie(SAID, said, max_age=60, secure=True, httponly=True, samesite="lax", path="/")
        return answer


SAID = "__Host-said"
"""The name of a message in `SAYINGS` that the next page shows; never anything else."""


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form, the last of each name. Raises Refused when it is none."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body()
    if not body:
        return {}
    if kind != "application/x-www-form-urlencoded":
        raise Refused(415, "This is not a form.")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise Refused(400, "This form cannot be read.") from None
    return {name: value.replace("\x00", "") for name, value in pairs}
