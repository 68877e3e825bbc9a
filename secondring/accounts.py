"""Users of the pages, by command: the first administrator, forgotten passwords, lost phones."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from secondring import wiring
from secondring.domain.errors import UnknownThing
from secondring.domain.ids import SiteId, derived_id
from secondring.domain.ladder import DIALABLE
from secondring.domain.ports import Books
from secondring.domain.staff import AuditEntry, Role, User, UserId, wrong_with_password
from secondring.web.passwords import Passwords
from secondring.wiring import Settings

AT_THE_TERMINAL = "secondring user"
"""Who the audit names for what was done by command."""


@dataclass(frozen=True, slots=True)
class NewUser:
    """What an administrator says of somebody."""

    name: str
    shown: str
    roles: tuple[Role, ...]
    sites: tuple[str, ...] = ()
    """None named: all of them."""
    phone: str = ""


def check_new_user(settings: Settings, new: NewUser) -> None:
    """Raises UnknownThing when there is such a user, or such a site is not."""
    for site in new.sites:
        wiring.known_site(settings, site)
    _check_phone(new.phone)
    if not new.roles:
        raise UnknownThing(f"give {new.name} a role: --role {' | '.join(Role)}")
    with wiring.reading(settings) as books:
        if books.user_named(new.name) is not None:
            raise UnknownThing(f"there is a user {new.name!r} already; `secondring user list` shows them all")


def _check_phone(phone: str) -> None:
    if phone and not DIALABLE.fullmatch(phone):
        raise UnknownThing("a phone is an extension, or a number with + and country code: digits only")


def set_phone(settings: Settings, name: str, phone: str) -> None:
    """The phone on their desk."""
    _check_phone(phone)
    at = wiring.now()
    with wiring.writing(settings) as books:
        user = _named(books, name)
        books.save_user(replace(user, phone=phone))
        books.add_audit(_by_command(at, "set the phone of", user))


def check_password(settings: Settings, password: str, name: str) -> str:
    """The password, when it will do; raises UnknownThing with what is wrong with it."""
    wrong = wrong_with_password(password, words=[name, *(site.name for site in settings.rules.sites)])
    if wrong is not None:
        raise UnknownThing(f"this password will not do. {wrong}")
    return password


def add_user(settings: Settings, new: NewUser, password: str) -> None:
    """Somebody who may log in; at their first log-in they choose a password of their own."""
    check_new_user(settings, new)
    at = wiring.now()
    user = User(
        id=UserId(derived_id("P", new.name.lower(), secrets.token_hex(8))),
        name=new.name.lower(),
        shown=new.shown,
        roles=frozenset(new.roles),
        sites=frozenset(SiteId(site) for site in new.sites) or None,
        phone=new.phone,
        password=Passwords().hash(password),
        must_change=True,
        created_at=at,
    )
    with wiring.writing(settings) as books:
        books.save_user(user)
        books.add_audit(_by_command(at, "added", user))


def users(settings: Settings) -> list[User]:
    """Everybody who may log in, and who no longer may."""
    with wiring.reading(settings) as books:
        return books.users()


def disable_user(settings: Settings, name: str) -> None:
    """They are out at once, everywhere."""
    _change(settings, name, "disabled", lambda user, at: replace(user, disabled_at=at))


def reset_user(settings: Settings, name: str, password: str | None, *, second_factor: bool) -> None:
    """A new password, a new second factor, or both; a locked or disabled account is open again; sessions end."""

    def change(user: User, _: datetime) -> User:
        user = replace(user, failures=0, failed_at=None, disabled_at=None, vouched=None)
        if password is not None:
            user = replace(user, password=Passwords().hash(password), must_change=True)
        return replace(user, totp=None, totp_step=0, recovery=()) if second_factor else user

    _change(settings, name, "reset", change)


def end_sessions(settings: Settings, name: str) -> int:
    """Sign somebody out everywhere; returns out of how many sessions."""
    at = wiring.now()
    with wiring.writing(settings) as books:
        user = _named(books, name)
        books.add_audit(_by_command(at, "ended all sessions of", user))
        return books.end_sessions(user.id, at)


def open_sessions(settings: Settings, name: str) -> list[tuple[datetime, datetime, str, str]]:
    """Their sessions: since when, last active, from where, which browser."""
    with wiring.reading(settings) as books:
        found = books.sessions_of(_named(books, name).id)
    return [(one.created_at, one.seen_at, one.address, one.agent) for one in found]


def _change(settings: Settings, name: str, did: str, change: Callable[[User, datetime], User]) -> None:
    at = wiring.now()
    with wiring.writing(settings) as books:
        user = _named(books, name)
        books.save_user(change(user, at))
        books.end_sessions(user.id, at)
        books.add_audit(_by_command(at, did, user))


def _named(books: Books, name: str) -> User:
    user = books.user_named(name)
    if user is None:
        raise UnknownThing(f"there is no user {name!r}; `secondring user list` shows them all")
    return user


def _by_command(at: datetime, did: str, user: User) -> AuditEntry:
    return AuditEntry(
        at=at,
        user=None,
        shown=AT_THE_TERMINAL,
        action="change",
        what=f"{did} user {user.name}",
        about=user.id,
    )
