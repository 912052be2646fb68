"""What the report shows of the scores: the distributions, and the passages that weighed most."""

from __future__ import annotations

import numpy as np

from wellhead.detect import Scorer
from wellhead.prevalence.documents import ScoredDocuments
from wellhead.prevalence.mixture import Posterior
from wellhead.prevalence.result import Histogram, Passage

__all__ = ["histogram", "passages"]

_BINS = 32
_DOCUMENTS = 25
_PASSAGES = 12


def histogram(
    scores: np.ndarray, human: np.ndarray | None, posterior: Posterior | None
) -> Histogram:
    """Corpus and human reference on common bins; what lies beyond the ends is in the end bins."""
    pooled = scores if human is None else np.concatenate([scores, human])
    low, high = np.quantile(pooled, [0.002, 0.998])
    edges = np.linspace(low, high if high > low else low + 1.0, _BINS + 1)
    machine = np.zeros(_BINS)
    if posterior is not None:
        machine = _shares(scores, edges, posterior.of_documents(scores))
    return Histogram(
        edges=edges,
        corpus=_shares(scores, edges),
        human=np.zeros(_BINS) if human is None else _shares(human, edges),
        machine=machine,
    )


def _shares(scores: np.ndarray, edges: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray:
    counts, _ = np.histogram(np.clip(scores, edges[0], edges[-1]), edges, weights=weights)
    return np.asarray(counts / scores.size)


def passages(
    scorer: Scorer, docs: ScoredDocuments, flags: np.ndarray
) -> dict[str, tuple[Passage, ...]]:
    """For the highest-scoring flagged documents, the passages that moved the score most.

    Empty where the scorer cannot explain itself.
    """
    explain = getattr(scorer, "explain", None)
    if explain is None:
        return {}
    rows = [row for row in docs.highest if flags[row] and docs.first[row]][:_DOCUMENTS]
    return {
        docs.ids[row].as_py(): _strongest(
            [Passage(str(part.text), float(part.weight)) for part in explain(docs.highest[row])]
        )
        for row in rows
    }


def _strongest(parts: list[Passage]) -> tuple[Passage, ...]:
    """The passages that moved the score most, in reading order."""
    ranked = sorted(range(len(parts)), key=lambda i: -abs(parts[i].weight))[:_PASSAGES]
    return tuple(parts[i] for i in sorted(ranked))
