"""The answers of a study as CSV for spreadsheets; Parquet has the exact text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from wellhead._atomic import atomic_path
from wellhead._spreadsheet import write_sheet
from wellhead.collect.answers import load_records
from wellhead.collect.export.rows import ANSWERS, Where, row_of
from wellhead.collect.study import Study

__all__ = ["write_csv"]

_MOMENTS = ("started_at", "submitted_at")


def write_csv(connection: Connection, study: Study, folder: Path, where: Where = ()) -> list[Path]:
    """`answers.csv`, one row an answer; lists are JSON in a cell; UTF-8 with a mark for Excel."""
    path = folder / "answers.csv"
    rows = _rows(connection, study, where)
    with atomic_path(path) as temporary:
        write_sheet(
            temporary,
            ANSWERS.names,
            ([_flat(name, row[name]) for name in ANSWERS.names] for row in rows),
        )
    return [path]


def _rows(connection: Connection, study: Study, where: Where) -> Iterator[dict[str, Any]]:
    for record in load_records(connection, study.id, where):
        yield row_of(record, study.id)


def _flat(name: str, value: Any) -> Any:
    if name in _MOMENTS:
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="milliseconds")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
