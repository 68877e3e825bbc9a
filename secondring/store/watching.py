"""Sees that something was written, by whichever process, and what kind of screens that is of interest to.

The database has a mark that changes when somebody has committed; to ask for it costs some microseconds. Only then
are the few rows that screens show looked at, without unsealing any.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, Select, bindparam, func, select

from secondring.domain.ids import EpisodeId
from secondring.domain.ports import CALLS, URGENT, WORK, episode_topic
from secondring.store.databases import Database
from secondring.store.schema import NOT_DONE, UNSIGNED, calls, decisions, episodes, tasks, texts, urgent_cases
from secondring.store.staff_schema import notes
from secondring.store.trouble import told_plainly

_t, _u = tasks.c, urgent_cases.c
_WORK = (
    select(
        _t.id, _t.state, _t.queue, _t.owner, _t.due_at, _t.urgent, _t.snoozed_until, _t.title, func.length(_t.said),
        episodes.c.calls,
    )
    .join(episodes, episodes.c.id == _t.episode_id)
    .where(NOT_DONE)
    .order_by(_t.seq)
)  # fmt: skip
_CASE = select(_u.id, _u.stage, _u.round, _u.step, _u.turn, _u.attempts, _u.closed_at, _u.signed_at)
_URGENT = _CASE.where(_u.closed_at.is_(None)).order_by(_u.seq)
_UNSIGNED = _CASE.where(UNSIGNED).order_by(_u.seq)
_LAST_CALL = select(func.max(calls.c.seq))


def _of(table: Any, *columns: Any) -> Select[Any]:
    return select(*columns).where(table.c.episode_id == bindparam("episode")).order_by(table.c.seq)


_STORY = (
    select(episodes.c.calls, episodes.c.closed_at).where(episodes.c.id == bindparam("episode")),
    _of(texts, texts.c.id, texts.c.state, texts.c.settled_at),
    _of(tasks, _t.id, _t.state, _t.owner, _t.due_at, _t.snoozed_until),
    _of(notes, notes.c.seq),
    select(func.max(decisions.c.seq)).where(decisions.c.episode_id == bindparam("episode")),
    _of(calls, calls.c.uniqueid, calls.c.verdict),
)


class SqlWatch:
    """`Watch` on a connection of its own, which never writes."""

    def __init__(self, database: Database, engine: Engine) -> None:
        self._database = database
        with told_plainly(database.where):
            self._connection = engine.connect()
        self._mark: object = None

    def has_changed(self) -> bool:
        with self._looking() as read:
            mark = self._database.mark(read)
        changed, self._mark = mark != self._mark, mark
        return changed

    def prints(self, stories: Collection[EpisodeId]) -> dict[str, str]:
        with self._looking() as read:
            found = {
                WORK: _print(read, (_WORK,)),
                URGENT: _print(read, (_URGENT, _UNSIGNED)),
                CALLS: _print(read, (_LAST_CALL,)),
            }
            for episode in stories:
                found[episode_topic(episode)] = _print(read, _STORY, episode=episode)
        return found

    @contextmanager
    def _looking(self) -> Iterator[Connection]:
        """A moment of its own for each look; a connection that broke is another one at the next."""
        with told_plainly(self._database.where):
            try:
                yield self._connection
            finally:
                self._connection.rollback()

    def close(self) -> None:
        self._connection.close()


def _print(connection: Connection, statements: Iterable[Select[Any]], **values: object) -> str:
    made = hashlib.blake2b(digest_size=8)
    for statement in statements:
        for row in connection.execute(statement, values):
            made.update(repr(tuple(row)).encode())
        made.update(b"|")
    return made.hexdigest()
