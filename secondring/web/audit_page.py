"""Who looked at or changed what: a page to read the audit, which nobody can change."""

from starlette.responses import Response

from secondring.domain.ports import Books
from secondring.domain.staff import AuditEntry, Role, User
from secondring.web.screens import Visit, page

A_PAGE = 100


async def show(visit: Visit) -> Response:
    """The newest first, a page at a time; by person, or about one episode, task or user."""
    asked = visit.request.query_params
    about = asked.get("about", "").strip()[:64]
    who = asked.get("who", "").strip()[:64]
    before = asked.get("before", "")

    def look(books: Books) -> tuple[list[AuditEntry], list[User]]:
        users = [user for user in books.users() if visit.user.works_with(user)]
        chosen = next((user for user in users if user.name == who.lower()), None)
        if who and chosen is None:
            return [], users
        found = books.audit(
            before=int(before) if before.isdigit() and len(before) < 16 else None,
            user=chosen.id if chosen else None,
            about=about or None,
            limit=A_PAGE + 1,
        )
        return found, users

    entries, users = await visit.read(look)
    known = {user.id for user in users}

    def theirs(entry: AuditEntry) -> bool:
        if entry.site is not None:
            return visit.user.sees(entry.site)
        return entry.user is None or entry.user in known

    return visit.render(
        "audit.html",
        entries=[entry for entry in entries[:A_PAGE] if theirs(entry)],
        more=entries[A_PAGE - 1].seq if len(entries) > A_PAGE else None,
        users=users,
        about=about,
        who=who,
        site=visit.desk.rules.sites[0],
    )


SCREENS = (page("/audit", show, frozenset({Role.ADMIN, Role.MANAGER})),)
