"""What proves a wish: who wrote it down, on which announcement it rests, and which text confirmed it.

Revision ID: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    for name in ("by", "announcement", "episode_id", "text_id", "confirmed_by"):
        op.add_column("consents", sa.Column(name, sa.String(), nullable=True))
    incoming = sa.text("outgoing IS FALSE")
    op.create_index("texts_in", "texts", ["created_at"], sqlite_where=incoming, postgresql_where=incoming)
    op.add_column("episodes", sa.Column("announcement", sa.String(), nullable=True))
