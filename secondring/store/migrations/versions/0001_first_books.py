"""The first books: episodes, calls, texts, tasks, decisions, consent, bookmarks, jobs.

Revision ID: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_CAPPED = "outgoing IS TRUE AND state <> 'cancelled'"


def upgrade() -> None:
    _meta()
    _episodes()
    _calls()
    _texts()
    _tasks()
    _decisions()
    _consents()
    _bookmarks()
    _jobs()


def _seq() -> sa.Column[int]:
    return sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _to_episode(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["episode_id"], ["episodes.id"], name=name, initially="DEFERRED", deferrable=True
    )


def _partial_index(name: str, table: str, columns: list[str | sa.TextClause], where: str) -> None:
    op.create_index(name, table, columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))


def _meta() -> None:
    op.create_table(
        "meta",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="meta_pk"),
    )


def _episodes() -> None:
    op.create_table(
        "episodes",
        _seq(),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("caller", sa.LargeBinary(), nullable=True),
        sa.Column("caller_hash", sa.LargeBinary(), nullable=True),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("window_ends_at", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("intent", sa.String(), nullable=True),
        sa.Column("texted_at", sa.BigInteger(), nullable=True),
        sa.Column("replied_at", sa.BigInteger(), nullable=True),
        sa.Column("booking_asked_at", sa.BigInteger(), nullable=True),
        sa.Column("urgent_at", sa.BigInteger(), nullable=True),
        sa.Column("urgent_reached_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name="episodes_pk"),
        sa.UniqueConstraint("id", name="episodes_id_key"),
    )
    op.create_index("episodes_caller", "episodes", ["caller_hash", "opened_at"])
    op.create_index("episodes_opened_at", "episodes", ["opened_at"])


def _calls() -> None:
    op.create_table(
        "calls",
        _seq(),
        sa.Column("pbx", sa.String(), nullable=False),
        sa.Column("uniqueid", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("direction", sa.String(), nullable=False),
        sa.Column("caller", sa.LargeBinary(), nullable=True),
        sa.Column("caller_hash", sa.LargeBinary(), nullable=True),
        sa.Column("did", sa.LargeBinary(), nullable=False),
        sa.Column("queue", sa.String(), nullable=True),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("verdict", sa.String(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("detail", sa.String(), nullable=True),
        sa.Column("caller_note", sa.String(), nullable=False),
        sa.Column("episode_id", sa.String(), nullable=True),
        sa.Column("partial", sa.Boolean(), nullable=False),
        sa.Column("late", sa.Boolean(), nullable=False),
        _to_episode("calls_episode_id_fk"),
        sa.PrimaryKeyConstraint("seq", name="calls_pk"),
        sa.UniqueConstraint("uniqueid", "pbx", name="calls_uniqueid_pbx_key"),
    )
    op.create_index("calls_ended_at", "calls", ["ended_at"])
    _partial_index("calls_episode", "calls", ["episode_id"], "episode_id IS NOT NULL")
    _partial_index("calls_on_line", "calls", ["caller_hash"], "verdict IS NULL")
    _partial_index("calls_open", "calls", ["pbx", "started_at"], "verdict IS NULL")
    op.create_index("calls_started_at", "calls", ["started_at"])


def _texts() -> None:
    op.create_table(
        "texts",
        _seq(),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("episode_id", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("outgoing", sa.Boolean(), nullable=False),
        sa.Column("patient", sa.LargeBinary(), nullable=False),
        sa.Column("patient_hash", sa.LargeBinary(), nullable=False),
        sa.Column("ours", sa.String(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("carrier", sa.String(), nullable=False),
        sa.Column("carrier_id", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        _to_episode("texts_episode_id_fk"),
        sa.PrimaryKeyConstraint("seq", name="texts_pk"),
        sa.UniqueConstraint("id", name="texts_id_key"),
    )
    _partial_index("texts_carrier_id", "texts", ["carrier_id"], "carrier_id IS NOT NULL")
    op.create_index("texts_episode", "texts", ["episode_id"])
    _partial_index("texts_out", "texts", ["created_at", "site"], _CAPPED)
    _partial_index("texts_out_to", "texts", ["patient_hash", "created_at"], _CAPPED)


def _tasks() -> None:
    op.create_table(
        "tasks",
        _seq(),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("episode_id", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("caller", sa.LargeBinary(), nullable=True),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_because", sa.String(), nullable=False),
        _to_episode("tasks_episode_id_fk"),
        sa.PrimaryKeyConstraint("seq", name="tasks_pk"),
        sa.UniqueConstraint("id", name="tasks_id_key"),
    )
    op.create_index("tasks_due", "tasks", [sa.text("urgent DESC"), "due_at"])
    op.create_index("tasks_episode", "tasks", ["episode_id"])
    _partial_index("tasks_to_do", "tasks", [sa.text("urgent DESC"), "due_at"], "state <> 'done'")


def _decisions() -> None:
    op.create_table(
        "decisions",
        _seq(),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("because", sa.String(), nullable=False),
        sa.Column("episode_id", sa.String(), nullable=True),
        sa.Column("call_pbx", sa.String(), nullable=True),
        sa.Column("call_uniqueid", sa.String(), nullable=True),
        sa.Column("text_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name="decisions_pk"),
    )
    _partial_index("decisions_call", "decisions", ["call_uniqueid"], "call_uniqueid IS NOT NULL")
    _partial_index("decisions_episode", "decisions", ["episode_id"], "episode_id IS NOT NULL")


def _consents() -> None:
    op.create_table(
        "consents",
        _seq(),
        sa.Column("number", sa.LargeBinary(), nullable=False),
        sa.Column("number_hash", sa.LargeBinary(), nullable=False),
        sa.Column("opted_out", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="consents_pk"),
    )
    op.create_index("consents_number", "consents", ["number_hash", "at"])


def _bookmarks() -> None:
    op.create_table(
        "bookmarks",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="bookmarks_pk"),
    )


def _jobs() -> None:
    op.create_table(
        "jobs",
        _seq(),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="jobs_pk"),
        sa.UniqueConstraint("key", name="jobs_key_key"),
    )
    _partial_index("jobs_free", "jobs", ["kind", "due_at"], "leased_until IS NULL")
    _partial_index("jobs_leased", "jobs", ["kind"], "leased_until IS NOT NULL")
