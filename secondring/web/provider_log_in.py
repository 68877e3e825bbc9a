"""Logging in by the clinic's identity provider: there, and back again.

The provider says who somebody is. Whether they may come in, and what they may do, stands in our books; our own code
is asked for too, unless the provider saw a second factor of a kind that the configuration trusts.
"""

import hmac
from collections import OrderedDict
from datetime import datetime

from starlette.responses import RedirectResponse, Response

from secondring.domain.errors import PeerError
from secondring.domain.ports import Books
from secondring.domain.sign_on import Attempt, Identity, NotBelieved
from secondring.domain.staff import Stage, User, is_locked
from secondring.web.entrance import COOKIE, forget_cookie, give_cookie
from secondring.web.protect import Crowd
from secondring.web.provider_port import Provider
from secondring.web.screens import NOBODY, Refused, Screen, Visit, not_here
from secondring.web.signing_in import begin, complete, log_in_page, on_to_the_code, wanted_page
from secondring.web.tokens import kept, new_token

ON_THE_WAY = "__Host-provider"
"""Ties the way back to the browser that went there."""
AT_ONCE = 1000
"""People on their way; the one who left first is forgotten first."""
DOWN = "The sign-in service cannot be reached. Name and password work as ever."
NOT_OURS = "This sign-in was begun in another window, or took too long. Try again."
NOT_TAKEN = "The sign-in did not work. Try again, or use name and password."
UNKNOWN = (
    "You are signed in there, but nobody here has that name, or the account is closed or waits after wrong tries,"
    " or belongs to whoever had that name before."
    " Ask your administrator."
)


class Attempts:
    """Who is on the way to the provider, by what their browser holds. A restart forgets them: they try again."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, Attempt] = OrderedDict()

    def begin(self, token: str, back_to: str, now: datetime) -> Attempt:
        """Somebody sets out."""
        attempt = Attempt(
            state=new_token(), nonce=new_token(), verifier=new_token(), began_at=now, back_to=back_to
        )
        self._open[kept(token)] = attempt
        if len(self._open) > AT_ONCE:
            self._open.popitem(last=False)
        return attempt

    def take(self, token: str, state: str, now: datetime) -> Attempt | None:
        """The attempt that an answer belongs to; it is good once, whatever comes of it."""
        attempt = self._open.pop(kept(token), None)
        if attempt is None or attempt.is_over(now):
            return None
        return attempt if hmac.compare_digest(attempt.state.encode(), state.encode()) else None


class ProviderLogIn:
    """Two addresses: the way there, and the way back."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._attempts = Attempts()

    def screens(self) -> tuple[Screen, ...]:
        """Its routes; both are links, for a form may not lead to other sites."""
        return (
            Screen("GET", "/log-in/provider", self.go, NOBODY, None),
            Screen("GET", "/log-in/provider/back", self.come_back, NOBODY, None),
        )

    async def go(self, visit: Visit) -> Response:
        """Send the browser to the provider."""
        provider = _provider(visit)
        if visit.request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            return log_in_page(visit)
        if not self._crowd.may(visit.address):
            raise Refused(429, "Too many tries from here. Wait a minute.")
        token = new_token()
        attempt = self._attempts.begin(token, wanted_page(visit), visit.now)
        try:
            answer = RedirectResponse(await provider.way_there(attempt), status_code=303)
        except PeerError as error:
            return await _not_in(visit, str(error), DOWN, status=503)
        give_cookie(answer, ON_THE_WAY, token)
        return answer

    async def come_back(self, visit: Visit) -> Response:
        """The browser is back, with what it says is the provider's answer."""
        provider = _provider(visit)
        answer = dict(visit.request.query_params)
        token = visit.request.cookies.get(ON_THE_WAY, "")
        attempt = self._attempts.take(token, answer.get("state", ""), visit.now)
        if attempt is None:
            return await _not_in(visit, "the answer belongs to no question of ours", NOT_OURS)
        try:
            identity = await provider.who_came_back(answer, attempt)
        except NotBelieved as error:
            return await _not_in(visit, str(error), NOT_TAKEN)
        except PeerError as error:
            return await _not_in(visit, str(error), DOWN, status=503)
        found = await visit.write(lambda books: _let_in(books, visit, identity))
        if found is None:
            return _said(visit, UNKNOWN)
        return forget_cookie(_way_on(found, identity, attempt.back_to), ON_THE_WAY)


def _provider(visit: Visit) -> Provider:
    provider = visit.desk.provider
    if provider is None:
        not_here()
    return provider


def _let_in(books: Books, visit: Visit, identity: Identity) -> tuple[User, str] | None:
    """Their new session, whole or half; None for whoever is nobody here."""
    user = books.user_named(identity.name)
    if user is None or not user.is_active or is_locked(user, visit.now):
        about = user.id if user else ""
        books.add_audit(visit.entry("log-in-failed", "provider: nobody here who may come in", about=about))
        return None
    if identity.is_not(user.vouched):
        entry = visit.entry("log-in-failed", "provider: somebody else has this name there now", about=user.id)
        books.add_audit(entry)
        return None
    if identity.second_factor:
        return user, complete(books, visit, user, vouched=identity.who)
    return user, begin(books, visit, user, Stage.PASSWORD, vouched=identity.who)


def _way_on(found: tuple[User, str], identity: Identity, back_to: str) -> Response:
    user, token = found
    if not identity.second_factor:
        return on_to_the_code(user, token, back_to)
    answer = RedirectResponse(back_to or "/", status_code=303)
    give_cookie(answer, COOKIE, token)
    return answer


async def _not_in(visit: Visit, why: str, words: str, status: int = 403) -> Response:
    """Written down with the reason, and told without it: who is being tricked need not teach who tricks."""
    entry = visit.entry("log-in-failed", f"provider: {why}")
    await visit.write(lambda books: books.add_audit(entry))
    return _said(visit, words, status)


def _said(visit: Visit, words: str, status: int = 403) -> Response:
    return forget_cookie(log_in_page(visit, words, status), ON_THE_WAY)
