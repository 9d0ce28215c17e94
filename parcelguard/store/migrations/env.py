"""Alembic's entry: runs the migrations on the connection it is handed."""

from alembic import context

from parcelguard.runtime.crash_points import hit
from parcelguard.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transaction_per_migration=True,
    render_as_batch=True,
    on_version_apply=lambda **_: hit("upgrade.step"),  # inside the step's own transaction
)
with context.begin_transaction():
    context.run_migrations()
