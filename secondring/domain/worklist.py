"""The rows of the work list: what a person must do, most urgent first, and how much time is left for it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from secondring.domain.hours import business_time_between
from secondring.domain.ports import Books
from secondring.domain.records import Episode, Task
from secondring.domain.rules import BILLING, CARE_TEAM, QUEUES, TRIAGE, Rules, Site
from secondring.domain.staff import Role, User

SOON = 0.25
"""The share of its time that is left when a row turns amber."""
RISE = timedelta(minutes=30)
"""With each further call in vain a row stands as though it were due so much sooner."""

QUEUES_OF: dict[Role, frozenset[str]] = {
    Role.FRONT_DESK: frozenset(QUEUES),
    Role.MANAGER: frozenset(QUEUES),
    Role.NURSE: frozenset({CARE_TEAM, TRIAGE}),
    Role.BILLING: frozenset({BILLING}),
    Role.ADMIN: frozenset(),
}
"""Whose rows each role sees: who answers the phones sees them all, the others what they need."""


class Level(StrEnum):
    """How loud a row is."""

    URGENT = "urgent"
    LATE = "late"
    SOON = "soon"
    CALM = "calm"
    SNOOZED = "snoozed"


@dataclass(frozen=True, slots=True)
class Row:
    """A task and what is known of its caller."""

    task: Task
    episode: Episode
    site: Site
    level: Level
    left: float
    """The share of its business time that is left: 1 when it came in, 0 when it is due."""

    @property
    def late(self) -> bool:
        return self.left <= 0


def queues_for(user: User) -> frozenset[str]:
    """The queues whose rows somebody may see."""
    return frozenset[str]().union(*(QUEUES_OF[role] for role in user.roles))


def may_see(user: User, task: Task) -> bool:
    """Is this row one of theirs, by site and by queue?"""
    return user.sees(task.site) and task.queue in queues_for(user)


def rows(books: Books, tasks: Iterable[Task], rules: Rules, now: datetime) -> list[Row]:
    """The rows of these tasks, in the order in which they are to be done."""
    made = []
    for task in tasks:
        episode = books.episode(task.episode)
        if episode is not None:
            made.append(row(task, episode, rules.site(task.site), now))
    return sorted(made, key=_order)


def row(task: Task, episode: Episode, site: Site, now: datetime) -> Row:
    """One task as a row."""
    left = _left(task, site, now)
    return Row(task, episode, site, _level(task, left, now), left)


def _left(task: Task, site: Site, now: datetime) -> float:
    if now >= task.due_at:
        return 0.0
    whole = business_time_between(site.hours, task.created_at, task.due_at)
    still = business_time_between(site.hours, now, task.due_at)
    return min(still / whole, 1.0) if whole else 1.0


def _level(task: Task, left: float, now: datetime) -> Level:
    if task.urgent:
        return Level.URGENT
    if task.snoozed_until is not None and now < task.snoozed_until:
        return Level.SNOOZED
    if now >= task.due_at:
        return Level.LATE
    return Level.SOON if left < SOON else Level.CALM


def _order(row: Row) -> tuple[bool, bool, datetime]:
    urgent, snoozed = row.level is Level.URGENT, row.level is Level.SNOOZED
    return not urgent, snoozed, row.task.due_at - max(row.episode.calls - 1, 0) * RISE


def count(made: Collection[Row]) -> tuple[int, int]:
    """How many rows are to be done, and how many of them are late."""
    active = [one for one in made if one.level is not Level.SNOOZED]
    return len(active), sum(one.late for one in active)
