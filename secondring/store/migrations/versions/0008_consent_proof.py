"""What proves a wish: who wrote it down, on which announcement it rests, and which text confirmed it.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    for name in ("by", "announcement", "episode_id", "text_id", "confirmed_by"):
        op.add_column("consents", sa.Column(name, sa.String(), nullable=True))
    op.add_column("episodes", sa.Column("announcement", sa.String(), nullable=True))
