"""My account: password, sessions, signing out."""

from dataclasses import replace

from starlette.responses import JSONResponse, RedirectResponse, Response

from secondring.domain.ports import Books
from secondring.domain.staff import failed, is_alive, is_locked, wrong_with_password
from secondring.web.entrance import COOKIE, QUICK, forget_cookie
from secondring.web.sayings import SAYINGS
from secondring.web.screens import EVERYBODY, Refused, Visit, action, page


async def show(visit: Visit) -> Response:
    """Sessions, and where to change what."""
    sessions = await visit.read(lambda books: books.sessions_of(visit.user.id))
    alive = [one for one in sessions if is_alive(one, visit.user, visit.desk.logins, visit.now)]
    return visit.render("account.html", sessions=alive, site=visit.desk.rules.sites[0])


async def end_session(visit: Visit) -> Response:
    """End one of my sessions."""
    wanted = visit.form.get("session", "")

    def end(books: Books) -> bool:
        for session in books.sessions_of(visit.user.id):
            if session.token_hash[:16] == wanted:
                books.save_session(replace(session, ended_at=visit.now))
                books.add_audit(visit.entry("change", "ended a session", about=visit.user.id))
                return True
        return False

    if not await visit.write(end):
        raise Refused(404, "That session is not there any more.")
    if visit.session.token_hash[:16] == wanted:
        return _out()
    return visit.go("/account", "session-ended")


async def end_others(visit: Visit) -> Response:
    """End all my sessions but this one."""

    def end(books: Books) -> None:
        books.end_sessions(visit.user.id, visit.now, but=visit.session.token_hash)
        books.add_audit(visit.entry("change", "ended all other sessions", about=visit.user.id))

    await visit.write(end)
    return visit.go("/account", "sessions-ended")


async def log_out(visit: Visit) -> Response:
    """End this session."""

    def end(books: Books) -> None:
        books.save_session(replace(visit.session, ended_at=visit.now))
        books.add_audit(visit.entry("log-out", "signed out", about=visit.user.id))

    await visit.write(end)
    return _out()


def _out() -> Response:
    answer = RedirectResponse("/log-in", status_code=303)
    forget_cookie(answer, COOKIE)
    answer.headers["clear-site-data"] = '"cache"'
    return answer


async def stay(visit: Visit) -> Response:
    """Somebody said that they are still there: being let in has noted it."""
    if QUICK in visit.request.headers:
        return JSONResponse({"words": SAYINGS["still-here"]})
    return visit.go("/account", "still-here")


async def ask_password(visit: Visit) -> Response:
    """The form for a new password."""
    return visit.render("password.html", wrong="")


async def change_password(visit: Visit) -> Response:
    """A new password, for whoever knows the old one; all other sessions end."""
    desk, user = visit.desk, visit.user
    if is_locked(user, visit.now):
        return visit.render("password.html", status=400, wrong="Too many wrong tries. Wait 15 minutes.")
    if not await desk.passwords.is_right(visit.form.get("old", ""), user.password):
        await visit.write(lambda books: books.save_user(failed(books.user(user.id) or user, visit.now)))
        return visit.render("password.html", status=400, wrong="The present password is not right.")
    new = visit.form.get("new", "")
    names = [user.name, user.shown, *(site.name for site in desk.rules.sites)]
    wrong = wrong_with_password(new, words=names)
    if wrong is None and await desk.passwords.is_right(new, user.password):
        wrong = "It is the one you have already."
    if wrong is not None:
        return visit.render("password.html", status=400, wrong=wrong)
    hashed = await desk.passwords.hashed(new)

    def change(books: Books) -> None:
        current = books.user(user.id) or user
        books.save_user(replace(current, password=hashed, must_change=False))
        books.end_sessions(user.id, visit.now, but=visit.session.token_hash)
        books.add_audit(visit.entry("change", "changed their password", about=user.id))

    await visit.write(change)
    return visit.go("/" if user.must_change else "/account", "password-changed")


SCREENS = (
    page("/account", show, EVERYBODY),
    action("/account/end", end_session, EVERYBODY),
    action("/account/end-others", end_others, EVERYBODY),
    action("/account/stay", stay, EVERYBODY),
    page("/account/password", ask_password, EVERYBODY),
    action("/account/password", change_password, EVERYBODY),
    action("/log-out", log_out, EVERYBODY),
)
