"""Patients book themselves: links, bookings, and the places that they take.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_STANDS = sa.text("state IN ('held', 'confirmed')")
_HELD = sa.text("state = 'held'")


def upgrade() -> None:
    _links()
    _bookings()
    _places()


def _seq() -> sa.Column[int]:
    return sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _to_episode(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["episode_id"], ["episodes.id"], name=name, initially="DEFERRED", deferrable=True
    )


def _links() -> None:
    op.create_table(
        "booking_links",
        _seq(),
        sa.Column("token", sa.String(), nullable=False),
        sa.Column("episode_id", sa.String(), nullable=False),
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("clicks", sa.Integer(), nullable=False),
        sa.Column("clicked_at", sa.BigInteger(), nullable=True),
        _to_episode("booking_links_episode_id_fk"),
        sa.PrimaryKeyConstraint("seq", name="booking_links_pk"),
        sa.UniqueConstraint("token", name="booking_links_token_key"),
    )
    op.create_index("booking_links_episode", "booking_links", ["episode_id"])


def _bookings() -> None:
    op.create_table(
        "bookings",
        _seq(),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("id", "episode_id", "site", "visit")),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("held_until", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", sa.BigInteger(), nullable=True),
        sa.Column("first_name", sa.LargeBinary(), nullable=False),
        sa.Column("born", sa.LargeBinary(), nullable=True),
        _to_episode("bookings_episode_id_fk"),
        sa.PrimaryKeyConstraint("seq", name="bookings_pk"),
        sa.UniqueConstraint("id", name="bookings_id_key"),
    )
    op.create_index("bookings_episode", "bookings", ["episode_id", "made_at"])
    op.create_index("bookings_starts_at", "bookings", ["starts_at"])
    _partial("bookings_standing", ["site", "starts_at"], _STANDS)
    _partial("bookings_held", ["held_until"], _HELD)
    _partial("bookings_one_each", ["episode_id", "state"], _STANDS, unique=True)


def _partial(name: str, columns: list[str], where: sa.TextClause, *, unique: bool = False) -> None:
    op.create_index(name, "bookings", columns, unique=unique, sqlite_where=where, postgresql_where=where)


def _places() -> None:
    op.create_table(
        "booking_places",
        sa.Column("site", sa.String(), nullable=False),
        sa.Column("seat", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("booking_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("site", "seat", "at", name="booking_places_pk"),
    )
    op.create_index("booking_places_booking", "booking_places", ["booking_id"])
