"""The documents of an assay: which are flagged, the table with a row for each, and their number.

In: scored documents and an estimate of distinct texts. Out: values for every document; a repeat
carries those of its text.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from wellhead.prevalence.conformal import benjamini_hochberg
from wellhead.prevalence.documents import ScoredDocuments
from wellhead.prevalence.estimate import Estimate
from wellhead.prevalence.result import Documents

__all__ = ["counted_documents", "flags_of", "table_of"]


def flags_of(found: Estimate, docs: ScoredDocuments, rate: float) -> np.ndarray:
    """Shape (documents,): flagged, with every repeat of a flagged text."""
    flags = np.zeros(docs.scores.size, dtype=bool)
    if found.p_values is None:
        return flags
    flags[docs.evidence] = benjamini_hochberg(found.p_values, rate)
    repeats = ~docs.first
    flags[repeats] = np.isin(docs.cluster[repeats], docs.cluster[flags])
    return flags


def table_of(
    docs: ScoredDocuments, found: Estimate, flags: np.ndarray, counted: np.ndarray
) -> pa.Table:
    """One row per document; repeats carry the values of their text."""
    place = {docs.cluster[row]: index for index, row in enumerate(docs.evidence)}
    index = np.array([place.get(cluster, -1) for cluster in docs.cluster])

    def spread(values: np.ndarray | None) -> pa.Array:
        if values is None:
            return pa.nulls(index.size, pa.float64())
        return pa.array(np.where(index >= 0, values[index], np.nan), from_pandas=True)

    posterior = None if found.posterior is None else found.posterior.of_documents(counted)
    columns: dict[str, Any] = {
        "id": docs.ids.cast(pa.string()),
        "score": docs.scores,
        "p_value": spread(found.p_values),
        "flag": flags,
        "posterior": spread(posterior),
        "duplicate": ~docs.first,
        "copied": docs.copied,
    }
    if docs.groups is not None:
        columns["group"] = pa.array(docs.groups.tolist(), pa.string())
    columns |= docs.origins.columns
    return pa.table(columns)


def counted_documents(
    docs: ScoredDocuments, flags: np.ndarray, population: int | None
) -> Documents:
    census = docs.census
    return Documents(
        n=census.documents,
        flagged=int(flags.sum()),
        duplicates=census.duplicates,
        unusable=sum(census.unusable.values()),
        unusable_reasons=dict(census.unusable),
        copied=int(docs.copied.sum()),
        evidence=docs.evidence.size,
        population=population,
        near_duplicates=int((~docs.first).sum()),
        read=docs.as_read(),
    )
