"""The evidence format: what may be in it, and what a broken file is answered with."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from wellhead.consensus.evidence import NOT_OBSERVABLE, SCHEMA, Row, read, table, validate, write
from wellhead.errors import BadInput


def test_evidence_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """Values, classes, silence and details survive the file."""
    rows = [
        Row("a", "process", 0.25, "mixed", {"flags": ["round_trip"]}),
        Row("a", "text", 0.9),
        Row("b", "process", None, NOT_OBSERVABLE),
    ]
    write(tmp_path / "evidence.parquet", table(rows))
    back = read(tmp_path / "evidence.parquet")
    assert back.schema.equals(SCHEMA, check_metadata=True)
    assert back == table(rows)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([Row("", "text", 0.5)], "`id` is empty"),
        ([Row("a", "", 0.5)], "`method` is empty"),
        ([Row("a", "text", 1.5)], r"must lie in \[0, 1\]"),
        ([Row("a", "text", float("nan"))], r"must lie in \[0, 1\]"),
        ([Row("a", "text")], "give a `value`"),
        ([Row("a", "text", 0.0, NOT_OBSERVABLE)], "cannot have a `value`"),
        ([Row("a", "text", 0.1), Row("a", "text", 0.2)], "2 rows for id 'a'"),
    ],
)
def test_a_row_that_breaks_a_rule_is_named(rows: list[Row], words: str) -> None:
    """The message says which row and which rule."""
    with pytest.raises(BadInput, match=words):
        table(rows)


def test_a_table_without_a_column_is_refused() -> None:
    """The message names what is missing."""
    with pytest.raises(BadInput, match="missing: method, outcome, detail"):
        validate(pa.table({"id": ["a"], "value": [0.5]}))


def test_a_file_that_is_no_evidence_is_refused(tmp_path: Path) -> None:
    """Neither a missing file nor other bytes."""
    with pytest.raises(BadInput, match="no evidence file"):
        read(tmp_path / "none.parquet")
    (tmp_path / "x.parquet").write_text("not parquet")
    with pytest.raises(BadInput, match="not a Parquet file"):
        read(tmp_path / "x.parquet")
