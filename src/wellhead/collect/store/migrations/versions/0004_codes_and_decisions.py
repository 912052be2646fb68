"""Completion codes to look up, what the platform calls a visit, and what reviewers decided.

Revision ID: 0004
"""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_AT_ONCE = 200
_ANSWERS = sa.table("answers", *map(sa.column, ("session", "response", "code")))


def upgrade() -> None:
    """Add the columns and the table; codes are read out of the stored responses."""
    with op.batch_alter_table("answers") as table:
        table.add_column(sa.Column("code", sa.String(length=80), nullable=True))
    op.create_index("answers_by_code", "answers", ["code"], unique=False)
    with op.batch_alter_table("notes") as table:
        text = sa.String(length=80)
        table.add_column(sa.Column("decision", text, nullable=False, server_default=""))
        table.add_column(sa.Column("bonus", sa.BigInteger(), nullable=True))
    op.create_table(
        "visits",
        sa.Column("study", sa.String(length=80), nullable=False),
        sa.Column("entry", sa.String(length=80), nullable=False),
        sa.Column("worker", sa.String(length=80), nullable=False),
        sa.Column("platform_visit", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("study", "entry"),
    )
    _fill(op.get_bind())


def _fill(connection: sa.Connection) -> None:
    last = ""
    while True:
        query = sa.select(_ANSWERS.c.session, _ANSWERS.c.response)
        later = query.where(_ANSWERS.c.session > last).order_by(_ANSWERS.c.session)
        rows = connection.execute(later.limit(_AT_ONCE)).all()
        if not rows:
            return
        last = rows[-1].session
        for row in rows:
            code = json.loads(row.response).get("completion", {}).get("code") or None
            change = sa.update(_ANSWERS).where(_ANSWERS.c.session == row.session)
            connection.execute(change.values(code=code))
