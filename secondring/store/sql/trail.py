"""Consent and decisions in SQL: entries are added, never changed."""

from typing import Any

from sqlalchemy import Row, bindparam, insert

from secondring.domain.ids import CallId, EpisodeId, Uniqueid
from secondring.domain.phone import PhoneNumber
from secondring.domain.records import Consent, DecisionRecord
from secondring.store.schema import consents, decisions
from secondring.store.sql.page import Page, pick

_ADD_CONSENT = insert(consents)
_NEWEST_CONSENT = (
    pick(consents)
    .where(consents.c.number_hash == bindparam("number"))
    .order_by(consents.c.at.desc(), consents.c.seq.desc())
    .limit(1)
)
_CONSENTS = (
    pick(consents)
    .where(consents.c.number_hash == bindparam("number"))
    .order_by(consents.c.at, consents.c.seq)
)
_ADD_DECISION = insert(decisions)
_DECISIONS = pick(decisions).order_by(decisions.c.at, decisions.c.seq)
_OF_EPISODE = _DECISIONS.where(decisions.c.episode_id == bindparam("episode"))
_ABOUT_CALL = _DECISIONS.where(
    decisions.c.call_uniqueid == bindparam("uniqueid"), decisions.c.call_pbx == bindparam("pbx")
)


class TrailPages(Page):
    """The part of `Books` about consent and decisions."""

    def consent(self, number: PhoneNumber) -> Consent | None:
        row = self._first(_NEWEST_CONSENT, number=number.e164)
        return None if row is None else _read_consent(row, number)

    def consents(self, number: PhoneNumber) -> list[Consent]:
        return [_read_consent(row, number) for row in self._all(_CONSENTS, number=number.e164)]

    def add_consent(self, consent: Consent) -> None:
        entry = {
            "number": consent.number.e164,
            "number_hash": consent.number.e164,
            "opted_out": consent.opted_out,
            "at": consent.at,
            "source": consent.source,
            "words": consent.words,
            "by": consent.by or None,
            "announcement": consent.announcement or None,
            "episode_id": consent.episode,
            "text_id": consent.text,
            "confirmed_by": consent.confirmed_by,
        }
        self._write(_ADD_CONSENT, entry)

    def add_decision(self, decision: DecisionRecord) -> None:
        call = decision.call
        entry = {
            "at": decision.at,
            "action": decision.action,
            "rule": decision.rule,
            "because": decision.because,
            "episode_id": decision.episode,
            "call_pbx": None if call is None else call.pbx,
            "call_uniqueid": None if call is None else call.uniqueid,
            "text_id": decision.text,
        }
        self._write(_ADD_DECISION, entry)

    def decisions_of(self, episode: EpisodeId) -> list[DecisionRecord]:
        return [_read_decision(row) for row in self._all(_OF_EPISODE, episode=episode)]

    def decisions_about(self, call: CallId) -> list[DecisionRecord]:
        rows = self._all(_ABOUT_CALL, uniqueid=call.uniqueid, pbx=call.pbx)
        return [_read_decision(row) for row in rows]


def _read_consent(row: Row[Any], number: PhoneNumber) -> Consent:
    """The number is whoever asked's: in the row it may be gone, when only its keyed hash is kept."""
    return Consent(
        number=number,
        opted_out=row.opted_out,
        at=row.at,
        source=row.source,
        words=row.words,
        by=row.by or "",
        announcement=row.announcement or "",
        episode=row.episode_id,
        text=row.text_id,
        confirmed_by=row.confirmed_by,
    )


def _read_decision(row: Row[Any]) -> DecisionRecord:
    call = None if row.call_uniqueid is None else CallId(row.call_pbx, Uniqueid(row.call_uniqueid))
    return DecisionRecord(
        at=row.at,
        action=row.action,
        rule=row.rule,
        because=row.because,
        episode=row.episode_id,
        call=call,
        text=row.text_id,
    )
