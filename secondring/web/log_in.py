"""Logging in: name and password, then a code; whoever has no second factor yet sets it up on the way."""

import re
from dataclasses import replace

from starlette.responses import RedirectResponse, Response

from secondring.domain.ports import Books
from secondring.domain.staff import Stage, is_locked
from secondring.web.entrance import COOKIE, give_cookie
from secondring.web.protect import Crowd
from secondring.web.screens import NOBODY, Refused, Screen, Visit
from secondring.web.second_factor import matching_step, picture
from secondring.web.signing_in import (
    begin,
    complete,
    log_in_page,
    note_failure,
    on_to_the_code,
    wanted_page,
)
from secondring.web.tokens import kept, new_recovery_codes

WRONG = (
    "That did not work. Check the name and the password. After several wrong tries the next one has to wait,"
    " for up to 15 minutes."
)
WRONG_CODE = "That code is not right, or was used already. Wait for the next one."
NAME_LENGTH = 64


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
        return log_in_page(visit)

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
                lambda books: note_failure(books, visit, user if open_to_tries else None, "password")
            )
            return log_in_page(visit, wrong=WRONG, status=403)
        token = await visit.write(lambda books: begin(books, visit, user, Stage.PASSWORD))
        return on_to_the_code(user, token, wanted_page(visit))

    # -- the code

    async def ask_code(self, visit: Visit) -> Response:
        """The form for the code."""
        if not visit.user.totp_step:
            return RedirectResponse("/log-in/set-up", status_code=303)
        return visit.render("code.html", wrong="", next=wanted_page(visit))

    async def code(self, visit: Visit) -> Response:
        """A code came, from the app or from the list of recovery codes."""
        given = visit.form.get("code", "").strip().lower()
        token = await visit.write(lambda books: self._take_code(books, visit, given))
        if token is None:
            return visit.render("code.html", status=403, wrong=WRONG_CODE, next=wanted_page(visit))
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
            note_failure(books, visit, user, "code")
            return None
        return complete(books, visit, user, vouched=visit.session.vouched)

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
            next=wanted_page(visit),
        )

    async def set_up(self, visit: Visit) -> Response:
        """The first code from the app: from now on it is asked for."""
        given = visit.form.get("code", "")
        done = await visit.write(lambda books: self._take_first(books, visit, given))
        if done is None:
            return self._set_up_page(visit, WRONG_CODE, 403)
        token, codes = done
        answer = visit.render("recovery.html", codes=codes, next=wanted_page(visit))
        give_cookie(answer, COOKIE, token)
        return answer

    @staticmethod
    def _take_first(books: Books, visit: Visit, given: str) -> tuple[str, list[str]] | None:
        user = books.user(visit.user.id)
        if user is None or user.totp is None or user.totp_step or is_locked(user, visit.now):
            return None
        step = matching_step(user.totp, given, visit.now, after=0)
        if step is None:
            note_failure(books, visit, user, "code")
            return None
        codes = new_recovery_codes()
        user = replace(user, totp_step=step, recovery=tuple(kept(code) for code in codes))
        books.add_audit(visit.entry("change", "set up a second factor", about=user.id))
        return complete(books, visit, user, vouched=visit.session.vouched), codes


def _inside(visit: Visit, token: str) -> Response:
    answer = RedirectResponse(wanted_page(visit) or "/", status_code=303)
    give_cookie(answer, COOKIE, token)
    return answer
