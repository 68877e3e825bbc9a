"""What the pages need to have kept about the people who use them. Part of `Books`: one transaction holds both."""

from datetime import datetime
from typing import Protocol

from secondring.domain.ids import EpisodeId
from secondring.domain.staff import AuditEntry, Session, StaffNote, User, UserId


class StaffBooks(Protocol):
    """Users, their sessions, and the audit. `save_*` inserts or replaces by id."""

    def user(self, user: UserId) -> User | None: ...
    def user_named(self, name: str) -> User | None:
        """By log-in name, without regard to case."""
        ...

    def users(self) -> list[User]:
        """All of them, disabled ones too, by log-in name."""
        ...

    def save_user(self, user: User) -> None: ...

    def session(self, token_hash: str) -> Session | None: ...
    def save_session(self, session: Session) -> None: ...
    def sessions_of(self, user: UserId) -> list[Session]:
        """Those that nobody has ended, newest first; some may have run out."""
        ...

    def end_sessions(self, user: UserId, now: datetime, *, but: str = "") -> int:
        """End all of a user's sessions except the one of that token hash; returns how many."""
        ...

    def drop_sessions(self, before: datetime) -> int:
        """Forget sessions that began before then; returns how many."""
        ...

    def add_audit(self, entry: AuditEntry) -> None:
        """Entries are added; nothing changes or removes one."""
        ...

    def audit(
        self, *, before: int | None = None, user: UserId | None = None, about: str | None = None, limit: int
    ) -> list[AuditEntry]:
        """Newest first, those with a `seq` below `before`."""
        ...

    def add_note(self, note: StaffNote) -> None: ...
    def notes_of(self, episode: EpisodeId) -> list[StaffNote]:
        """Oldest first."""
        ...
