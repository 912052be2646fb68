"""Where migrations begin; a new database gets the tables of the models at once.

Revision ID: 0001
"""

from __future__ import annotations

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Nothing: a database of this revision has its tables."""
