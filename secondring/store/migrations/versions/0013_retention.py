"""What retention removes: found without reading everything, and audit rows may go once they are old.

Revision ID: 0013
"""

import sqlalchemy as sa
from alembic import op

from secondring.store.aging import triggers

revision = "0013"
down_revision = "0012"

_TO_CLEAR = sa.text("closed_at IS NOT NULL AND cleared <> 'numbers'")
_LOOSE = sa.text("episode_id IS NULL AND caller_hash IS NOT NULL")


def upgrade() -> None:
    op.add_column("episodes", sa.Column("cleared", sa.String(), nullable=False, server_default=""))
    op.create_index(
        "episodes_to_clear",
        "episodes",
        ["cleared", "closed_at"],
        sqlite_where=_TO_CLEAR,
        postgresql_where=_TO_CLEAR,
    )
    op.create_index("calls_loose", "calls", ["ended_at"], sqlite_where=_LOOSE, postgresql_where=_LOOSE)
    for statement in triggers(op.get_bind().dialect.name):
        op.execute(statement)
