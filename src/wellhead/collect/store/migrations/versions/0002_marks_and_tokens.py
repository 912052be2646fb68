"""Outcomes and marks to search by, tokens for programs.

Revision ID: 0002
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_AT_ONCE = 200


def upgrade() -> None:
    """Add the columns and tables; fill them from what was derived already."""
    with op.batch_alter_table("answers") as table:
        table.add_column(sa.Column("outcome", sa.String(length=80), nullable=True))
        table.add_column(sa.Column("sound", sa.BigInteger(), nullable=True))
    op.create_table(
        "marks",
        sa.Column("session", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=80), nullable=False),
        sa.Column("mark", sa.String(length=80), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["session"], ["sessions.id"]),
        sa.PrimaryKeyConstraint("session", "kind", "mark"),
    )
    op.create_index("marks_by_mark", "marks", ["kind", "mark"], unique=False)
    op.create_table(
        "tokens",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("user", sa.String(length=80), nullable=False),
        sa.Column("study", sa.String(length=80), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["users.name"]),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    _fill(op.get_bind())


_ANSWERS = sa.table("answers", *map(sa.column, ("session", "text", "derived", "outcome", "sound")))
_MARKS = sa.table("marks", *map(sa.column, ("session", "kind", "mark", "event")))


def _fill(connection: sa.Connection) -> None:
    last = ""
    while True:
        query = (
            sa.select(_ANSWERS.c.session, _ANSWERS.c.text, _ANSWERS.c.derived)
            .where(_ANSWERS.c.session > last)
            .order_by(_ANSWERS.c.session)
            .limit(_AT_ONCE)
        )
        rows = connection.execute(query).all()
        if not rows:
            return
        last = rows[-1].session
        for row in rows:
            if row.derived is not None:
                _fill_one(connection, row, json.loads(row.derived))


def _fill_one(connection: sa.Connection, row: Any, derived: dict[str, Any]) -> None:
    integrity = derived["integrity"]
    sound = int(bool(integrity["chain_ok"] and integrity["replay_ok"]))
    values = {"outcome": derived["outcome"], "sound": sound}
    change = sa.update(_ANSWERS).where(_ANSWERS.c.session == row.session)
    connection.execute(change.values(**values))
    for (kind, mark), event in dict(_marks(row.text, derived)).items():
        values = {"session": row.session, "kind": kind, "mark": mark, "event": event}
        connection.execute(sa.insert(_MARKS).values(**values))


def _marks(text: str, derived: dict[str, Any]) -> Iterator[tuple[tuple[str, str], int]]:
    """As `wellhead.collect.shared_text` made them at this version."""
    for paste in sorted(derived["pastes"], key=lambda paste: int(paste["kept"])):
        if paste["hash"] and paste["origin"] == "outside" and paste["n"] >= 50:
            yield ("paste", paste["hash"]), paste["event"]
    plain = " ".join(text.lower().split())
    if len(plain) >= 50:
        yield ("answer", hashlib.sha256(plain.encode("utf-8", "replace")).hexdigest()), -1
