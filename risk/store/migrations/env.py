"""Alembic runs this for every step; the connection comes from `risk.store.upgrading`."""

from alembic import context

from risk.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
