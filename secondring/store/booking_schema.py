"""The tables of the bookings that patients make, and of the links that lead to them. On `schema.metadata`."""

from sqlalchemy import Column, Index, Integer, String, Table, text

from secondring.store.columns import Instant, Sealed
from secondring.store.schema import metadata
from secondring.store.shapes import episode_reference, instant, row_id, row_seq, words

STANDS = text("state IN ('held', 'confirmed')")
HELD = text("state = 'held'")

booking_links = Table(
    "booking_links",
    metadata,
    row_seq(),
    # A SHA-256 of 128 random bits: of no use to whoever reads it.
    Column("token", String, nullable=False, unique=True),
    episode_reference(needed=True),
    words("site"),
    words("kind"),
    instant("made_at", needed=True),
    instant("expires_at", needed=True),
    Column("clicks", Integer, nullable=False),
    instant("clicked_at"),
)
Index("booking_links_episode", booking_links.c.episode_id)

bookings = Table(
    "bookings",
    metadata,
    row_seq(),
    row_id(),
    episode_reference(needed=True),
    words("site"),
    words("visit"),
    instant("starts_at", needed=True),
    instant("ends_at", needed=True),
    Column("seat", Integer, nullable=False),
    words("state"),
    instant("held_until", needed=True),
    instant("made_at", needed=True),
    instant("confirmed_at"),
    instant("closed_at"),
    Column("first_name", Sealed("bookings.first_name"), nullable=False),
    Column("born", Sealed("bookings.born")),
)
Index("bookings_episode", bookings.c.episode_id, bookings.c.made_at)
Index("bookings_starts_at", bookings.c.starts_at)
Index(
    "bookings_standing",
    bookings.c.site,
    bookings.c.starts_at,
    sqlite_where=STANDS,
    postgresql_where=STANDS,
)
Index("bookings_held", bookings.c.held_until, sqlite_where=HELD, postgresql_where=HELD)
Index(
    "bookings_one_each",
    bookings.c.episode_id,
    bookings.c.state,
    unique=True,
    sqlite_where=STANDS,
    postgresql_where=STANDS,
)

# The five minutes that a standing booking has for itself. This key is what makes a double booking impossible.
booking_places = Table(
    "booking_places",
    metadata,
    Column("site", String, primary_key=True),
    Column("seat", Integer, primary_key=True, autoincrement=False),
    Column("at", Instant, primary_key=True, autoincrement=False),
    words("booking_id"),
)
Index("booking_places_booking", booking_places.c.booking_id)
