"""Users, sessions, the audit, notes and what is set on screen, on plain dictionaries."""

from dataclasses import dataclass, field, replace
from datetime import datetime

from secondring.domain.ids import EpisodeId
from secondring.domain.settings import SettingsVersion
from secondring.domain.staff import AuditEntry, Session, StaffNote, User, UserId


@dataclass
class StaffTables:
    """One moment of these books; each in the order of first writing."""

    users: dict[UserId, User] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    audit: dict[int, AuditEntry] = field(default_factory=dict)
    notes: dict[int, StaffNote] = field(default_factory=dict)
    settings: dict[int, SettingsVersion] = field(default_factory=dict)


class MemoryStaffBooks:
    """The part of `Books` about the people who use the pages; the two below are the whole books'."""

    def _staff(self) -> StaffTables:
        raise NotImplementedError

    def _own_staff(self, name: str) -> StaffTables:
        raise NotImplementedError

    def user(self, user: UserId) -> User | None:
        return self._staff().users.get(user)

    def user_named(self, name: str) -> User | None:
        return next((u for u in self._staff().users.values() if u.name == name.lower()), None)

    def users(self) -> list[User]:
        return sorted(self._staff().users.values(), key=lambda user: user.name)

    def save_user(self, user: User) -> None:
        self._own_staff("users").users[user.id] = replace(user, name=user.name.lower())

    def session(self, token_hash: str) -> Session | None:
        return self._staff().sessions.get(token_hash)

    def save_session(self, session: Session) -> None:
        self._own_staff("sessions").sessions[session.token_hash] = session

    def sessions_of(self, user: UserId) -> list[Session]:
        found = [s for s in self._staff().sessions.values() if s.user == user and s.ended_at is None]
        return sorted(found, key=lambda session: session.created_at)[::-1]

    def end_sessions(self, user: UserId, now: datetime, *, but: str = "") -> int:
        ending = [session for session in self.sessions_of(user) if session.token_hash != but]
        for session in ending:
            self.save_session(replace(session, ended_at=now))
        return len(ending)

    def drop_sessions(self, before: datetime) -> int:
        sessions = self._own_staff("sessions").sessions
        old = [token for token, session in sessions.items() if session.created_at < before]
        for token in old:
            del sessions[token]
        return len(old)

    def add_audit(self, entry: AuditEntry) -> None:
        audit = self._own_staff("audit").audit
        seq = max(audit, default=0) + 1
        audit[seq] = replace(entry, seq=seq)

    def audit(
        self, *, before: int | None = None, user: UserId | None = None, about: str | None = None, limit: int
    ) -> list[AuditEntry]:
        found = [
            entry
            for entry in reversed(self._staff().audit.values())
            if (before is None or entry.seq < before)
            and (user is None or entry.user == user)
            and (about is None or entry.about == about)
        ]
        return found[:limit]

    def add_note(self, note: StaffNote) -> None:
        notes = self._own_staff("notes").notes
        notes[len(notes)] = note

    def notes_of(self, episode: EpisodeId) -> list[StaffNote]:
        found = [note for note in self._staff().notes.values() if note.episode == episode]
        return sorted(found, key=lambda note: note.at)

    def settings_number(self) -> int:
        return len(self._staff().settings)

    def settings_version(self, number: int) -> SettingsVersion | None:
        return self._staff().settings.get(number)

    def settings_history(self, *, limit: int) -> list[SettingsVersion]:
        return list(reversed(self._staff().settings.values()))[:limit]

    def add_settings(self, version: SettingsVersion) -> None:
        self._own_staff("settings").settings[version.number] = version
