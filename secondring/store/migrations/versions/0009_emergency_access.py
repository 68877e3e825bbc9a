"""Until when a session has emergency access.

Revision ID: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("emergency_until", sa.BigInteger(), nullable=True))
