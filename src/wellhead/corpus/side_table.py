"""Small tables beside a corpus: labels, evidence, references, cases.

In: a CSV, Excel, JSON Lines or Parquet file, an Arrow table, or a data frame. Out: one Arrow table.
What its columns must be is for those who asked for it. Nothing in a file is executed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa

from wellhead._parquet import read_parquet
from wellhead.corpus.dialect import sniff
from wellhead.errors import BadInput

__all__ = ["SUFFIXES", "read_side_table"]

SUFFIXES = (".parquet", ".csv", ".tsv", ".xlsx", ".jsonl", ".ndjson")
_BIGGEST = 1 << 31
_MOST = 1 << 20  # rows: more than a sheet can have


def read_side_table(
    source: Any, what: str, *, types: Mapping[str, pa.DataType] | None = None
) -> pa.Table:
    """The rows of a small table.

    Args:
        source: a path, an Arrow table, or anything with the Arrow stream interface.
        what: what is expected, for messages ("labels", "evidence").
        types: of columns of a CSV or Excel file that must not be guessed.

    Raises:
        BadInput: nothing there, another kind of file, too large, or broken.
    """
    if isinstance(source, str | Path):
        return _file(Path(source), what, types or {})
    if hasattr(source, "__arrow_c_stream__"):
        return pa.table(source)
    if hasattr(source, "to_dict") and hasattr(source, "columns"):
        return pa.Table.from_pandas(source, preserve_index=False)
    raise BadInput(f"expected {what} as a path or a table, got {type(source).__name__}")


def _file(path: Path, what: str, types: Mapping[str, pa.DataType]) -> pa.Table:
    if not path.is_file():
        raise BadInput(f"no {what} at '{path}': expected a CSV, Excel, JSONL or Parquet file")
    if path.suffix.lower() not in SUFFIXES:
        raise BadInput(f"{what} in '{path.name}': expected {', '.join(SUFFIXES)}")
    if path.stat().st_size > _BIGGEST:
        raise BadInput(f"'{path.name}' is larger than 2 GiB; split it.")
    try:
        if path.suffix == ".parquet":
            return read_parquet(path)
        if path.suffix.lower() in (".csv", ".tsv"):
            return _csv(path, types)
        if path.suffix.lower() == ".xlsx":
            return _sheet(path, types)
        import pyarrow.json as pj

        return pj.read_json(path)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError) as error:
        raise BadInput(f"'{path.name}' cannot be read: {error}") from error


def _csv(path: Path, types: Mapping[str, pa.DataType]) -> pa.Table:
    import pyarrow.csv as pc

    with path.open("rb") as stream:
        dialect = sniff(stream.read(1 << 16))
    return pc.read_csv(
        path,
        read_options=pc.ReadOptions(skip_rows=dialect.skipped),
        parse_options=pc.ParseOptions(delimiter=dialect.delimiter, newlines_in_values=True),
        convert_options=pc.ConvertOptions(
            column_types=types, strings_can_be_null=True, null_values=["", "NA", "null"]
        ),
    )


def _sheet(path: Path, types: Mapping[str, pa.DataType]) -> pa.Table:
    """The rows of a workbook; a column whose values are of several kinds goes on as text."""
    from wellhead.corpus.documents import SheetReader
    from wellhead.corpus.rows import Bounds

    with path.open("rb") as stream:
        rows = next(SheetReader().read(stream, Bounds(rows=_MOST)))
    columns = {}
    for name, values in rows.columns.items():
        kinds = {type(value) for value in values if value is not None}
        if len(kinds) > 1 or types.get(name) == pa.string():
            values = [None if value is None else str(value) for value in values]
        columns[name] = pa.array(values)
    return pa.table(columns)
