"""Logging in: name and password, then a code; whoever has no second factor yet sets it up on the way."""

import re
from dataclasses import replace

from starlette.responses import RedirectResponse, Response

from secondring.domain.ports import Books
from secondring.domain.staff import Session, Stage, User, failed, is_locked, succeeded
from secondring.web.entrance import COOKIE, STRANGER, give_cookie, stranger_token
from secondring.web.protect import Crowd
from secondring.web.screens import NOBODY, Refused, Screen, Visit
from secondring.web.second_factor import matching_step, new_secret, picture
from secondring.web.tokens import form_token, kept, new_recovery_codes, new_token

WRONG = (
    "That did not work. Check the name and the password. After several wrong tries the next one has to wait,"
    " for up to 15 minutes."
)
WRONG_CODE = "That code is not right, or was used already. Wait for the next one."
NAME_LENGTH, AGENT_LENGTH = 64, 120
_PLACE = re.compile(r"/[A-Za-z0-9/_.-]*")


class LogIn:
    """The pages before all others."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd

    def screens(self) -> tuple[Screen, ...]:
        """Its routes."""
        half = Stage.PASSWORD
        return (
            Screen("GET", "/log-in", self.ask, NOBODY, None),
            Screen("POST", "/log-in", self.password, NOBODY, None),
            Screen("GET", "/log-in/code", self.ask_code, NOBODY, half),
            Screen("POST", "/log-in/code", self.code, NOBODY, half),
            Screen("GET", "/log-in/set-up", self.ask_set_up, NOBODY, half),
            Screen("POST", "/log-in/set-up", self.set_up, NOBODY, half),
        )

    # -- name and password

    async def ask(self, visit: Visit) -> Response:
        """The form."""
        if visit.somebody is not None and visit.session.stage is Stage.FULL:
            return RedirectResponse("/", status_code=303)
        return _log_in_page(visit)

    async def password(self, visit: Visit) -> Response:
        """A name and a password came."""
        if not self._crowd.may(visit.address):
            raise Refused(429, "Too many tries from here. Wait a minute.")
        name = visit.form.get("name", "").strip()[:NAME_LENGTH]
        user = await visit.read(lambda books: books.user_named(name))
        open_to_tries = user is not None and user.is_active and not is_locked(user, visit.now)
        known = user.password if user is not None and open_to_tries else None
        right = await visit.desk.passwords.is_right(visit.form.get("password", ""), known)
        if user is None or not right:
            await visit.write(
                lambda books: _note_failure(books, visit, user if open_to_tries else None, "password")
            )
            return _log_in_page(visit, wrong=WRONG, status=403)
        token = await visit.write(lambda books: _begin(books, visit, user, Stage.PASSWORD))
        where = "/log-in/code" if user.totp_step else "/log-in/set-up"
        answer = RedirectResponse(_with_next(where, visit.form.get("next", "")), status_code=303)
        give_cookie(answer, COOKIE, token)
        return answer

    # -- the code

    async def ask_code(self, visit: Visit) -> Response:
        """The form for the code."""
        if not visit.user.totp_step:
            return RedirectResponse("/log-in/set-up", status_code=303)
        return visit.render("code.html", wrong="", next=_next(visit))

    async def code(self, visit: Visit) -> Response:
        """A code came, from the app or from the list of recovery codes."""
        given = visit.form.get("code", "").strip().lower()
        token = await visit.write(lambda books: self._take_code(books, visit, given))
        if token is None:
            return visit.render("code.html", status=403, wrong=WRONG_CODE, next=_next(visit))
        return _inside(visit, token)

    def _take_code(self, books: Books, visit: Visit, given: str) -> str | None:
        user = books.user(visit.user.id)
        if user is None or user.totp is None or is_locked(user, visit.now):
            return None
        step = matching_step(user.totp, given, visit.now, after=user.totp_step)
        if step is not None:
            user = replace(user, totp_step=step)
        elif kept(given) in user.recovery:
            user = replace(user, recovery=tuple(code for code in user.recovery if code != kept(given)))
            books.add_audit(visit.entry("log-in", "used a recovery code", about=user.id))
        else:
            _note_failure(books, visit, user, "code")
            return None
        return _complete(books, visit, user)

    # -- the second factor for the first time

    async def ask_set_up(self, visit: Visit) -> Response:
        """The picture for the app."""
        return self._set_up_page(visit)

    @staticmethod
    def _set_up_page(visit: Visit, wrong: str = "", status: int = 200) -> Response:
        user = visit.user
        if user.totp_step or user.totp is None:
            return RedirectResponse("/log-in/code", status_code=303)
        return visit.render(
            "set_up.html",
            status=status,
            wrong=wrong,
            picture=picture(user.totp, user.name),
            secret=" ".join(re.findall(".{1,4}", user.totp)),
            next=_next(visit),
        )

    async def set_up(self, visit: Visit) -> Response:
        """The first code from the app: from now on it is asked for."""
        given = visit.form.get("code", "")
        done = await visit.write(lambda books: self._take_first(books, visit, given))
        if done is None:
            return self._set_up_page(visit, WRONG_CODE, 403)
        token, codes = done
        answer = visit.render("recovery.html", codes=codes, next=_next(visit))
        give_cookie(answer, COOKIE, token)
        return answer

    @staticmethod
    def _take_first(books: Books, visit: Visit, given: str) -> tuple[str, list[str]] | None:
        user = books.user(visit.user.id)
        if user is None or user.totp is None or user.totp_step or is_locked(user, visit.now):
            return None
        step = matching_step(user.totp, given, visit.now, after=0)
        if step is None:
            _note_failure(books, visit, user, "code")
            return None
        codes = new_recovery_codes()
        user = replace(user, totp_step=step, recovery=tuple(kept(code) for code in codes))
        books.add_audit(visit.entry("change", "set up a second factor", about=user.id))
        return _complete(books, visit, user), codes


def _log_in_page(visit: Visit, wrong: str = "", status: int = 200) -> Response:
    token, is_new = stranger_token(visit)
    answer = visit.render(
        "log_in.html", status=status, wrong=wrong, csrf=form_token(token), next=_next(visit)
    )
    if is_new:
        give_cookie(answer, STRANGER, token)
    return answer


def _note_failure(books: Books, visit: Visit, user: User | None, what: str) -> None:
    if user is not None:
        current = books.user(user.id)
        if current is not None:
            books.save_user(failed(current, visit.now))
    entry = visit.entry("log-in-failed", what, about=user.id if user else "")
    books.add_audit(entry)


def _begin(books: Books, visit: Visit, user: User, stage: Stage) -> str:
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
        )
    )
    return token


def _complete(books: Books, visit: Visit, user: User) -> str:
    user = succeeded(user)
    books.save_user(user)
    books.add_audit(visit.entry("log-in", "signed in", about=user.id))
    return _begin(books, visit, user, Stage.FULL)


def _inside(visit: Visit, token: str) -> Response:
    answer = RedirectResponse(_next(visit) or "/", status_code=303)
    give_cookie(answer, COOKIE, token)
    return answer


def _next(visit: Visit) -> str:
    """Where they wanted to go: an address of ours, or nothing."""
    wanted = visit.form.get("next") or visit.request.query_params.get("next", "")
    return wanted if _PLACE.fullmatch(wanted) and not wanted.startswith("//") else ""


def _with_next(where: str, wanted: str) -> str:
    known = _PLACE.fullmatch(wanted) and not wanted.startswith("//") and wanted
    return f"{where}?next={wanted}" if known else where
