"""Texts in SQL."""

from datetime import datetime
from itertools import compress, product
from types import MappingProxyType
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, literal, select

from secondring.domain.ids import EpisodeId, SiteId, TextId
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Text, TextState
from secondring.store.schema import INCOMING, NOT_CANCELLED, texts
from secondring.store.sql.brakes import Count, Counts
from secondring.store.sql.page import Page, pick, put, whole

_SAVE = put(texts, "id")
_ALL = pick(texts)
_BY_ID = _ALL.where(texts.c.id == bindparam("id"))
_OF_EPISODE = _ALL.where(texts.c.episode_id == bindparam("episode")).order_by(texts.c.created_at, texts.c.seq)
_BY_CARRIER_ID = (
    _ALL.where(
        texts.c.carrier_id == bindparam("carrier_id"),
        texts.c.carrier == bindparam("carrier"),
        texts.c.outgoing == bindparam("outgoing"),
    )
    .order_by(texts.c.created_at.desc(), texts.c.seq.desc())
    .limit(1)
)
_WAITING = _ALL.where(
    NOT_CANCELLED,
    texts.c.patient_hash == bindparam("patient"),
    texts.c.state.in_((TextState.QUEUED.value, TextState.WITHHELD.value)),
).order_by(texts.c.created_at, texts.c.seq)
_CAME_IN = (
    _ALL.where(INCOMING, texts.c.created_at >= bindparam("since"))
    .order_by(texts.c.created_at.desc(), texts.c.seq.desc())
    .limit(bindparam("most"))
)
_OUT = select(literal(1)).select_from(texts).where(NOT_CANCELLED, texts.c.created_at >= bindparam("since"))
_AT_SITE = texts.c.site == bindparam("site")
_TO_ONE = texts.c.patient_hash == bindparam("to")


def _up_to_a_limit(rows: Select[Any]) -> Select[Any]:
    """Count no further than the caller cares: in a storm a minute holds thousands."""
    return select(func.count()).select_from(rows.limit(bindparam("at_most")).subquery())


_NARROWED = (_AT_SITE, _TO_ONE, texts.c.state != TextState.WITHHELD.value)
_COUNTS = {
    asked: _up_to_a_limit(_OUT.where(*compress(_NARROWED, asked)))
    for asked in product((False, True), repeat=len(_NARROWED))
}
"""By whether a site and a number are asked for, and whether those withheld are left out."""
_LAST_ROW = select(func.max(texts.c.seq))


class TextPages(Page):
    """The part of `Books` about texts."""

    counts: Counts = MappingProxyType({})
    """What was counted before; good for others once this transaction is committed, and only then."""
    _last_row_before: int | None = None
    _texts_saved = 0

    def text(self, text: TextId) -> Text | None:
        row = self._first(_BY_ID, id=text)
        return None if row is None else _read(row)

    def save_text(self, text: Text) -> None:
        self._write(_SAVE, _values(text))
        self._texts_saved += 1

    def texts_of(self, episode: EpisodeId) -> list[Text]:
        return [_read(row) for row in self._all(_OF_EPISODE, episode=episode)]

    def texts_in(self, *, since: datetime, limit: int) -> list[Text]:
        return [_read(row) for row in self._all(_CAME_IN, since=since, most=limit)]

    def waiting_texts(self, patient: PhoneNumber) -> list[Text]:
        return [_read(row) for row in self._all(_WAITING, patient=patient.e164)]

    def text_by_carrier_id(self, carrier: str, carrier_id: str, *, outgoing: bool) -> Text | None:
        row = self._first(_BY_CARRIER_ID, carrier=carrier, carrier_id=carrier_id, outgoing=outgoing)
        return None if row is None else _read(row)

    def count_texts_out(
        self,
        *,
        since: datetime,
        site: SiteId | None = None,
        to: PhoneNumber | None = None,
        at_most: int,
        withheld: bool = True,
    ) -> int:
        asked = {"since": since, "site": site, "to": whole(to), "at_most": at_most}
        given = {name: value for name, value in asked.items() if value is not None}
        return int(self._value(_COUNTS[site is not None, to is not None, not withheld], **given))

    def has_texts_out(self, most: int, *, since: datetime, site: SiteId | None = None) -> bool:
        known = self.counts.get(site)
        if known is not None and known.stays_below(most, since, self._last_row_at_most()):
            return False
        found = self.count_texts_out(since=since, site=site, at_most=most)
        if found < most:
            self.counts = {**self.counts, site: Count(since, found, self._last_row())}
        return found >= most

    def _last_row(self) -> int:
        return self._value(_LAST_ROW) or 0

    def _last_row_at_most(self) -> int:
        """Looked up once: while we write nobody else does, and each text that we save adds one row at most."""
        if self._last_row_before is None:
            self._last_row_before = self._last_row() - self._texts_saved
        return self._last_row_before + self._texts_saved


def _values(text: Text) -> dict[str, object]:
    return {
        "id": text.id,
        "episode_id": text.episode,
        "site": text.site,
        "outgoing": text.outgoing,
        "patient": text.patient.e164,
        "patient_hash": text.patient.e164,
        "ours": text.ours.e164,
        "body": text.body,
        "template": text.template,
        "state": text.state.value,
        "created_at": text.created_at,
        "due_at": text.due_at,
        "settled_at": text.settled_at,
        "attempts": text.attempts,
        "carrier": text.carrier,
        "carrier_id": text.carrier_id,
        "note": text.note,
        "trail": text.trail,
    }


def _read(row: Row[Any]) -> Text:
    return Text(
        id=row.id,
        episode=row.episode_id,
        site=row.site,
        outgoing=row.outgoing,
        patient=PhoneNumber(row.patient),
        ours=PhoneNumber(row.ours),
        body=row.body,
        template=row.template,
        state=TextState(row.state),
        created_at=row.created_at,
        due_at=row.due_at,
        settled_at=row.settled_at,
        attempts=row.attempts,
        carrier=row.carrier,
        carrier_id=row.carrier_id,
        note=row.note,
        trail=row.trail,
    )
