"""What the figures are told apart by, and tallies of days and weeks that make them fast.

Revision ID: 0005
"""

import sqlalchemy as sa
from alembic import op

from secondring.store.counted import triggers

revision = "0005"
down_revision = "0004"

# The number that was called is sealed in `calls` and cannot be copied here: it stays unknown for old episodes.
_FIRST_CALL = "SELECT {} FROM calls WHERE calls.episode_id = episodes.id ORDER BY started_at, seq LIMIT 1"
_FIRST_TEXT = (
    "SELECT {} FROM texts WHERE texts.episode_id = episodes.id AND outgoing"
    " AND (template LIKE 'first-%' OR template IN ('asked', 'asked-link')) AND {} ORDER BY created_at, seq LIMIT 1"
)

_SENT = _FIRST_TEXT.format("template", "state IN ('accepted', 'delivered')")
_ARRIVED = _FIRST_TEXT.format("settled_at", "state = 'delivered'")
WHAT_IS_KNOWN = (
    f"UPDATE episodes SET queue = ({_FIRST_CALL.format('queue')}),"  # noqa: S608 - all of it stands above
    f" reason = ({_FIRST_CALL.format('reason')}), template = ({_SENT}), delivered_at = ({_ARRIVED})"
)
"""How episodes from before learn what can still be known of them."""


def upgrade() -> None:
    for name in ("did", "queue", "reason", "template"):
        op.add_column("episodes", sa.Column(name, sa.String(), nullable=True))
    op.add_column("episodes", sa.Column("delivered_at", sa.BigInteger(), nullable=True))
    op.execute(WHAT_IS_KNOWN)
    op.create_table(
        "tallies",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("begins_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("numbers", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("site", "begins_at", "ends_at", name="tallies_pk"),
    )
    for statement in triggers(op.get_bind().dialect.name):
        op.execute(statement)
