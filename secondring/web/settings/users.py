"""Who may log in: list, add, change, disable, reset. The last administrator of the whole clinic stays one."""

import secrets
from collections.abc import Callable
from dataclasses import replace

from starlette.responses import Response

from secondring.domain.ids import SiteId, derived_id
from secondring.domain.ports import Books
from secondring.domain.staff import Role, User, UserId
from secondring.web.screens import Refused, Visit, action, not_here, page
from secondring.web.settings.area import READ, WRITE, whole_clinic

LETTERS = "abcdefghjkmnpqrstuvwxyz"
"""Without those that look like others."""
GROUPS, IN_A_GROUP = 4, 4
"""16 of 23 letters: 72 bits, for a password that is good until its owner has chosen one."""
NAME_LENGTH, SHOWN_LENGTH, PHONE_LENGTH = 64, 60, 24
ROLE_WORDS = {
    Role.FRONT_DESK: "Front desk",
    Role.BILLING: "Billing",
    Role.NURSE: "Nurse",
    Role.MANAGER: "Manager: reads everything here",
    Role.ADMIN: "Administrator: sets everything here",
}


def first_password() -> str:
    """A password to be told and then changed: `kfmx-ptwa-hnrd-qbsy`."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(IN_A_GROUP)) for _ in range(GROUPS))


async def users(visit: Visit) -> Response:
    """Everybody who may log in, and who no longer may; of other sites than theirs nobody."""
    found = await visit.read(lambda books: [u for u in books.users() if visit.user.works_with(u)])
    return _draw(visit, "settings/users.html", users=found)


async def new_user(visit: Visit) -> Response:
    """The form for somebody new."""
    return _draw(visit, "settings/user.html", who=None, wrong="", typed={}, password="")


async def add(visit: Visit) -> Response:
    """Somebody new; the password that they begin with is shown once."""
    whole_clinic(visit)
    name = visit.form.get("name", "").strip().lower()[:NAME_LENGTH]
    wrong = _wrong_with(visit, name)
    if wrong:
        return _draw(
            visit, "settings/user.html", status=400, who=None, wrong=wrong, typed=visit.form, password=""
        )
    password = first_password()
    user = User(
        id=UserId(derived_id("P", name, secrets.token_hex(8))),
        name=name,
        shown=_shown(visit) or name,
        roles=_roles(visit),
        sites=_sites(visit),
        phone=_phone(visit),
        password=await visit.desk.passwords.hashed(password),
        must_change=True,
        created_at=visit.now,
    )

    def keep(books: Books) -> bool:
        if books.user_named(name) is not None:
            return False
        books.save_user(user)
        books.add_audit(visit.entry("change", f"added user {name}", about=user.id))
        return True

    if not await visit.write(keep):
        wrong = f"There is somebody called {name} already."
        return _draw(
            visit, "settings/user.html", status=400, who=None, wrong=wrong, typed=visit.form, password=""
        )
    return _draw(visit, "settings/user.html", who=user, wrong="", typed={}, password=password)


def _wrong_with(visit: Visit, name: str) -> str:
    if not name or not all(c.isalnum() or c in "._-" for c in name):
        return "Give a log-in name of letters, digits, dots and dashes, such as ana or a.clerk."
    if not _roles(visit):
        return "Tick what they do: without a role they could open nothing."
    if not all(c.isalnum() or c in "*#+" for c in _phone(visit)):
        return "The desk phone is an extension, such as 1001."
    return ""


def _roles(visit: Visit) -> frozenset[Role]:
    return frozenset(role for role in Role if visit.form.get(f"role-{role.value}"))


def _sites(visit: Visit) -> frozenset[SiteId] | None:
    """None ticked: all of them, also those to come."""
    ticked = frozenset(site.id for site in visit.desk.rules.sites if visit.form.get(f"site-{site.id}"))
    return ticked or None


def _shown(visit: Visit) -> str:
    return " ".join(visit.form.get("shown", "").split())[:SHOWN_LENGTH]


def _phone(visit: Visit) -> str:
    return visit.form.get("phone", "").strip()[:PHONE_LENGTH]


async def _asked(visit: Visit) -> User:
    wanted = UserId(visit.request.path_params["user"])
    found = await visit.read(lambda books: books.user(wanted))
    if found is None or not visit.user.works_with(found):
        not_here()
    return found


async def user(visit: Visit) -> Response:
    """One of them."""
    return _draw(visit, "settings/user.html", who=await _asked(visit), wrong="", typed={}, password="")


async def change(visit: Visit) -> Response:
    """What they do, where, and on which phone."""
    whole_clinic(visit)
    who = await _asked(visit)
    wrong = _wrong_with(visit, who.name)
    if wrong:
        return _draw(
            visit, "settings/user.html", status=400, who=who, wrong=wrong, typed=visit.form, password=""
        )
    roles, sites = _roles(visit), _sites(visit)
    shown, phone = _shown(visit) or who.shown, _phone(visit)
    said = f"gave user {who.name} {', '.join(sorted(roles))} at {', '.join(sorted(sites)) if sites else 'all sites'}"
    await _change(
        visit,
        who,
        said,
        lambda user: replace(user, shown=shown, roles=roles, sites=sites, phone=phone),
        end=False,
    )
    return visit.go(f"/settings/users/{who.id}", "user-changed")


async def disable(visit: Visit) -> Response:
    """They are out at once, everywhere."""
    whole_clinic(visit)
    who = await _asked(visit)
    if who.id == visit.user.id:
        raise Refused(409, "You cannot disable yourself. Ask another administrator.")
    await _change(visit, who, f"disabled user {who.name}", lambda user: replace(user, disabled_at=visit.now))
    return visit.go(f"/settings/users/{who.id}", "user-disabled")


async def reset(visit: Visit) -> Response:
    """A password to begin with, and the second factor anew if they lost their phone; opens a closed account."""
    whole_clinic(visit)
    who = await _asked(visit)
    if who.id == visit.user.id:
        raise Refused(409, "Change your own password under your name, at the top.")
    password = first_password()
    hashed = await visit.desk.passwords.hashed(password)
    factor = bool(visit.form.get("second-factor"))

    def again(user: User) -> User:
        user = replace(user, password=hashed, must_change=True, failures=0, failed_at=None, disabled_at=None)
        return replace(user, totp=None, totp_step=0, recovery=()) if factor else user

    said = f"reset user {who.name}" + (" and their second factor" if factor else "")
    await _change(visit, who, said, again)
    return _draw(visit, "settings/user.html", who=await _asked(visit), wrong="", typed={}, password=password)


async def sign_out(visit: Visit) -> Response:
    """End all their sessions."""
    whole_clinic(visit)
    who = await _asked(visit)
    await _change(visit, who, f"ended all sessions of user {who.name}", lambda user: user)
    return visit.go(f"/settings/users/{who.id}", "user-signed-out")


async def _change(
    visit: Visit, who: User, said: str, make: Callable[[User], User], *, end: bool = True
) -> None:
    def work(books: Books) -> None:
        current = books.user(who.id)
        if current is None:
            not_here()
        after = make(current)
        if _rules_all(current) and not _rules_all(after) and _others(books, current) == 0:
            raise Refused(
                409, "Nobody else may set everything up. Make somebody else an administrator first."
            )
        books.save_user(after)
        if end:
            books.end_sessions(who.id, visit.now, but=visit.session.token_hash)
        books.add_audit(visit.entry("change", said, about=who.id))

    await visit.write(work)


def _rules_all(user: User) -> bool:
    return user.is_active and user.may(WRITE) and user.sites is None


def _others(books: Books, user: User) -> int:
    return sum(_rules_all(other) for other in books.users() if other.id != user.id)


def _draw(visit: Visit, template: str, *, status: int = 200, **values: object) -> Response:
    return visit.render(
        template,
        status=status,
        may_write=visit.user.may(WRITE) and visit.user.sites is None,
        role_words=ROLE_WORDS,
        all_sites=visit.sites(),
        site=visit.desk.rules.sites[0],
        **values,
    )


SCREENS = (
    page("/settings/users", users, READ),
    page("/settings/users/new", new_user, WRITE),
    action("/settings/users/new", add, WRITE),
    page("/settings/users/{user}", user, READ),
    action("/settings/users/{user}", change, WRITE),
    action("/settings/users/{user}/disable", disable, WRITE),
    action("/settings/users/{user}/reset", reset, WRITE),
    action("/settings/users/{user}/sign-out", sign_out, WRITE),
)
