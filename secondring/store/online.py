"""Indexes on tables that are in use: on a server they are made beside the writers, who would otherwise wait.

For migrations later than 0014; those before were written when no server had a row yet.
"""

from typing import Any

from alembic import op


def add_index(name: str, table: str, columns: list[Any], where: Any = None, *, unique: bool = False) -> None:
    """Make an index; one that a break left half-made is made anew. A file has one writer anyway."""
    if op.get_bind().dialect.name == "sqlite":
        op.create_index(name, table, columns, unique=unique, sqlite_where=where)
        return
    with op.get_context().autocommit_block():
        op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
        op.create_index(
            name, table, columns, unique=unique, postgresql_where=where, postgresql_concurrently=True
        )


def drop_index(name: str, table: str) -> None:
    """Take an index of a server's away; statements name none, of whatever version they are."""
    with op.get_context().autocommit_block():
        op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)
