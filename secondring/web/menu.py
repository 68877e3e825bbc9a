"""What stands at the top of every page: only what the visitor may open."""

from dataclasses import dataclass

from secondring.domain.staff import Role, User


@dataclass(frozen=True, slots=True)
class Entry:
    """A word in the menu."""

    word: str
    path: str
    roles: frozenset[Role]


ENTRIES = (
    Entry("Settings", "/settings", frozenset({Role.ADMIN, Role.MANAGER})),
    Entry("Audit", "/audit", frozenset({Role.ADMIN, Role.MANAGER})),
)
"""In the order in which they stand."""


def menu(user: User) -> tuple[Entry, ...]:
    """What this person may open."""
    return tuple(entry for entry in ENTRIES if user.may(entry.roles))
