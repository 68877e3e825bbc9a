"""The people who use the pages: users, sessions, notes, and an audit that can only grow.

Revision ID: 0006
"""

import sqlalchemy as sa
from alembic import op

from secondring.store.growing import only_grows

revision = "0006"
down_revision = "0005"

_SEQ = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_UNSIGNED = sa.text("last_resort_at IS NOT NULL AND signed_at IS NULL")


def upgrade() -> None:
    _users()
    _sessions()
    _audit()
    _notes()
    op.add_column("tasks", sa.Column("snoozed_until", sa.BigInteger(), nullable=True))
    op.add_column("urgent_cases", sa.Column("signed_at", sa.BigInteger(), nullable=True))
    op.add_column("urgent_cases", sa.Column("signed_by", sa.String(), nullable=True))
    # What ended before there was a board to sign on is history.
    op.execute("UPDATE urgent_cases SET signed_at = closed_at, signed_by = '' WHERE closed_at IS NOT NULL")
    op.create_index(
        "urgent_cases_unsigned",
        "urgent_cases",
        ["triggered_at"],
        sqlite_where=_UNSIGNED,
        postgresql_where=_UNSIGNED,
    )


def _words(name: str, *, nullable: bool = False) -> "sa.Column[str]":
    return sa.Column(name, sa.String(), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> "sa.Column[int]":
    return sa.Column(name, sa.BigInteger(), nullable=nullable)


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("seq", _SEQ, nullable=False),
        _words("id"),
        _words("name"),
        _words("shown"),
        _words("roles"),
        _words("sites", nullable=True),
        _words("phone"),
        _words("password"),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("totp", sa.LargeBinary(), nullable=True),
        sa.Column("totp_step", sa.Integer(), nullable=False),
        _words("recovery"),
        sa.Column("failures", sa.Integer(), nullable=False),
        _moment("failed_at", nullable=True),
        _moment("created_at"),
        _moment("disabled_at", nullable=True),
        sa.PrimaryKeyConstraint("seq", name="users_pk"),
        sa.UniqueConstraint("id", name="users_id_key"),
        sa.UniqueConstraint("name", name="users_name_key"),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("seq", _SEQ, nullable=False),
        _words("token_hash"),
        _words("user_id"),
        _words("stage"),
        _moment("created_at"),
        _moment("seen_at"),
        _words("address"),
        _words("agent"),
        _moment("ended_at", nullable=True),
        sa.PrimaryKeyConstraint("seq", name="sessions_pk"),
        sa.UniqueConstraint("token_hash", name="sessions_token_hash_key"),
    )
    op.create_index("sessions_user", "sessions", ["user_id", "created_at"])
    op.create_index("sessions_created_at", "sessions", ["created_at"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", _SEQ, nullable=False),
        _moment("at"),
        _words("user_id", nullable=True),
        _words("shown"),
        _words("action"),
        _words("what"),
        _words("about"),
        _words("site", nullable=True),
        _words("address"),
        sa.PrimaryKeyConstraint("seq", name="audit_pk"),
    )
    op.create_index("audit_user", "audit", ["user_id", "seq"])
    op.create_index("audit_about", "audit", ["about", "seq"])
    for statement in only_grows(op.get_bind().dialect.name, "audit", "the audit can only grow"):
        op.execute(statement)


def _notes() -> None:
    op.create_table(
        "notes",
        sa.Column("seq", _SEQ, nullable=False),
        _moment("at"),
        _words("episode_id"),
        _words("task_id", nullable=True),
        _words("by"),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["episode_id"], ["episodes.id"], name="notes_episode_id_fk", initially="DEFERRED", deferrable=True
        ),
        sa.PrimaryKeyConstraint("seq", name="notes_pk"),
    )
    op.create_index("notes_episode", "notes", ["episode_id"])
