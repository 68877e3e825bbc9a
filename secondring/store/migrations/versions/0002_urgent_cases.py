"""Urgent callers on the triage ladder.

Revision ID: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "urgent_cases",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("episode_id", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("trigger", sa.String(), nullable=False),
        sa.Column("caller", sa.LargeBinary(), nullable=True),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.Column("line_id", sa.String(), nullable=True),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.String(), nullable=False),
        sa.Column("made", sa.Integer(), nullable=False),
        sa.Column("patient_tries", sa.Integer(), nullable=False),
        sa.Column("accepted_by", sa.String(), nullable=True),
        *(
            sa.Column(name, sa.BigInteger(), nullable=False)
            for name in ("due_at", "give_up_at", "triggered_at")
        ),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in _MOMENTS),
        sa.ForeignKeyConstraint(
            ["episode_id"],
            ["episodes.id"],
            name="urgent_cases_episode_id_fk",
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("seq", name="urgent_cases_pk"),
        sa.UniqueConstraint("id", name="urgent_cases_id_key"),
    )
    op.create_index("urgent_cases_episode", "urgent_cases", ["episode_id"])
    op.create_index("urgent_cases_triggered_at", "urgent_cases", ["triggered_at"])
    still_open = sa.text("closed_at IS NULL")
    op.create_index(
        "urgent_cases_open",
        "urgent_cases",
        ["triggered_at"],
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


_MOMENTS = ("first_ring_at", "accepted_at", "bridged_at", "last_resort_at", "closed_at")
