"""What stands at the top of every page: only what the visitor may open."""

from dataclasses import dataclass

from secondring.domain.staff import Role, User


@dataclass(frozen=True, slots=True)
class Entry:
    """A word in the menu."""

    word: str
    path: str
    roles: frozenset[Role]


_DESK = frozenset({Role.FRONT_DESK, Role.BILLING, Role.NURSE, Role.MANAGER})
_BOARD = frozenset({Role.FRONT_DESK, Role.NURSE, Role.MANAGER})
_OVERSIGHT = frozenset({Role.MANAGER, Role.ADMIN})
FIGURES = _OVERSIGHT
BOOKERS = _BOARD
"""Who sees and moves what patients booked."""

ENTRIES = (
    Entry("Work", "/work", _DESK),
    Entry("Urgent", "/urgent", _BOARD),
    Entry("Dashboard", "/dashboard", FIGURES),
    Entry("Bookings", "/bookings", BOOKERS),
    Entry("Health", "/health", frozenset({Role.ADMIN, Role.MANAGER, Role.FRONT_DESK})),
    Entry("Settings", "/settings", _OVERSIGHT),
    Entry("Audit", "/audit", _OVERSIGHT),
)
"""In the order in which they stand."""


def menu(user: User) -> tuple[Entry, ...]:
    """What this person may open."""
    return tuple(entry for entry in ENTRIES if user.may(entry.roles))
