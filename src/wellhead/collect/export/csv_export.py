"""CSV for spreadsheets, safe against formulas.

A cell that a spreadsheet would run (it begins with ``=``, ``+``, ``-``, ``@``, a tab or a
carriage return) gets an apostrophe in front, so the text in a cell may differ from the answer by
that sign; Parquet has the exact text.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from wellhead._atomic import atomic_path
from wellhead.collect.answers import load_records
from wellhead.collect.export.rows import ANSWERS, row_of
from wellhead.collect.study import Study

__all__ = ["safe_cell", "write_csv"]

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_MOMENTS = ("started_at", "submitted_at")


def safe_cell(value: Any) -> Any:
    """The value as a cell that no spreadsheet runs.

    >>> safe_cell("=1+1"), safe_cell("a=1"), safe_cell(-3)
    ("'=1+1", 'a=1', -3)
    """
    if isinstance(value, str) and value.lstrip(" ").startswith(_RUNS):
        return f"'{value}"
    return value


def write_csv(connection: Connection, study: Study, folder: Path) -> list[Path]:
    """`answers.csv`, one row an answer; lists are JSON in a cell; UTF-8 with a mark for Excel."""
    path = folder / "answers.csv"
    with (
        atomic_path(path) as temporary,
        temporary.open("w", newline="", encoding="utf-8-sig", errors="replace") as stream,
    ):
        writer = csv.writer(stream)
        writer.writerow(ANSWERS.names)
        for row in _rows(connection, study):
            writer.writerow([safe_cell(_flat(name, row[name])) for name in ANSWERS.names])
    return [path]


def _rows(connection: Connection, study: Study) -> Iterator[dict[str, Any]]:
    for record in load_records(connection, study.id):
        yield row_of(record, study.id)


def _flat(name: str, value: Any) -> Any:
    if name in _MOMENTS:
        return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="milliseconds")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
