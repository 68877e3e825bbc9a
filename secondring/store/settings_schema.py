"""The table of what is set on screen. Sealed, because staff's own numbers are in it.

On the same `metadata` as `schema`; the triggers that let it only grow are made by the migration.
"""

from sqlalchemy import Column, Integer, Table

from secondring.store.columns import Sealed
from secondring.store.schema import metadata
from secondring.store.shapes import instant, words

settings_versions = Table(
    "settings_versions",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    instant("at", needed=True),
    words("who"),
    Column("overlay", Sealed("settings_versions.overlay"), nullable=False),
    words("note"),
)
