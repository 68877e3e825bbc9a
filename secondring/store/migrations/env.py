"""Alembic runs this file for every command; the connection, with its transaction, comes from `migrate`."""

from alembic import context

from secondring.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by copying it
    transaction_per_migration=True,  # on a server no lock outlasts one migration; a file's have one around all
)
with context.begin_transaction():
    context.run_migrations()
