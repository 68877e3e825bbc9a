"""Everybody comes through here: who is it, may they, is the form ours; then the page is shown, or a refusal."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from secondring.domain.emergency import as_they_are_now
from secondring.domain.errors import NotNow, PeerError, UnknownThing, blame
from secondring.domain.ports import Books
from secondring.domain.staff import Session, Stage, User, is_alive
from secondring.web.desk import Desk
from secondring.web.protect import TooLarge, comes_from_us
from secondring.web.screens import SAID, Refused, Screen, Visit, read_form
from secondring.web.tokens import is_form_token, kept, new_token

log = logging.getLogger(__name__)

COOKIE = "__Host-session"
"""`__Host-`: browsers take it only over TLS or from this machine, and from no other name."""
STRANGER = "__Host-form"
"""Ties the log-in form to the browser that it was given to."""
LIVE = "x-live"
"""Marks what a screen fetches on its own: it counts as nobody's doing."""
UNREACHABLE = "The books cannot be reached just now. Try again in a moment. Calls go on as usual."
OUR_BUG = "This page failed, and the log says where. The other pages work; calls go on as usual."
QUICK = "x-quick"
"""Marks a form that a page sent by script: it is answered by a sentence instead of a page."""
PASSWORD_PAGE = "/account/password"  # noqa: S105 - an address


@dataclass(frozen=True, slots=True)
class Known:
    """A log-in that counts."""

    token: str
    user: User
    session: Session


def entrance(screen: Screen, desk: Desk) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint of a screen."""

    async def answer(request: Request) -> Response:
        visit = Visit(request, desk, desk.clock(), token=request.cookies.get(STRANGER, ""))
        try:
            visit = await _let_in(screen, desk, request)
            return _clean_up(request, await screen.show(visit))
        except _LogIn as away:
            return away.answer
        except Exception as error:  # noqa: BLE001 - said without quoting a patient
            status, words = _in_words(screen, error)
            return refusal(visit, status, words)

    return answer


def _in_words(screen: Screen, error: Exception) -> tuple[int, str]:
    """What the visitor is told of what went wrong; what an administrator should know is logged."""
    if isinstance(error, Refused):
        return error.status, error.words
    if isinstance(error, TooLarge):
        return 413, "That is more than a form may hold."
    if isinstance(error, NotNow | UnknownThing):
        return 409, str(error)
    log.error("%s: %s", screen.name, blame(error))
    return (503, UNREACHABLE) if isinstance(error, PeerError) else (500, OUR_BUG)


class _LogIn(Exception):
    def __init__(self, answer: Response) -> None:
        super().__init__()
        self.answer = answer


async def _let_in(screen: Screen, desk: Desk, request: Request) -> Visit:
    known = await who_is_it(request, desk)
    now = desk.clock()
    token = known.token if known else request.cookies.get(STRANGER, "")
    form = {}
    if screen.stage is not None and not _far_enough(known, screen.stage):
        raise _LogIn(_away(request, known))
    if screen.method != "GET":
        form = await _checked_form(request, token)
    if known is None or screen.stage is None:
        return Visit(
            request, desk, now, token=token, user=known.user if known else None,
            session=known.session if known else None, form=form,
        )  # fmt: skip
    visit = Visit(request, desk, now, token=token, user=known.user, session=known.session, form=form)
    if screen.stage is Stage.FULL:
        await _check_role(screen, visit)
    return visit


def _far_enough(known: Known | None, stage: Stage) -> bool:
    return known is not None and known.session.stage is stage


async def _check_role(screen: Screen, visit: Visit) -> None:
    if not visit.user.may(screen.roles):
        refused = visit.entry("refused", screen.name)
        await visit.write(lambda books: books.add_audit(refused))
        raise Refused(403, "This page is for other roles than yours. An administrator can change that.")
    chosen_for_them = visit.user.must_change and not visit.session.by_provider
    if chosen_for_them and not screen.path.startswith(("/account", "/log-out")):
        raise _LogIn(RedirectResponse(PASSWORD_PAGE, status_code=303))


async def who_is_it(request: Request, desk: Desk) -> Known | None:
    """The log-in that a request belongs to; what they do keeps it alive, what their screen does by itself does not."""
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    by_hand = request.headers.get(LIVE) is None
    now = desk.clock()

    def look(books: Books) -> Known | None:
        session = books.session(kept(token))
        user = books.user(session.user) if session else None
        if session is None or user is None or not is_alive(session, user, desk.logins, now):
            return None
        return Known(token, as_they_are_now(user, session, now), session)

    known = await desk.glance(look)
    if known is not None and by_hand and known.session.stage is Stage.FULL:
        await _keep_alive(desk, known.session)
    return known


async def _keep_alive(desk: Desk, session: Session) -> None:
    now = desk.clock()
    if now - session.seen_at < desk.logins.touch:
        return

    def touch(books: Books) -> None:
        current = books.session(session.token_hash)
        if current is not None and current.ended_at is None:
            books.save_session(replace(current, seen_at=now))

    await desk.write(touch)


async def _checked_form(request: Request, token: str) -> dict[str, str]:
    if not comes_from_us(request):
        raise Refused(403, "This form was not sent from one of our pages.")
    form = await read_form(request)
    if not token or not is_form_token(form.pop("csrf", ""), token):
        raise Refused(403, "This form is too old. Go back, reload the page, and send it again.")
    return form


def _away(request: Request, known: Known | None) -> Response:
    """To where the log-in goes on; what a screen fetched by itself is told plainly."""
    if LIVE in request.headers or QUICK in request.headers:
        return JSONResponse({"signed_out": True}, status_code=401)
    if known is not None and known.session.stage is Stage.PASSWORD:
        return RedirectResponse("/log-in/code" if known.user.totp_step else "/log-in/set-up", status_code=303)
    if known is not None:
        return RedirectResponse("/", status_code=303)
    back = quote(request.url.path) if request.method == "GET" and request.url.path != "/" else ""
    return RedirectResponse(f"/log-in?next={back}" if back else "/log-in", status_code=303)


def refusal(visit: Visit, status: int, words: str) -> Response:
    """The answer is no: a page of its own, or the sentence alone for a form that a script sent."""
    if LIVE in visit.request.headers or QUICK in visit.request.headers:
        return JSONResponse({"words": words}, status_code=status)
    return visit.render("refused.html", status=status, words=words)


def _clean_up(request: Request, answer: Response) -> Response:
    """What was said once is not said again."""
    shown = answer.media_type == "text/html"
    if SAID in request.cookies and shown and request.headers.get(LIVE) is None:
        forget_cookie(answer, SAID)
    return answer


def give_cookie(answer: Response, name: str, value: str) -> None:
    """A cookie that scripts cannot read and that goes when the browser does."""
    answer.set_cookie(name, value, secure=True, httponly=True, samesite="lax", path="/")


def forget_cookie(answer: Response, name: str) -> Response:
    """The same answer, telling the browser to drop a cookie of ours."""
    answer.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
    return answer


def stranger_token(visit: Visit) -> tuple[str, bool]:
    """The token of a browser that has not logged in, and whether it is a new one."""
    token = visit.request.cookies.get(STRANGER, "")
    return (token, False) if token else (new_token(), True)
