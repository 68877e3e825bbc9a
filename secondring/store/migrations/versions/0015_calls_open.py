"""The index of calls under way is only for those who ask for a PBX: a server took it for looking up a caller, too.

Revision ID: 0015
"""

import sqlalchemy as sa
from alembic import op

from secondring.store.online import add_index, drop_index

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return  # it goes by the number there, and would not find this one
    add_index(
        "calls_open_now", "calls", ["pbx", "started_at"], sa.text("verdict IS NULL AND pbx IS NOT NULL")
    )
    drop_index("calls_open", "calls")
    op.execute("ALTER INDEX calls_open_now RENAME TO calls_open")
