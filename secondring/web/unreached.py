"""Urgent callers whom nobody has spoken with and no ladder rings for any more: the board keeps a card until their red
task is done, calm only once somebody knows of it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from secondring.domain.ids import EpisodeId
from secondring.domain.ports import Books
from secondring.domain.records import Task, TaskState
from secondring.domain.rules import Site
from secondring.web.screens import Visit


@dataclass(frozen=True, slots=True)
class Unreached:
    """A caller who still waits for a call."""

    task: Task
    site: Site
    since: datetime
    known: list[str]
    """Who knows of it, in words. Empty while nobody does: then the card is loud."""


def red_task(books: Books, episode: EpisodeId) -> Task | None:
    """The urgent task of an episode that stays until somebody has spoken with its caller."""
    return next((t for t in books.tasks_of(episode) if t.urgent and t.state is not TaskState.DONE), None)


def unreached(books: Books, visit: Visit, shown: Collection[EpisodeId]) -> list[Unreached]:
    """Those at the sites of the page, without the episodes that have a louder card there already."""
    left = [ep for site, ep in books.urgent_work() if visit.shows(site) and ep not in shown]
    tasks = [task for episode in dict.fromkeys(left) if (task := red_task(books, episode)) is not None]
    names = {user.name: user.shown for user in books.users()} if tasks else {}
    return [_card(books, visit, task, names) for task in tasks]


def _card(books: Books, visit: Visit, task: Task, names: dict[str, str]) -> Unreached:
    cases = books.urgent_cases_of(task.episode)
    signed_by = cases[-1].signed_by if cases else None
    known = [f"{signed_by} knows of it"] if signed_by else []
    if task.owner:
        known.append(f"{names.get(task.owner, task.owner)} has it")
    since = cases[-1].triggered_at if cases else task.created_at
    return Unreached(task, visit.desk.rules.site(task.site), since, known)
