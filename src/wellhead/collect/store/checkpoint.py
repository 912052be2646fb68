"""SQLite's checkpoints beside the writers instead of inside their commits.

In WAL mode some unlucky commit normally copies the log back into the database and waits for
several flushes. A passive checkpoint from another connection does the same work while commits
go on. Should this thread lag, SQLite's own checkpoint is still there, far out.
"""

from __future__ import annotations

import logging
import sqlite3
import threading

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

__all__ = ["Checkpointer"]

_LOG = logging.getLogger(__name__)
_EVERY_SECONDS = 0.3


class Checkpointer:
    """A thread that checkpoints the database behind `engine` until it is closed."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="checkpoints", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop; closing the last connection brings the log in."""
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._over.wait(_EVERY_SECONDS):
            try:
                raw = self._engine.raw_connection()
                try:
                    raw.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
                finally:
                    raw.close()
            except (SQLAlchemyError, sqlite3.Error) as error:
                _LOG.warning("a checkpoint failed and will be tried again: %s", error)
