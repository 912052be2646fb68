"""An assay's documents as evidence, so that a text detector can be joined with other methods."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from wellhead.consensus import evidence
from wellhead.consensus.evidence import NOT_OBSERVABLE, Row
from wellhead.errors import BadInput

if TYPE_CHECKING:
    from wellhead.prevalence.result import AssayResult

__all__ = ["RATE", "evidence_of", "is_assay", "rows_of_assay"]

RATE = 0.05
_COLUMNS = frozenset({"id", "score", "p_value", "posterior", "copied"})


def evidence_of(
    result: AssayResult, *, method: str = "text", false_positive_rate: float | None = None
) -> pa.Table:
    """One evidence row for each document of an assay.

    By default the value is the document's posterior probability, so that the usual cut of 0.5 asks
    "more likely machine than not". That posterior leans on the assay's own estimate of the share.
    With `false_positive_rate` the class comes from the conformal p-value instead: ``machine`` where
    it is at most this rate, so that on average that part of people's texts is flagged whatever the
    share; for joining methods this is the cleaner choice, since the specificity is then known.
    Documents that mostly repeat a source text are ``quotes_task``; without a score, not observable.

    Args:
        result: of `wellhead.assay`.
        method: the name in the evidence.
        false_positive_rate: in (0, 1), or None for posteriors.

    Raises:
        BadInput: the assay has no p-values because it had no known-human texts.
    """
    if false_positive_rate is not None and not _has_p_values(result.table):
        raise BadInput("this assay has no p-values: give it texts known to be by people (--human).")
    return rows_of_assay(result.table, method=method, rate=false_positive_rate)


def is_assay(table: pa.Table) -> bool:
    """Whether a table is what `wellhead assay --out` writes as `documents.parquet`."""
    return set(table.column_names) >= _COLUMNS


def rows_of_assay(
    documents: pa.Table, *, method: str = "text", rate: float | None = RATE
) -> pa.Table:
    """The same from an assay's table of documents; by posterior where it has no p-values."""
    used = rate if _has_p_values(documents) else None
    rows = documents.to_pylist()
    first = {str(row["id"]): row for row in reversed(rows)}
    return evidence.table(_row(row, method, used) for row in reversed(first.values()))


def _has_p_values(documents: pa.Table) -> bool:
    return bool(documents["p_value"].null_count < documents.num_rows)


def _row(row: dict[str, object], method: str, rate: float | None) -> Row:
    identity, posterior, p_value = str(row["id"]), row.get("posterior"), row.get("p_value")
    detail = {key: row.get(key) for key in ("score", "p_value") if row.get(key) is not None}
    if row.get("copied"):
        return Row(identity, method, None, "quotes_task", detail)
    seen = posterior if rate is None else p_value
    if not isinstance(seen, float) or seen != seen:
        return Row(identity, method, None, NOT_OBSERVABLE, detail)
    if rate is None:
        return Row(identity, method, min(max(seen, 0.0), 1.0), None, detail)
    return Row(identity, method, None, "machine" if seen <= rate else "human", detail)
