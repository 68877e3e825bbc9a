"""Alembic runs this file for every command; the connection, with its transaction, comes from `migrate`."""

from alembic import context

from secondring.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
)
context.run_migrations()
