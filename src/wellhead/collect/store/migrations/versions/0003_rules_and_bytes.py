"""The rules by which an answer was derived, and how many bytes a session holds.

Revision ID: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the columns; bytes are counted from what is stored."""
    with op.batch_alter_table("answers") as table:
        table.add_column(sa.Column("rules", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("sessions") as table:
        for name in ("stored_bytes", "byte_allowance", "byte_allowance_ms"):
            table.add_column(sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    sessions = sa.table("sessions", sa.column("id"), sa.column("stored_bytes"))
    links = sa.table("links", *map(sa.column, ("session", "batch", "body")))
    size = sa.func.coalesce(sa.func.sum(sa.func.length(links.c.body)), 0)
    held = sa.select(size).where(links.c.session == sessions.c.id, links.c.batch.is_not(None))
    op.execute(sa.update(sessions).values(stored_bytes=held.scalar_subquery()))
