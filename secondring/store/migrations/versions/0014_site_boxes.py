"""What a site box spools for its centre, and what a centre has taken from its boxes.

Revision ID: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    seq = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "spool",
        sa.Column("seq", seq, nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="spool_pk"),
        sa.UniqueConstraint("id", name="spool_id_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("spool_line", "spool", ["line", "seq"])
    op.create_index("spool_at", "spool", ["at"])
    op.create_table(
        "dispatches",
        sa.Column("seq", seq, nullable=False),
        sa.Column("box", sa.String(), nullable=False),
        sa.Column("dispatch", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="dispatches_pk"),
        sa.UniqueConstraint("box", "dispatch", name="dispatches_box_dispatch_key"),
    )
    op.create_index("dispatches_at", "dispatches", ["at"])
