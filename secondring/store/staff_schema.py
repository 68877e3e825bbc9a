"""The tables of the people who use the pages. The audit can only grow: triggers refuse everything else.

On the same `metadata` as `schema`; the triggers are made by the migration.
"""

from sqlalchemy import Boolean, Column, Index, Integer, String, Table

from secondring.store.columns import Sealed
from secondring.store.schema import metadata
from secondring.store.shapes import episode_reference, instant, maybe_words, row_id, row_seq, words

users = Table(
    "users",
    metadata,
    row_seq(),
    row_id(),
    # Log-in names in lower case: the unique key is what keeps two people apart.
    Column("name", String, nullable=False, unique=True),
    words("shown"),
    words("roles"),
    maybe_words("sites"),
    words("phone"),
    words("password"),
    Column("must_change", Boolean, nullable=False),
    Column("totp", Sealed("users.totp")),
    Column("totp_step", Integer, nullable=False),
    words("recovery"),
    Column("failures", Integer, nullable=False),
    instant("failed_at"),
    instant("created_at", needed=True),
    instant("disabled_at"),
    maybe_words("vouched"),
)

sessions = Table(
    "sessions",
    metadata,
    row_seq(),
    Column("token_hash", String, nullable=False, unique=True),
    words("user_id"),
    words("stage"),
    instant("created_at", needed=True),
    instant("seen_at", needed=True),
    words("address"),
    words("agent"),
    instant("ended_at"),
    maybe_words("vouched"),
    instant("emergency_until"),
)
Index("sessions_user", sessions.c.user_id, sessions.c.created_at)
Index("sessions_created_at", sessions.c.created_at)

audit = Table(
    "audit",
    metadata,
    row_seq(),
    instant("at", needed=True),
    # No references: what somebody did outlives their account, and the rows that they saw.
    maybe_words("user_id"),
    words("shown"),
    words("action"),
    words("what"),
    words("about"),
    maybe_words("site"),
    words("address"),
)
Index("audit_user", audit.c.user_id, audit.c.seq)
Index("audit_about", audit.c.about, audit.c.seq)

notes = Table(
    "notes",
    metadata,
    row_seq(),
    instant("at", needed=True),
    episode_reference(needed=True),
    maybe_words("task_id"),
    words("by"),
    Column("words", Sealed("notes.words"), nullable=False),
)
Index("notes_episode", notes.c.episode_id)
