"""What is set on screen, in versions that nobody changes.

Revision ID: 0007
"""

import sqlalchemy as sa
from alembic import op

from secondring.store.growing import only_grows

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "settings_versions",
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("overlay", sa.LargeBinary(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("version", name="settings_versions_pk"),
    )
    for statement in only_grows(
        op.get_bind().dialect.name, "settings_versions", "versions of the settings can only be added"
    ):
        op.execute(statement)
