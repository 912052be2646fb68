"""CSV for spreadsheets, safe against formulas.

A cell that a spreadsheet would run (it begins with ``=``, ``+``, ``-``, ``@``, a tab or a
carriage return) gets an apostrophe in front, so the text in a cell may differ from the original by
that sign; Parquet has the exact text.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["safe_cell", "write_sheet"]

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(value: Any) -> Any:
    """The value as a cell that no spreadsheet runs.

    >>> safe_cell("=1+1"), safe_cell("a=1"), safe_cell(-3)
    ("'=1+1", 'a=1', -3)
    """
    if isinstance(value, str) and value.lstrip(" ").startswith(_RUNS):
        return f"'{value}"
    return value


def write_sheet(path: Path, names: Sequence[str], rows: Iterable[Iterable[Any]]) -> None:
    """A header and rows as CSV; UTF-8 with the mark by which Excel knows it."""
    with path.open("w", newline="", encoding="utf-8-sig", errors="replace") as stream:
        writer = csv.writer(stream)
        writer.writerow([safe_cell(name) for name in names])
        writer.writerows([safe_cell(value) for value in row] for row in rows)
