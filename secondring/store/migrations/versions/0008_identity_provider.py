"""Whom the clinic's identity provider said somebody is: of people, and of their sessions.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    for table in ("users", "sessions"):
        op.add_column(table, sa.Column("vouched", sa.String(), nullable=True))
