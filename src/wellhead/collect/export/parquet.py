"""Parquet: answers and events, typed, streamed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection

from wellhead._atomic import atomic_path
from wellhead.collect.export.rows import ANSWERS, EVENTS, Where, answer_batches, event_batches
from wellhead.collect.study import Study

__all__ = ["write_parquet", "write_table"]


def write_parquet(
    connection: Connection, study: Study, folder: Path, where: Where = ()
) -> list[Path]:
    """`answers.parquet` and `events.parquet`."""
    answers, events = folder / "answers.parquet", folder / "events.parquet"
    write_table(answers, ANSWERS, answer_batches(connection, study.id, where))
    write_table(events, EVENTS, event_batches(connection, study.id, where))
    return [answers, events]


def write_table(path: Path, schema: pa.Schema, batches: Iterable[Any]) -> None:
    """Write record batches as they come; the file is whole or absent."""
    with (
        atomic_path(path) as temporary,
        pq.ParquetWriter(temporary, schema, compression="zstd") as writer,
    ):
        for batch in batches:
            writer.write_batch(batch)
