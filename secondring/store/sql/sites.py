"""Site boxes in SQL: the spool, and what was taken from boxes."""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, exists, func, select

from secondring.domain.site_ports import Spooled, SpoolState
from secondring.store.columns import from_micros
from secondring.store.site_schema import dispatches, spool
from secondring.store.sql.page import Page, keep

_s = spool.c
_ADD = keep(spool, "id")
_DROP = delete(spool).where(_s.id.in_(bindparam("ids", expanding=True)))
_OVERTAKEN = delete(spool).where(
    _s.line == bindparam("which"), _s.kind.in_(bindparam("kinds", expanding=True))
)
_STATE = select(func.count().label("waiting"), func.min(_s.at).label("oldest")).select_from(spool)
_TAKE = keep(dispatches, "box", "dispatch")
_FORGET = delete(dispatches).where(dispatches.c.at < bindparam("moment"))


class SitePages(Page):
    """The part of `Books` about site boxes."""

    def add_to_spool(self, spooled: Spooled) -> None:
        values = {name: getattr(spooled, name) for name in ("id", "kind", "urgent", "at", "words")}
        self._write(_ADD, values | {"line": spooled.group})

    def spool_heads(
        self,
        *,
        urgent: bool | None = None,
        since: datetime | None = None,
        before: datetime | None = None,
        newest_first: bool = False,
        limit: int,
    ) -> list[Spooled]:
        given = {"urgent": urgent, "since": since, "before": before}
        asked = {name: value for name, value in given.items() if value is not None}
        statement = _heads(frozenset(asked), newest_first=newest_first)
        return [_read(row) for row in self._all(statement, most=limit, **_named(asked))]

    def drop_from_spool(self, ids: Collection[str]) -> None:
        self._write(_DROP, {"ids": list(ids)})

    def drop_overtaken(self, group: str, kinds: Collection[str]) -> None:
        self._write(_OVERTAKEN, {"which": group, "kinds": list(kinds)})

    def spool_state(self) -> SpoolState:
        row = self._first(_STATE)
        if row is None:
            return SpoolState(waiting=0, oldest_at=None)
        oldest = row.oldest
        at = from_micros(oldest) if isinstance(oldest, int) else oldest
        return SpoolState(waiting=row.waiting, oldest_at=at)

    def take_dispatch(self, box: str, dispatch: str, at: datetime) -> bool:
        return self._write(_TAKE, {"box": box, "dispatch": dispatch, "at": at}).rowcount == 1

    def forget_dispatches(self, *, before: datetime) -> None:
        self._write(_FORGET, {"moment": before})


def _named(asked: dict[str, Any]) -> dict[str, Any]:
    return {f"{name}_given": value for name, value in asked.items()}


@lru_cache(maxsize=16)
def _heads(asked: frozenset[str], *, newest_first: bool) -> Select[Any]:
    earlier = spool.alias("earlier")
    statement = select(spool).where(
        ~exists().where(earlier.c.line == _s.line, earlier.c.seq < _s.seq).correlate(spool)
    )
    if "urgent" in asked:
        statement = statement.where(_s.urgent == bindparam("urgent_given"))
    if "since" in asked:
        statement = statement.where(_s.at >= bindparam("since_given"))
    if "before" in asked:
        statement = statement.where(_s.at < bindparam("before_given"))
    order = (_s.at.desc(), _s.seq.desc()) if newest_first else (_s.at, _s.seq)
    return statement.order_by(*order).limit(bindparam("most"))


def _read(row: Row[Any]) -> Spooled:
    return Spooled(
        id=row.id,
        number=row.seq,
        group=row.line,
        kind=row.kind,
        urgent=row.urgent,
        at=row.at,
        words=row.words,
    )
