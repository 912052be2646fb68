"""How to decide: a policy turns the evidence and one dial into a weight for each document.

Weights lie in [0, 1]; 0 drops a document. A policy judges each distinct text; repeats follow it.
Others register through the entry-point group ``wellhead.policies``: a class with `dials` (from mild
to strict), `usual`, `dial`, `by_score` and `weights`.
"""

from __future__ import annotations

from typing import ClassVar, Protocol

import numpy as np

from wellhead._registry import Registry
from wellhead.curation.evidence import Evidence
from wellhead.errors import BadSetting
from wellhead.prevalence.conformal import benjamini_hochberg

__all__ = ["POLICIES", "Policy"]

# A document that is four times likelier human than machine counts in full.
CAP = 4.0
# Less weight than this is no part in training.
LEAST = 0.02


class Policy(Protocol):
    """One way to decide.

    Attributes:
        dials: values of its one dial, from mild to strict.
        usual: the value without a target; None where the user must say it.
        dial: what the dial is, in words.
        by_score: equal scores are decided alike, so that a rule can be carried elsewhere.
    """

    dials: ClassVar[tuple[float, ...]]
    usual: ClassVar[float | None]
    dial: ClassVar[str]
    by_score: ClassVar[bool]

    def weights(self, evidence: Evidence, dial: float, share: float) -> np.ndarray:
        """Shape (documents,): the weight of each if `share` of them were machine-written."""


POLICIES: Registry[type[Policy]] = Registry("policy", "wellhead.policies")


@POLICIES.register("weight")
class Weight:
    """Tempered posterior odds of being human, capped: doubtful text counts less, none explodes.

    ``w = min(1, odds / 4) ** dial``. Raw odds differ by thousands, and a mistaken label would then
    outweigh a corpus.

    Source: Drayson, Yilmaz & Lampos (2025) for resampling by a detector's odds.
    """

    dials: ClassVar[tuple[float, ...]] = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
    usual: ClassVar[float | None] = 1.0
    dial: ClassVar[str] = "power of the odds"
    by_score: ClassVar[bool] = True

    def weights(self, evidence: Evidence, dial: float, share: float) -> np.ndarray:
        if not 0 <= dial < np.inf:
            raise BadSetting(f"a power of the odds is 0 or more, got {dial:g}")
        machine = np.nan_to_num(evidence.posterior_at(share), nan=0.0)
        odds = (1 - machine) / np.maximum(machine, 1e-9)
        weights = np.minimum(1.0, odds / CAP) ** dial
        return np.where(weights < LEAST, 0.0, weights)


@POLICIES.register("fdr")
class FalseDiscoveryRate:
    """Drops what is flagged: at most the rate of what is dropped is human, on average.

    The share of human documents is known from the assay, so that the procedure may be sharper by
    it (Benjamini & Hochberg 2000, adaptive): at the human-friendly end of the assay's interval, as
    a share of machine text that is taken for too high would drop everything.
    """

    dials: ClassVar[tuple[float, ...]] = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5)
    usual: ClassVar[float | None] = 0.1
    dial: ClassVar[str] = "share of human documents among the dropped"
    by_score: ClassVar[bool] = True

    def weights(self, evidence: Evidence, dial: float, share: float) -> np.ndarray:
        if not 0 < dial < 1:
            raise BadSetting(f"a false discovery rate lies between 0 and 1, got {dial:g}")
        rows = evidence.weighed
        weights = np.ones(evidence.documents)
        least = max(share - (evidence.share.point - evidence.share.low), 0.0)
        rate = min(dial / max(1 - least, 1e-9), 0.999)
        weights[rows[benjamini_hochberg(evidence.p[rows], rate)]] = 0.0
        return weights


@POLICIES.register("budget")
class Budget:
    """Keeps so many documents, the most surely human ones."""

    dials: ClassVar[tuple[float, ...]] = (0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1)
    usual: ClassVar[float | None] = None
    dial: ClassVar[str] = "documents to keep (a share, or a number from 2 on)"
    by_score: ClassVar[bool] = True

    def weights(self, evidence: Evidence, dial: float, share: float) -> np.ndarray:
        rows = evidence.weighed
        most = rows.size
        if not 0 < dial <= most:
            raise BadSetting(
                f"expected 1 to {most:,} documents to keep (the distinct texts), got {dial:g}"
            )
        wanted = round(dial if dial > 1 else dial * most)
        if not 1 <= wanted <= most:
            raise BadSetting(
                f"expected 1 to {most:,} documents to keep (the distinct texts), got {wanted:,}"
            )
        weights = np.ones(evidence.documents)
        likeliest = np.lexsort((evidence.scores[rows], evidence.posterior[rows]))
        weights[rows[likeliest[wanted:]]] = 0.0
        return weights


@POLICIES.register("groups")
class Groups:
    """Drops from each group no more documents than the assay holds to be machine-written there.

    A group whose people write unusually, and whose share is small, loses little.
    """

    dials: ClassVar[tuple[float, ...]] = (0.25, 0.5, 0.75, 0.9, 1.0)
    usual: ClassVar[float | None] = 1.0
    dial: ClassVar[str] = "part of each group's machine documents that is dropped"
    by_score: ClassVar[bool] = False

    def weights(self, evidence: Evidence, dial: float, share: float) -> np.ndarray:
        if evidence.groups is None or not evidence.group_shares:
            raise BadSetting(
                "the policy groups needs shares by group of the whole corpus: assay again with "
                "--group-by COLUMN and without --sample"
            )
        if not 0 < dial <= 1:
            raise BadSetting(f"expected a part above 0 and up to 1, got {dial:g}")
        rows, weights = evidence.weighed, np.ones(evidence.documents)
        names = evidence.groups[rows]
        for name, found in evidence.group_shares.items():
            mine = rows[names == name]
            part = found.point + (share - evidence.share.point)
            drop = round(dial * min(max(part, found.low), found.high) * mine.size)
            worst = np.lexsort((-evidence.scores[mine], -evidence.posterior[mine]))
            weights[mine[worst[:drop]]] = 0.0
        return weights
