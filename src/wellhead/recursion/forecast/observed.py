"""Observed vocabularies from a file: generation and the share of the vocabulary left.

CSV with a header, or a JSON list of objects; the columns are ``generation`` and ``vocabulary``.
"""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

from wellhead.errors import BadInput

__all__ = ["read_observed"]

_MOST_BYTES = 1 << 24


def read_observed(path: str | os.PathLike[str]) -> dict[int, float]:
    """Share of the vocabulary left, by generation; generation 0 may be there and is left out.

    Raises:
        BadInput: a file that cannot be read, or lacks a column, or holds what is no number.
    """
    source = Path(path)
    try:
        if source.stat().st_size > _MOST_BYTES:
            raise BadInput(f"{source} is too large for a table of generations")
        text = source.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"cannot read {source}: {error}") from None
    found = dict(_pair(row, source) for row in _rows(text, source))
    found.pop(0, None)
    if not found:
        raise BadInput(f"{source}: no generation after 0")
    return found


def _rows(text: str, source: Path) -> list[Any]:
    if source.suffix != ".json":
        return list(csv.DictReader(io.StringIO(text)))
    try:
        rows = json.loads(text)
    except ValueError as error:
        raise BadInput(f"{source} is not JSON: {error}") from None
    if not isinstance(rows, list):
        raise BadInput(f"{source}: expected a list of objects with generation and vocabulary")
    return rows


def _pair(row: Any, source: Path) -> tuple[int, float]:
    try:
        return int(row["generation"]), float(row["vocabulary"])
    except (KeyError, TypeError, ValueError):
        raise BadInput(
            f"{source}: expected the columns generation and vocabulary with numbers; "
            f"got {row!r:.120}"
        ) from None
