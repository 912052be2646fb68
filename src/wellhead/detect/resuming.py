"""A sidecar written where an earlier run, even a killed one, left off.

In: batches of documents and their scores, in the order of a file. Out: its sidecar, whole or not at
all. Scores that an earlier run left are taken over up to the first document that has changed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pyarrow as pa

from wellhead.corpus.sidecars import SCHEMA, Sidecar
from wellhead.detect.behind import Behind

__all__ = ["ResumedSidecar"]

# Finished work is put on disk after so many seconds or documents, whichever is first.
KEEP_SECONDS = 10.0
KEEP_ROWS = 1 << 16


class ResumedSidecar:
    """Takes over the scores that earlier runs left while they fit, then writes new ones."""

    def __init__(self, sidecar: Sidecar, behind: Behind) -> None:
        self._sidecar = sidecar
        self._behind = behind
        self._earlier = _Cursor(sidecar.earlier())
        self._place = 0
        self._following = True
        self._pending: list[pa.Table] = []
        self._kept_at = time.monotonic()

    def reuse(self, batch: pa.RecordBatch) -> bool:
        """Whether the next documents are scored already; counts them as done if so."""
        if not self._following:
            return False
        known = self._earlier.take(batch.num_rows)
        if known is not None and _same_documents(known, batch):
            self._place += batch.num_rows
            return True
        self._following = False
        self._sidecar.keep(self._place)
        return False

    def add(self, scores: pa.Table) -> None:
        """New scores of the next documents."""
        self._pending.append(scores)
        rows = sum(table.num_rows for table in self._pending)
        if rows >= KEEP_ROWS or time.monotonic() - self._kept_at > KEEP_SECONDS:
            self.keep()

    def keep(self) -> None:
        """Put what is scored on disk, while more is scored."""
        if self._pending:
            table, place = pa.concat_tables(self._pending), self._place
            self._behind.do(lambda: self._sidecar.write_part(place, table))
            self._place += table.num_rows
            self._pending = []
        self._kept_at = time.monotonic()

    def finish(self) -> None:
        """Make the sidecar whole, unless it was already; at once where nothing is kept yet."""
        if self._pending and self._place == 0:
            table, self._pending = pa.concat_tables(self._pending), []
            self._behind.do(lambda: self._sidecar.write(table))
            return
        self.keep()
        self._behind.do(self._complete)

    def _complete(self) -> None:
        if self._following and self._sidecar.whole and self._earlier.take(1) is None:
            return
        if self._following:
            self._sidecar.keep(self._place)
        self._sidecar.assemble()


def _same_documents(known: pa.Table, batch: pa.RecordBatch) -> bool:
    return all(known[name].combine_chunks().equals(batch[name]) for name in ("id", "sha256"))


class _Cursor:
    """Takes rows off a stream of tables, in any number."""

    def __init__(self, tables: Iterator[pa.Table]) -> None:
        self._tables = tables
        self._held = pa.Table.from_batches([], SCHEMA)

    def take(self, rows: int) -> pa.Table | None:
        """The next `rows` rows; None when fewer are left."""
        while self._held.num_rows < rows:
            following = next(self._tables, None)
            if following is None:
                return None
            self._held = pa.concat_tables([self._held, following.replace_schema_metadata(None)])
        taken, self._held = self._held.slice(0, rows), self._held.slice(rows)
        return taken
