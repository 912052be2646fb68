"""What the recording says about each answer, as evidence for the assay.

The value is the share of the final text that came from outside or from a program; an answer
whose recording is incomplete or cannot be observed has no value.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection

from wellhead.collect.answers import Record, load_records
from wellhead.collect.export.rows import Where
from wellhead.collect.overview import UNKNOWN
from wellhead.collect.study import Study
from wellhead.consensus import evidence

__all__ = ["METHOD", "process_row", "row_of", "write_evidence"]

METHOD = "process"


def write_evidence(
    connection: Connection, study: Study, folder: Path, where: Where = ()
) -> list[Path]:
    """`evidence.parquet`: one row an answer, method ``process``."""
    path = folder / "evidence.parquet"
    evidence.write(path, evidence.table(_rows(connection, study, where)))
    return [path]


def _rows(connection: Connection, study: Study, where: Where) -> Iterator[evidence.Row]:
    for record in load_records(connection, study.id, where):
        yield row_of(record)


def row_of(record: Record) -> evidence.Row:
    """What the recording of one answer says."""
    derived = record.derived
    detail = {
        "flags": [flag["name"] for flag in derived["flags"] if flag["strength"] != "note"],
        "chain_ok": derived["integrity"]["chain_ok"],
        "replay_ok": derived["integrity"]["replay_ok"],
        "clock": len(derived["integrity"]["clock"]),
        "content": len(derived["integrity"]["content"]),
        "chain_head": record.receipt,
    }
    return process_row(record.session, record.outcome, record.outside_share, detail)


def process_row(id: str, outcome: str, outside: float, detail: dict[str, object]) -> evidence.Row:
    """One row; an outcome that says nothing becomes ``not observable``.

    >>> process_row("a", "incomplete_log", 0.0, {}).outcome
    'not observable'
    """
    if outcome in UNKNOWN:
        detail = {**detail, "reason": outcome}
        return evidence.Row(id, METHOD, None, evidence.NOT_OBSERVABLE, detail)
    return evidence.Row(id, METHOD, outside, outcome, detail)
