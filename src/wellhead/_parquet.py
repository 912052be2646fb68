"""Reads whole Parquet files.

`pyarrow.parquet.read_table` goes through `pyarrow.dataset`. That imports pandas where it is
installed, and its threads can outlive the read: on a busy machine a command then ends with
"terminate called" in place of its exit code.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import BinaryIO

import pyarrow as pa

__all__ = ["read_parquet"]


def read_parquet(
    source: str | os.PathLike[str] | BinaryIO, columns: Sequence[str] | None = None
) -> pa.Table:
    """The table in a Parquet file; `columns` if only some are wanted.

    Raises:
        OSError, pyarrow.ArrowException: the file cannot be opened or is none.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(source) as file:
        return file.read(None if columns is None else list(columns), use_threads=False)
