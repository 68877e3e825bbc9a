"""The tables of site boxes: the spool of a box, and what a centre has taken. On `schema.metadata`."""

from sqlalchemy import Boolean, Column, Index, String, Table, UniqueConstraint

from secondring.store.columns import Sealed
from secondring.store.schema import metadata
from secondring.store.shapes import instant, row_id, row_seq, words

spool = Table(
    "spool",
    metadata,
    row_seq(),
    row_id(),
    # Named after a call or an urgent case, so nobody's number.
    words("line"),
    words("kind"),
    Column("urgent", Boolean, nullable=False),
    instant("at", needed=True),
    Column("words", Sealed("spool.words"), nullable=False),
    sqlite_autoincrement=True,
)
Index("spool_line", spool.c.line, spool.c.seq)
Index("spool_at", spool.c.at)

dispatches = Table(
    "dispatches",
    metadata,
    row_seq(),
    words("box"),
    Column("dispatch", String, nullable=False),
    instant("at", needed=True),
    UniqueConstraint("box", "dispatch"),
)
Index("dispatches_at", dispatches.c.at)
