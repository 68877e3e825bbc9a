"""What the gateway tried for a text, and what is known of a number's line.

Revision ID: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.add_column("texts", sa.Column("trail", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "known_lines",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number_hash", sa.LargeBinary(), nullable=False),
        sa.Column("line", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name="known_lines_pk"),
        sa.UniqueConstraint("number_hash", name="known_lines_number_hash_key"),
    )
