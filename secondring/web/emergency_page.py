"""Emergency access: a reason is given, people are told, and everything that is seen is marked."""

from datetime import timedelta

from starlette.responses import Response

from secondring.domain import emergency
from secondring.domain.ports import Books
from secondring.domain.staff import Session
from secondring.web.screens import EVERYBODY, Refused, Visit, action, not_here, page


async def ask(visit: Visit) -> Response:
    """What it means, and the form for the reason."""
    return _draw(visit)


async def begin(visit: Visit) -> Response:
    """Somebody has given a reason."""
    lasts = _lasts(visit)
    reason = visit.form.get("reason", "")
    wrong = emergency.wrong_with_reason(reason)
    if wrong is not None:
        return _draw(visit, wrong=wrong, reason=reason, status=400)
    told = f"opened emergency access: {emergency.kept_reason(reason)}"

    def open_it(books: Books) -> None:
        session, user = _session(books, visit), books.user(visit.user.id) or visit.user
        books.add_audit(visit.entry("emergency", told, about=user.id))
        emergency.begin(books, session, user, visit.now + lasts, visit.desk.rules, now=visit.now)

    await visit.write(open_it)
    return visit.go("/", "emergency")


async def end(visit: Visit) -> Response:
    """They need it no longer."""

    def close(books: Books) -> None:
        books.add_audit(visit.entry("emergency", "ended", about=visit.user.id))
        emergency.end(books, _session(books, visit))

    await visit.write(close)
    return visit.go("/account", "emergency-over")


def _session(books: Books, visit: Visit) -> Session:
    """As it is in the books now: what was ended meanwhile stays ended."""
    session = books.session(visit.session.token_hash)
    if session is None or session.ended_at is not None:
        raise Refused(409, "You have been signed out meanwhile.")
    return session


def _lasts(visit: Visit) -> timedelta:
    lasts = visit.desk.logins.emergency
    if lasts is None:
        not_here()
    return lasts


def _draw(visit: Visit, wrong: str = "", reason: str = "", status: int = 200) -> Response:
    return visit.render(
        "emergency.html",
        status=status,
        wrong=wrong,
        reason=reason,
        lasts=_lasts(visit),
        longest=emergency.LONGEST_REASON,
    )


SCREENS = (
    page("/account/emergency", ask, EVERYBODY),
    action("/account/emergency", begin, EVERYBODY),
    action("/account/emergency/end", end, EVERYBODY),
)
