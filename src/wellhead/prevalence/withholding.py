"""What may still be claimed where known evidence speaks against an assumption.

In: an estimate, how the reference fits the corpus, the languages. Out: the same estimate with every
claim that the evidence contradicts taken back: a share that cannot be said, a bound on the texts
that the reference explains, an interval that opens. Nothing here makes a claim stronger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from wellhead._stats import Interval
from wellhead.prevalence.estimate import Estimate, Evidence
from wellhead.prevalence.lower_bound import at_least
from wellhead.prevalence.reference import MINIMUM_HUMAN
from wellhead.prevalence.reference_fit import ReferenceFit
from wellhead.prevalence.result import Withheld

__all__ = ["FEW_DOCUMENTS", "bound_on_explained", "hedged", "widened", "withheld"]

# Fewer documents than this have p-values, and no share.
FEW_DOCUMENTS = 10


def withheld(
    evidence: Evidence, fit: ReferenceFit | None, foreign: Sequence[str], known: Sequence[str]
) -> Withheld | None:
    """Why the share cannot be said; None where nothing speaks against saying it.

    Args:
        evidence: with labels, only a lack of documents withholds the share: an audit needs
            neither a fitting reference nor a detector that knows the language.
        fit: of the human reference.
        foreign: languages of most of the corpus that the detector does not know.
        known: languages that it does know.
    """
    if evidence.scores.size < FEW_DOCUMENTS:
        return Withheld(
            "few-documents",
            f"there are only {evidence.scores.size} distinct texts, too few for a share",
            f"Bring {FEW_DOCUMENTS} or more; single texts are judged below.",
        )
    if evidence.labels is not None:
        return None
    if fit is not None and fit.gross:
        return Withheld("reference-kind", _difference(fit), _BRING)
    if foreign:
        return Withheld(
            "language",
            f"most of them are in a language ({', '.join(foreign)}) that this detector was not "
            f"made for (it knows {', '.join(known)})",
            "What stands out against your own human texts is still flagged. For a share, have a "
            "random subset audited (--labels), or train a detector on texts of this language "
            "(wellhead detector train).",
        )
    return None


_BRING = (
    "Bring 50 to 100 texts that people certainly wrote for the same task: the same kind of writer, "
    "topic, length, period and layout. Or have a random subset audited (--labels)."
)


def _difference(fit: ReferenceFit) -> str:
    ours, theirs = fit.words
    seen = list(fit.layout)
    if ours:
        seen.append(f"words such as {', '.join(f'“{word}”' for word in ours)}")
    if theirs:
        seen.append(f"fewer of {', '.join(f'“{word}”' for word in theirs)}")
    what = "; ".join(seen) or "other words and another layout"
    return (
        f"the human texts given for comparison are of another kind: {100 * fit.unexplained:.0f} % "
        f"or more of these texts do not look like them, whoever wrote them ({what})"
    )


def hedged(
    found: Estimate,
    evidence: Evidence,
    fit: ReferenceFit | None,
    why: Withheld | None,
    *,
    compared: np.ndarray,
    level: float,
    seed: int,
) -> Estimate:
    """The estimate with what the evidence contradicts taken back.

    Args:
        found: what the scores alone say.
        evidence: what that rests on.
        fit: of the human reference.
        why: the share cannot be said.
        compared: shape (texts,), the documents that `fit` compared, as indices into the evidence.
        level: of the bound.
        seed: of its simulation.

    A reference of another kind supports neither bound nor p-value. Where reference and corpus
    differ but part of the corpus is explained, the bound rests on that part alone and the interval
    widens by the rest.
    """
    if fit is not None and fit.gross:
        found = replace(found, at_least=0.0, p_values=None, posterior=None)
    elif fit is not None and fit.different:
        found = _opened(found, evidence, fit, compared, level, seed)
    if why is not None:
        unknown = Interval(found.at_least, float("nan"), 1.0, level)
        found = replace(found, share=unknown, posterior=None)
    return _consistent(found)


def _consistent(found: Estimate) -> Estimate:
    """No interval below its own bound: the bound holds for any generator.

    Labels need fewer assumptions than a reference; a bound that they contradict is not claimed.
    """
    share, bound = found.share, found.at_least
    if found.method.startswith("audited") and bound > share.high:
        return replace(found, at_least=0.0, contradicted=bound)
    if bound <= share.low:
        return found
    high = max(share.high, bound)
    point = share.point if np.isnan(share.point) else min(max(share.point, bound), high)
    return replace(found, share=Interval(bound, point, high, share.level))


def _opened(
    found: Estimate,
    evidence: Evidence,
    fit: ReferenceFit,
    compared: np.ndarray,
    level: float,
    seed: int,
) -> Estimate:
    bound = min(found.at_least, bound_on_explained(evidence, fit, compared, level, seed))
    share = found.share if found.method != "anchored" else widened(found.share, bound, fit)
    return replace(found, at_least=bound, share=share)


def widened(share: Interval, bound: float, fit: ReferenceFit) -> Interval:
    """The interval with both ends moved outward by what the reference does not explain.

    That part may be people of another kind, whose scores lifted the lower end, or a generator that
    the detector does not see, which the upper end leaves out.

    Args:
        share: from the scores.
        bound: on the part that the reference explains, below which nothing is lowered.
        fit: of the reference.
    """
    low = min(share.low, max(bound, share.low - (1 - float(fit.explained.mean()))))
    return share._replace(low=low, high=min(1.0, share.high + fit.unexplained))


def bound_on_explained(
    evidence: Evidence, fit: ReferenceFit, compared: np.ndarray, level: float, seed: int
) -> float:
    """The bound from the texts that the reference explains, as a share of all texts."""
    scores = evidence.scores[compared][fit.explained]
    if evidence.human is None or scores.size < MINIMUM_HUMAN:
        return 0.0
    part = at_least(scores, evidence.human, level=level, seed=seed, sampled=True)
    return part * float(fit.explained.mean())
