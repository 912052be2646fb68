"""Texts before the answer, answers to questions, and conditions.

Revision ID: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns and the table; earlier sessions have no condition and no parts."""
    name = sa.String(length=80)
    with op.batch_alter_table("sessions") as table:
        table.add_column(sa.Column("condition", name, nullable=False, server_default=""))
    with op.batch_alter_table("answers") as table:
        table.add_column(sa.Column("responses", sa.Text(), nullable=False, server_default="{}"))
    op.create_table(
        "parts",
        sa.Column("session", name, sa.ForeignKey("sessions.id"), nullable=False),
        sa.Column("name", name, nullable=False),
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("session", "name"),
    )
