"""Jobs in SQL: work that is due, claimed by lease, and given up or finished only by whoever still holds it.

A holder is known by its fence and its lease together: a job that was dropped and planned anew starts
its fence again, and one that was moved has no lease, so in both cases the old holder is turned away.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Executable,
    Row,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    select,
    union_all,
    update,
)

from secondring.domain.ids import JobKey
from secondring.domain.records import Job
from secondring.store.agreed import stale
from secondring.store.schema import jobs
from secondring.store.sql.page import ByDialect, Page, keep, pick

_ADD = keep(jobs, "key")
_ALL = pick(jobs)
_KEYED = jobs.c.key == bindparam("which")
_BY_KEY = _ALL.where(_KEYED)
_HELD = and_(
    _KEYED,
    jobs.c.fence == bindparam("held_fence"),
    jobs.c.leased_until.is_not_distinct_from(bindparam("held_until")),
)
_FREED: dict[str, Any] = {"due_at": bindparam("due"), "leased_until": None}
_MOVE = update(jobs).where(_KEYED).values(_FREED)
_DROP = delete(jobs).where(_KEYED)
_RETRY = update(jobs).where(_HELD).values(_FREED)
_FINISH = delete(jobs).where(_HELD)


_COUNT = select(func.count().label("due"), func.min(jobs.c.due_at).label("earliest")).where(
    jobs.c.kind == bindparam("kind"),
    jobs.c.leased_until.is_(None),
    jobs.c.due_at < bindparam("due_before"),
)


class JobPages(Page):
    """The part of `Books` about jobs."""

    def add_job(self, job: Job) -> bool:
        return self._write(_ADD, _values(job)).rowcount == 1

    def job(self, key: JobKey) -> Job | None:
        row = self._first(_BY_KEY, which=key)
        return None if row is None else _read(row)

    def count_jobs(self, kind: str, *, due_before: datetime) -> tuple[int, datetime | None]:
        row = self._first(_COUNT, kind=kind, due_before=due_before)
        return (0, None) if row is None else (row.due, row.earliest)

    def move_job(self, key: JobKey, due_at: datetime) -> None:
        self._write(_MOVE, {"which": key, "due": due_at})

    def drop_job(self, key: JobKey) -> None:
        self._write(_DROP, {"which": key})

    def claim_jobs(self, kinds: Sequence[str], *, now: datetime, lease: timedelta, limit: int) -> list[Job]:
        if not kinds:
            return []
        wanted = {"now": now, "until": now + lease, "most": limit}
        rows = self._write(_claim(len(kinds)), wanted | _numbered(kinds)).all()
        return [_read(row) for row in sorted(rows, key=lambda row: (row.due_at, row.seq))]

    def finish_job(self, job: Job) -> None:
        self._as_holder(_FINISH, job)

    def retry_job(self, job: Job, due_at: datetime) -> None:
        self._as_holder(_RETRY, job, due=due_at)

    def next_due(self, kinds: Sequence[str]) -> datetime | None:
        if not kinds:
            return None
        found = self._value(_next(len(kinds)), **_numbered(kinds))
        return found if isinstance(found, datetime) else None

    def _as_holder(self, statement: Executable, job: Job, **values: object) -> None:
        held = {"which": job.key, "held_fence": job.fence, "held_until": job.leased_until}
        if self._write(statement, held | values).rowcount != 1:
            raise stale(job)


def _numbered(kinds: Sequence[str]) -> dict[str, object]:
    return {f"kind_{number}": kind for number, kind in enumerate(kinds)}


def _of_kind(number: int) -> ColumnElement[bool]:
    return jobs.c.kind == bindparam(f"kind_{number}")


@lru_cache(maxsize=16)
def _claim(kinds: int) -> ByDialect:
    """Take the oldest due jobs of so many kinds; each kind is read along its index, no further than needed.

    SQLite's one writer at a time keeps two claimants apart; PostgreSQL locks the rows that it takes, and passes over
    what somebody else has locked.
    """
    return ByDialect(sqlite=_claimed(kinds, locking=False), postgresql=_claimed(kinds, locking=True))


def _claimed(kinds: int, *, locking: bool) -> Executable:
    free, run_out = jobs.c.leased_until.is_(None), jobs.c.leased_until <= bindparam("now")
    due = union_all(
        *(_oldest(number, lease, locking=locking) for number in range(kinds) for lease in (free, run_out))
    ).subquery()
    chosen = select(due.c.seq).order_by(due.c.due_at, due.c.seq).limit(bindparam("most")).cte("chosen")
    return (
        update(jobs)
        .where(jobs.c.seq.in_(select(chosen.c.seq)))
        .values(attempts=jobs.c.attempts + 1, fence=jobs.c.fence + 1, leased_until=bindparam("until"))
        .returning(*jobs.c)
    )


def _oldest(number: int, lease: ColumnElement[bool], *, locking: bool) -> Select[Any]:
    rows = (
        select(jobs.c.seq, jobs.c.due_at)
        .where(_of_kind(number), jobs.c.due_at <= bindparam("now"), lease)
        .order_by(jobs.c.due_at, jobs.c.seq)
        .limit(bindparam("most"))
    )
    if locking:
        rows = rows.with_for_update(skip_locked=True)
    return select(rows.subquery())  # SQLite takes no LIMIT directly inside a UNION


@lru_cache(maxsize=16)
def _next(kinds: int) -> Select[Any]:
    """The earliest time of any free job (one index step a kind) and any leased one (there are few)."""
    moments = [moment for number in range(kinds) for moment in (_next_free(number), _next_leased(number))]
    return select(func.min(union_all(*moments).subquery().c.due_at))


def _next_free(number: int) -> Select[Any]:
    first = (
        select(jobs.c.due_at)
        .where(_of_kind(number), jobs.c.leased_until.is_(None))
        .order_by(jobs.c.due_at)
        .limit(1)
    )
    return select(first.subquery())


def _next_leased(number: int) -> Select[Any]:
    claimable = case((jobs.c.leased_until > jobs.c.due_at, jobs.c.leased_until), else_=jobs.c.due_at)
    return select(func.min(claimable).label("due_at")).where(
        _of_kind(number), jobs.c.leased_until.is_not(None)
    )


def _values(job: Job) -> dict[str, object]:
    return {
        "key": job.key,
        "kind": job.kind,
        "ref": job.ref,
        "due_at": job.due_at,
        "attempts": job.attempts,
        "leased_until": job.leased_until,
        "fence": job.fence,
    }


def _read(row: Row[Any]) -> Job:
    return Job(
        key=row.key,
        kind=row.kind,
        ref=row.ref,
        due_at=row.due_at,
        attempts=row.attempts,
        leased_until=row.leased_until,
        fence=row.fence,
    )
