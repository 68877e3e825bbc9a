"""What every way of logging in shares: the page, a session that begins, a failure that is noted, the way on."""

import re
from dataclasses import replace

from starlette.responses import RedirectResponse, Response

from secondring.domain.ports import Books
from secondring.domain.staff import Session, Stage, User, failed, succeeded
from secondring.web.entrance import COOKIE, STRANGER, give_cookie, stranger_token
from secondring.web.screens import Visit
from secondring.web.second_factor import new_secret
from secondring.web.tokens import form_token, kept, new_token

AGENT_LENGTH = 120
_PLACE = re.compile(r"/[A-Za-z0-9/_.-]*")


def log_in_page(visit: Visit, wrong: str = "", status: int = 200) -> Response:
    """The form for name and password, and the provider's button where there is one."""
    token, is_new = stranger_token(visit)
    provider = visit.desk.provider
    answer = visit.render(
        "log_in.html",
        status=status,
        wrong=wrong,
        csrf=form_token(token),
        next=wanted_page(visit),
        button=provider.button if provider else "",
    )
    if is_new:
        give_cookie(answer, STRANGER, token)
    return answer


def note_failure(books: Books, visit: Visit, user: User | None, what: str) -> None:
    """Somebody did not get in: their next tries wait longer, and the audit tells."""
    if user is not None:
        current = books.user(user.id)
        if current is not None:
            books.save_user(failed(current, visit.now))
    entry = visit.entry("log-in-failed", what, about=user.id if user else "")
    books.add_audit(entry)


def begin(books: Books, visit: Visit, user: User, stage: Stage, *, vouched: str | None = None) -> str:
    """A new session under a new token; the one they came with, if any, ends."""
    token = new_token()
    if visit.token:
        old = books.session(kept(visit.token))
        if old is not None and old.ended_at is None:
            books.save_session(replace(old, ended_at=visit.now))
    if user.totp is None:
        books.save_user(replace(user, totp=new_secret(), totp_step=0))
    books.drop_sessions(visit.now - 2 * visit.desk.logins.absolute)
    books.save_session(
        Session(
            token_hash=kept(token),
            user=user.id,
            stage=stage,
            created_at=visit.now,
            seen_at=visit.now,
            address=visit.address,
            agent=visit.request.headers.get("user-agent", "")[:AGENT_LENGTH],
            vouched=vouched,
        )
    )
    return token


def complete(books: Books, visit: Visit, user: User, *, vouched: str | None = None) -> str:
    """They are in. Whom the provider vouched for is bound to whom it said that they are."""
    user = succeeded(user)
    if vouched is not None:
        user = replace(user, vouched=vouched)
    books.save_user(user)
    how = "signed in, by the identity provider" if vouched is not None else "signed in"
    books.add_audit(visit.entry("log-in", how, about=user.id))
    return begin(books, visit, user, Stage.FULL, vouched=vouched)


def on_to_the_code(user: User, token: str, back_to: str) -> Response:
    """Half of the log-in is done: to the code, or to setting one up."""
    where = "/log-in/code" if user.totp_step else "/log-in/set-up"
    answer = RedirectResponse(f"{where}?next={back_to}" if back_to else where, status_code=303)
    give_cookie(answer, COOKIE, token)
    return answer


def wanted_page(visit: Visit) -> str:
    """Where they wanted to go: an address of ours, or nothing."""
    wanted = visit.form.get("next") or visit.request.query_params.get("next", "")
    return wanted if _PLACE.fullmatch(wanted) and not wanted.startswith("//") else ""
