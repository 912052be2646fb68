"""Alembic's entry: runs the migrations on the connection that `engine.upgrade` gives."""

from __future__ import annotations

from alembic import context

from wellhead.collect.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite cannot alter most things in place.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
