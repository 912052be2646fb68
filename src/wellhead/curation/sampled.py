"""An assay of a sample, spread over the whole corpus by the scores of its detector.

In: the corpus and the evidence of its sample. Out: the same evidence for every document.
P-value and probability never fall or rise against the score, so that a document takes those of the
sample's nearest score; only exact repeats are known.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wellhead.corpus import Corpus
from wellhead.corpus.census import fingerprint
from wellhead.curation.evidence import Evidence
from wellhead.detect.beside import detector_for
from wellhead.detect.scoring import score
from wellhead.errors import BadInput
from wellhead.prevalence.shards import text_hashes

__all__ = ["spread_over"]


def spread_over(corpus: Corpus, evidence: Evidence) -> Evidence:
    """The evidence of every document of `corpus`, from that of a random sample of it.

    Raises:
        BadInput: another detector or revision than the assay's, or an assay of another corpus.
    """
    scorer = detector_for(evidence.detector, evidence.scorer)
    table = score(corpus, detector=scorer).scores()
    # A text that the detector was fitted on counts with the score of a model without it.
    scores = pc.coalesce(table["held_out"], table["score"]).to_numpy()
    _require_part(evidence, table, corpus.name)
    ids = table["id"].combine_chunks()
    first = _first_of(table["sha256"])
    del table
    rows = evidence.weighed
    order = np.argsort(evidence.scores[rows], kind="stable")
    sample = evidence.scores[rows][order]
    after = np.clip(np.searchsorted(sample, scores), 1, max(sample.size - 1, 1))
    nearer = np.abs(scores - sample[after - 1]) <= np.abs(sample[after % sample.size] - scores)
    place = rows[order][np.where(nearer, after - 1, after % sample.size)]
    return replace(
        evidence,
        ids=ids,
        scores=scores,
        p=evidence.p[place],
        posterior=evidence.posterior[place],
        first=first,
        groups=None,
    )


def _first_of(digests: pa.ChunkedArray) -> np.ndarray:
    """True where a text comes for the first time, by 64 bits of its hash: 8 bytes a document."""
    texts = np.concatenate([text_hashes(chunk, "scores") for chunk in digests.chunks])
    first = np.zeros(texts.size, dtype=bool)
    first[np.unique(texts, return_index=True)[1]] = True
    return first


def _require_part(evidence: Evidence, scores: pa.Table, name: str) -> None:
    """The documents of the sample are in the corpus, with the same texts."""
    absent = evidence.ids.filter(pc.invert(pc.is_in(evidence.ids, value_set=scores["id"])))
    if len(absent):
        raise BadInput(
            f"{name} lacks {len(absent):,} of the {evidence.documents:,} documents of this assay "
            f"(such as '{absent[0]}'): it is an assay of another corpus"
        )
    here = scores.filter(pc.is_in(scores["id"], value_set=evidence.ids))["sha256"].to_pylist()
    # Where an id stands for several documents, it does not say which of them was drawn.
    if len(here) == evidence.documents and fingerprint(here) != evidence.corpus:
        raise BadInput(
            f"the texts of {name} are not those that were assayed, though their ids are: assay it "
            "again"
        )
