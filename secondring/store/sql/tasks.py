"""Tasks in SQL."""

from typing import Any

from sqlalchemy import Row, bindparam, select, text

from secondring.domain.ids import EpisodeId, SiteId, TaskId
from secondring.domain.records import Task, TaskState
from secondring.store.schema import NOT_DONE, tasks
from secondring.store.sql.page import Page, number, pick, put, whole

_SAVE = put(tasks, "id")
_ALL = pick(tasks)
_BY_ID = _ALL.where(tasks.c.id == bindparam("id"))
_OF_EPISODE = _ALL.where(tasks.c.episode_id == bindparam("episode")).order_by(tasks.c.created_at, tasks.c.seq)
_LIST = _ALL.order_by(tasks.c.urgent.desc(), tasks.c.due_at, tasks.c.seq).limit(bindparam("most"))
_TO_DO = _LIST.where(NOT_DONE)
_URGENT = (
    select(tasks.c.site, tasks.c.episode_id)
    .where(NOT_DONE, text("urgent IS TRUE"))
    .order_by(tasks.c.due_at, tasks.c.seq)
)


class TaskPages(Page):
    """The part of `Books` about tasks."""

    def task(self, task: TaskId) -> Task | None:
        row = self._first(_BY_ID, id=task)
        return None if row is None else _read(row)

    def save_task(self, task: Task) -> None:
        self._write(_SAVE, _values(task))

    def tasks_of(self, episode: EpisodeId) -> list[Task]:
        return [_read(row) for row in self._all(_OF_EPISODE, episode=episode)]

    def tasks(self, *, include_done: bool = False, limit: int = 1000) -> list[Task]:
        return [_read(row) for row in self._all(_LIST if include_done else _TO_DO, most=limit)]

    def urgent_work(self) -> list[tuple[SiteId, EpisodeId]]:
        return [(SiteId(row.site), EpisodeId(row.episode_id)) for row in self._all(_URGENT)]


def _values(task: Task) -> dict[str, object]:
    return {
        "id": task.id,
        "episode_id": task.episode,
        "site": task.site,
        "queue": task.queue,
        "caller": whole(task.caller),
        "title": task.title,
        "said": task.said,
        "urgent": task.urgent,
        "created_at": task.created_at,
        "due_at": task.due_at,
        "state": task.state.value,
        "owner": task.owner,
        "closed_at": task.closed_at,
        "closed_because": task.closed_because,
        "snoozed_until": task.snoozed_until,
    }


def _read(row: Row[Any]) -> Task:
    return Task(
        id=row.id,
        episode=row.episode_id,
        site=row.site,
        queue=row.queue,
        caller=number(row.caller),
        title=row.title,
        said=row.said,
        urgent=row.urgent,
        created_at=row.created_at,
        due_at=row.due_at,
        state=TaskState(row.state),
        owner=row.owner,
        closed_at=row.closed_at,
        closed_because=row.closed_because,
        snoozed_until=row.snoozed_until,
    )
