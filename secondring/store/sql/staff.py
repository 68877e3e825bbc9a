"""Users, sessions, the audit and notes in SQL."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, insert, update

from secondring.domain.ids import EpisodeId, SiteId, TaskId
from secondring.domain.staff import AuditEntry, Role, Session, StaffNote, Stage, User, UserId
from secondring.store.sql.page import Page, pick, put
from secondring.store.staff_schema import audit, notes, sessions, users

_SAVE_USER = put(users, "id")
_USERS = pick(users)
_USER = _USERS.where(users.c.id == bindparam("id"))
_USER_NAMED = _USERS.where(users.c.name == bindparam("name"))
_ALL_USERS = _USERS.order_by(users.c.name)

_SAVE_SESSION = put(sessions, "token_hash")
_SESSIONS = pick(sessions, sessions.c.token_hash)
_SESSION = _SESSIONS.where(sessions.c.token_hash == bindparam("token"))
_SESSIONS_OF = _SESSIONS.where(
    sessions.c.user_id == bindparam("user"), sessions.c.ended_at.is_(None)
).order_by(sessions.c.created_at.desc(), sessions.c.seq.desc())
_END = (
    update(sessions)
    .where(
        sessions.c.user_id == bindparam("user"),
        sessions.c.ended_at.is_(None),
        sessions.c.token_hash != bindparam("but"),
    )
    .values(ended_at=bindparam("now"))
)
_DROP = delete(sessions).where(sessions.c.created_at < bindparam("before"))

_ADD_AUDIT = insert(audit)
_AUDIT = pick(audit, audit.c.seq).order_by(audit.c.seq.desc()).limit(bindparam("most"))
_ADD_NOTE = insert(notes)
_NOTES_OF = pick(notes).where(notes.c.episode_id == bindparam("episode")).order_by(notes.c.at, notes.c.seq)

_SAME_USER = (
    "id", "shown", "phone", "password", "must_change", "totp", "totp_step", "failures", "failed_at",
    "created_at", "disabled_at", "vouched",
)  # fmt: skip
_SAME_SESSION = (
    "token_hash",
    "created_at",
    "seen_at",
    "address",
    "agent",
    "ended_at",
    "vouched",
    "emergency_until",
)


class StaffPages(Page):
    """The part of `Books` about the people who use the pages."""

    def user(self, user: UserId) -> User | None:
        row = self._first(_USER, id=user)
        return None if row is None else _read_user(row)

    def user_named(self, name: str) -> User | None:
        row = self._first(_USER_NAMED, name=name.lower())
        return None if row is None else _read_user(row)

    def users(self) -> list[User]:
        return [_read_user(row) for row in self._all(_ALL_USERS)]

    def save_user(self, user: User) -> None:
        values = {name: getattr(user, name) for name in _SAME_USER} | {
            "name": user.name.lower(),
            "roles": " ".join(sorted(user.roles)),
            "sites": None if user.sites is None else " ".join(sorted(user.sites)),
            "recovery": json.dumps(user.recovery),
        }
        self._write(_SAVE_USER, values)

    def session(self, token_hash: str) -> Session | None:
        row = self._first(_SESSION, token=token_hash)
        return None if row is None else _read_session(row)

    def save_session(self, session: Session) -> None:
        values = {name: getattr(session, name) for name in _SAME_SESSION}
        self._write(_SAVE_SESSION, values | {"user_id": session.user, "stage": session.stage.value})

    def sessions_of(self, user: UserId) -> list[Session]:
        return [_read_session(row) for row in self._all(_SESSIONS_OF, user=user)]

    def end_sessions(self, user: UserId, now: datetime, *, but: str = "") -> int:
        return self._write(_END, {"user": user, "now": now, "but": but}).rowcount

    def drop_sessions(self, before: datetime) -> int:
        return self._write(_DROP, {"before": before}).rowcount

    def add_audit(self, entry: AuditEntry) -> None:
        values = {
            "at": entry.at,
            "user_id": entry.user,
            "shown": entry.shown,
            "action": entry.action,
            "what": entry.what,
            "about": entry.about,
            "site": entry.site,
            "address": entry.address,
        }
        self._write(_ADD_AUDIT, values)

    def audit(
        self, *, before: int | None = None, user: UserId | None = None, about: str | None = None, limit: int
    ) -> list[AuditEntry]:
        statement = _AUDIT
        if before is not None:
            statement = statement.where(audit.c.seq < before)
        if user is not None:
            statement = statement.where(audit.c.user_id == user)
        if about is not None:
            statement = statement.where(audit.c.about == about)
        return [_read_audit(row) for row in self._all(statement, most=limit)]

    def add_note(self, note: StaffNote) -> None:
        values = {
            "at": note.at,
            "episode_id": note.episode,
            "task_id": note.task,
            "by": note.by,
            "words": note.words,
        }
        self._write(_ADD_NOTE, values)

    def notes_of(self, episode: EpisodeId) -> list[StaffNote]:
        return [_read_note(row) for row in self._all(_NOTES_OF, episode=episode)]


def _read_user(row: Row[Any]) -> User:
    return User(
        **{name: getattr(row, name) for name in _SAME_USER},
        name=row.name,
        roles=frozenset(Role(word) for word in row.roles.split()),
        sites=None if row.sites is None else frozenset(SiteId(site) for site in row.sites.split()),
        recovery=tuple(json.loads(row.recovery)),
    )


def _read_session(row: Row[Any]) -> Session:
    return Session(
        **{name: getattr(row, name) for name in _SAME_SESSION}, user=row.user_id, stage=Stage(row.stage)
    )


def _read_audit(row: Row[Any]) -> AuditEntry:
    return AuditEntry(
        seq=row.seq,
        at=row.at,
        user=row.user_id,
        shown=row.shown,
        action=row.action,
        what=row.what,
        about=row.about,
        site=row.site,
        address=row.address,
    )


def _read_note(row: Row[Any]) -> StaffNote:
    return StaffNote(
        at=row.at,
        episode=row.episode_id,
        task=None if row.task_id is None else TaskId(row.task_id),
        by=row.by,
        words=row.words,
    )
