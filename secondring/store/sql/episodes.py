"""Episodes in SQL."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam

from secondring.domain.ids import EpisodeId
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Cleared, Episode, Intent, Origin, Outcome
from secondring.store.schema import episodes
from secondring.store.sql.page import Page, number, pick, put, whole, word

_SAVE = put(episodes, "id")
_NEWEST_FIRST = (episodes.c.opened_at.desc(), episodes.c.seq.desc())
_ALL = pick(episodes)
_BY_ID = _ALL.where(episodes.c.id == bindparam("id"))
_OF_CALLER = _ALL.where(episodes.c.caller_hash == bindparam("caller")).order_by(*_NEWEST_FIRST)
_OPEN = _OF_CALLER.where(episodes.c.closed_at.is_(None))
_LAST = _OF_CALLER.limit(1)
_OPENED = (
    _ALL.where(
        episodes.c.opened_at >= bindparam("since"),
        episodes.c.opened_at < bindparam("until"),
        episodes.c.origin != Origin.ALARM.value,
    )
    .order_by(*_NEWEST_FIRST)
    .limit(bindparam("most"))
)


class EpisodePages(Page):
    """The part of `Books` about episodes."""

    def episode(self, episode: EpisodeId) -> Episode | None:
        row = self._first(_BY_ID, id=episode)
        return None if row is None else read_episode(row)

    def save_episode(self, episode: Episode) -> None:
        self._write(_SAVE, _values(episode))

    def open_episodes(self, caller: PhoneNumber) -> list[Episode]:
        return [read_episode(row) for row in self._all(_OPEN, caller=caller.e164)]

    def episodes_of(self, caller: PhoneNumber) -> list[Episode]:
        return [read_episode(row) for row in self._all(_OF_CALLER, caller=caller.e164)]

    def last_episode(self, caller: PhoneNumber) -> Episode | None:
        row = self._first(_LAST, caller=caller.e164)
        return None if row is None else read_episode(row)

    def episodes(self, *, since: datetime, until: datetime, limit: int) -> list[Episode]:
        return [read_episode(row) for row in self._all(_OPENED, since=since, until=until, most=limit)]


def _values(episode: Episode) -> dict[str, object]:
    return {
        "id": episode.id,
        "site": episode.site,
        "caller": whole(episode.caller),
        "caller_hash": whole(episode.caller),
        "origin": episode.origin.value,
        "opened_at": episode.opened_at,
        "window_ends_at": episode.window_ends_at,
        "calls": episode.calls,
        "language": episode.language,
        "intent": word(episode.intent),
        "texted_at": episode.texted_at,
        "replied_at": episode.replied_at,
        "booking_asked_at": episode.booking_asked_at,
        "urgent_at": episode.urgent_at,
        "urgent_reached_at": episode.urgent_reached_at,
        "closed_at": episode.closed_at,
        "outcome": word(episode.outcome),
        "did": episode.did,
        "queue": episode.queue,
        "reason": episode.reason,
        "template": episode.template,
        "delivered_at": episode.delivered_at,
        "announcement": episode.announcement,
        "cleared": episode.cleared.value,
    }


def read_episode(row: Row[Any]) -> Episode:
    """The episode of a row of `pick(episodes)`."""
    return Episode(
        id=row.id,
        site=row.site,
        caller=number(row.caller),
        origin=Origin(row.origin),
        opened_at=row.opened_at,
        window_ends_at=row.window_ends_at,
        calls=row.calls,
        language=row.language,
        intent=None if row.intent is None else Intent(row.intent),
        texted_at=row.texted_at,
        replied_at=row.replied_at,
        booking_asked_at=row.booking_asked_at,
        urgent_at=row.urgent_at,
        urgent_reached_at=row.urgent_reached_at,
        closed_at=row.closed_at,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        did=row.did,
        queue=row.queue,
        reason=row.reason,
        template=row.template,
        delivered_at=row.delivered_at,
        announcement=row.announcement,
        cleared=Cleared(row.cleared),
    )
