"""Sessions of people for whom the clinic's identity provider vouched.

Revision ID: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column(
        "sessions", sa.Column("by_provider", sa.Boolean(), nullable=False, server_default=sa.false())
    )
