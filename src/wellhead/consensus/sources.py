"""Evidence from wherever it lies: files, folders and tables become one evidence table.

In: paths (Parquet, CSV, JSONL; a folder with such files), Arrow tables or data frames, lists of
`evidence.Row`. Out: one validated evidence table, and one table of what else is known about the
documents (worker, task, time, text). A file without a column `method` is one method, named by the
file. Files are read as text and numbers only; nothing in them is executed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from wellhead.consensus import evidence
from wellhead.consensus.from_assay import RATE, is_assay, rows_of_assay
from wellhead.corpus.side_table import SUFFIXES, read_side_table
from wellhead.errors import BadInput, BadSetting

__all__ = ["NAME", "Sources", "read_documents", "read_sources"]

_CORE = tuple(evidence.SCHEMA.names)
_TYPES = {field.name: field.type for field in evidence.SCHEMA}
# A table in memory that carries this in its schema's metadata is hashed under that name.
NAME = b"wellhead.name"


class Sources(NamedTuple):
    """What was read.

    Attributes:
        evidence: the evidence table.
        documents: by id, what else the files say about it.
        hashes: SHA-256 by file name.
    """

    evidence: pa.Table
    documents: dict[str, dict[str, Any]]
    hashes: dict[str, str]


def read_sources(sources: Any, *, rate: float | None = RATE) -> Sources:
    """Read and check evidence.

    Args:
        sources: one source or a sequence of them.
        rate: of false positives, at which an assay's p-values flag; None for its posteriors.

    Raises:
        BadInput: nothing there, not readable, or a row breaks the format of evidence.
        BadSetting: a rate outside (0, 1).
    """
    if rate is not None and not 0 < rate < 1:
        raise BadSetting(f"a false-positive rate lies between 0 and 1, got {rate}.")
    tables: list[pa.Table] = []
    documents: dict[str, dict[str, Any]] = {}
    hashes: dict[str, str] = {}
    for name, table in _tables(sources, hashes):
        if "id" not in table.column_names:
            raise BadInput(
                f"expected a column 'id' in '{name}', got {', '.join(table.column_names)}."
            )
        if not table.num_rows:
            raise BadInput(f"'{name}' has no rows.")
        if is_assay(table):
            tables.append(rows_of_assay(table, rate=rate))
            continue
        documents.update(_merged(documents, _beside(table)))
        if _speaks(table.column_names):
            tables.append(_complete(table, name))
    if not tables:
        raise BadInput(
            "expected evidence: rows with 'id', 'method' and a 'value' in [0, 1] or an 'outcome'."
        )
    return Sources(evidence.validate(pa.concat_tables(tables)), documents, hashes)


def _speaks(columns: list[str]) -> bool:
    """Whether a table holds evidence; the answers of a study, with their texts, do not."""
    if "method" in columns or "value" in columns:
        return True
    return "outcome" in columns and "text" not in columns


def read_documents(source: Any) -> dict[str, dict[str, Any]]:
    """What a table says about documents, by id: every column but those of evidence."""
    documents: dict[str, dict[str, Any]] = {}
    for name, table in _tables(source, {}):
        if "id" not in table.column_names:
            raise BadInput(f"expected a column 'id' in '{name}' to match documents by.")
        documents.update(_merged(documents, _beside(table)))
    return documents


def _tables(sources: Any, hashes: dict[str, str]) -> Iterable[tuple[str, pa.Table]]:
    if isinstance(sources, str | Path):
        for path in _files(Path(sources)):
            table = read_side_table(path, "evidence", types=_TYPES)
            hashes[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
            yield path.stem, table
    elif isinstance(sources, Sequence) and all(isinstance(row, evidence.Row) for row in sources):
        yield "evidence", evidence.table(sources)
    elif isinstance(sources, Sequence):
        for source in sources:
            yield from _tables(source, hashes)
    else:
        table = read_side_table(sources, "evidence")
        name = (table.schema.metadata or {}).get(NAME)
        if name is not None:
            hashes[name.decode()] = _digest(table)
        yield "evidence", table


def _digest(table: pa.Table) -> str:
    digest = hashlib.sha256()
    for row in table.to_pylist():
        digest.update(repr(row).encode("utf-8", "replace"))
    return digest.hexdigest()


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
        if not found:
            raise BadInput(f"no evidence in '{path}': expected {', '.join(SUFFIXES)} files.")
        return found
    if path.is_file() and path.suffix == ".toml":
        raise BadInput(
            f"'{path.name}' describes a study; its answers are in the database. On the command "
            "line `wellhead study STUDY.toml` reads it; in Python give `evidence` and `answers` of "
            "`wellhead.collect.study_evidence.read_study(path)`."
        )
    return [path]


def _complete(table: pa.Table, name: str) -> pa.Table:
    """The columns of evidence; a file without `method` is one method, named by the file."""
    columns = {}
    for column, kind in _TYPES.items():
        if column in table.column_names:
            columns[column] = table[column]
        else:
            given = name if column == "method" else None
            columns[column] = pa.array([given] * table.num_rows, kind)
    return evidence.validate(pa.table(columns))


def _beside(table: pa.Table) -> dict[str, dict[str, Any]]:
    names = [name for name in table.column_names if name not in _CORE]
    if not names:
        return {}
    ids = table["id"].to_pylist()
    columns = {name: table[name].to_pylist() for name in names}
    return {
        str(identity): {
            name: column[i] for name, column in columns.items() if column[i] is not None
        }
        for i, identity in enumerate(ids)
    }


def _merged(
    old: Mapping[str, dict[str, Any]], new: Mapping[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    return {identity: {**old.get(identity, {}), **row} for identity, row in new.items()}
