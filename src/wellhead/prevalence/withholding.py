"""What may still be claimed where known evidence speaks against an assumption.

In: the evidence, how the reference fits the corpus, the languages. Out: an estimate with every
claim that the evidence contradicts taken back: a share that cannot be said, a lower end and a bound
that hold even if people of another kind wrote what the reference does not know, an upper end that
leaves room for what the scores do not show, up to where words and layout would tell. Nothing here
makes a claim stronger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from wellhead._stats import Interval
from wellhead.corpus.language import UNDETERMINED
from wellhead.detect.general import advice_on
from wellhead.prevalence.conformal import p_values
from wellhead.prevalence.estimate import Estimate, Evidence, estimate
from wellhead.prevalence.kinds import as_people, highest, reach
from wellhead.prevalence.mixture import Posterior
from wellhead.prevalence.reference_fit import ReferenceFit
from wellhead.prevalence.result import Withheld

__all__ = ["FEW_DOCUMENTS", "Doubt", "doubt", "hedged", "withheld"]

# Fewer documents than this have p-values, and no share.
FEW_DOCUMENTS = 10
# A bound may be false in one corpus of twenty, so it allows for nearly every kind of people. A
# false discovery rate is an average: nine kinds of ten are enough, and no flag was false for want
# of the tenth (`assay_mismatch.py`).
_FOR_FLAGS = 0.9
# Where the reference is of another kind, an interval from less than this on up to all is no answer.
_SAYS_LITTLE = 0.2


@dataclass(frozen=True, kw_only=True)
class Doubt:
    """The evidence as it counts where people of another kind may have written some texts.

    What is said of a document rests on its own words. What is said of the whole, and of a group,
    rests on how many documents have other words: which ones they are is known of some only, so they
    are taken to be those with the highest scores.

    Attributes:
        fit: of the human reference.
        scores: shape (n,), of all documents, lowered as `as_people` does where their words are
            those of another kind.
        compared: shape (texts,), the documents that `fit` compared, as indices into `scores`.
        human: shape (m,), the human reference.
        reach: the median score that no kind of people exceeds.
        cautious: the estimate from the scores of all documents as `least` lowers them.
    """

    fit: ReferenceFit
    scores: np.ndarray
    compared: np.ndarray
    human: np.ndarray
    reach: float
    cautious: Estimate

    def least(self, scores: np.ndarray, inside: np.ndarray) -> np.ndarray:
        """Scores of the documents `inside` if people of another kind wrote the highest of them."""
        some, part = scores[inside], self.fit.another(inside[self.compared])
        return as_people(some, highest(some, part), self.human, self.reach)

    def hidden(self, level: float, inside: np.ndarray | None = None) -> float:
        """The largest share of all documents, or of those `inside`, that no score may show."""
        return self.fit.hidden(level, None if inside is None else inside[self.compared])

    @property
    def in_vain(self) -> bool:
        """Whether the reference is of another kind, and the scores are within reach of people."""
        return self.fit.gross and self.cautious.share.low < _SAYS_LITTLE

    def unseen(self, posterior: Posterior | None, scores: np.ndarray) -> float:
        """The part that is unlike the reference and that the scores do not count as machine."""
        unlike = scores[self.compared][self.fit.unlike]
        if posterior is None or not unlike.size:
            return 0.0
        counted = float(posterior.of_documents(unlike).mean())
        return self.fit.unexplained * (1 - counted)


def doubt(
    evidence: Evidence,
    fit: ReferenceFit | None,
    compared: np.ndarray,
    *,
    plain: Estimate | None = None,
    level: float = 0.95,
    seed: int = 0,
) -> Doubt | None:
    """What the scores say if people of another kind wrote the texts with other words.

    Args:
        evidence: as read.
        fit: of the human reference; None where it could not be compared.
        compared: shape (texts,), the documents that `fit` compared, as indices into the evidence.
        plain: what the scores say as they are, if that is known; worked out but once where no
            score is lowered.
        level: of the bound.
        seed: of the simulations.
    """
    if fit is None or evidence.human is None:
        return None
    foreign = np.full(evidence.scores.size, fit.gross)
    foreign[compared] = fit.foreign
    most = usual = float("inf")
    if evidence.comparable:
        most, usual = reach(evidence.library), reach(evidence.library, _FOR_FLAGS)
    worst = highest(evidence.scores, fit.another())
    counted = replace(
        evidence, scores=as_people(evidence.scores, worst, evidence.human, most), labels=None
    )
    return Doubt(
        fit=fit,
        scores=as_people(evidence.scores, foreign, evidence.human, usual),
        compared=compared,
        human=evidence.human,
        reach=most,
        cautious=plain
        if plain is not None and _same(counted, evidence)
        else estimate(counted, level=level, seed=seed),
    )


def _same(counted: Evidence, evidence: Evidence) -> bool:
    return evidence.labels is None and np.array_equal(counted.scores, evidence.scores)


def withheld(
    evidence: Evidence, against: Doubt | None, foreign: Sequence[str], known: Sequence[str]
) -> Withheld | None:
    """Why the share cannot be said; None where nothing speaks against saying it.

    Args:
        evidence: with labels, only a lack of documents withholds the share: an audit needs
            neither a fitting reference nor a detector that knows the language.
        against: the human reference.
        foreign: languages of most of the corpus that the detector does not know.
        known: languages that it does know.
    """
    if evidence.scores.size < FEW_DOCUMENTS:
        return Withheld(
            "few-documents",
            f"there {_only(evidence.scores.size)}, too few for a share",
            f"Bring {FEW_DOCUMENTS} or more; {_judged_singly(evidence)}.",
        )
    if evidence.labels is not None:
        return None
    if against is not None and against.in_vain:
        reason = "the human texts given for comparison are of another kind"
        return Withheld("reference-kind", reason, _BRING, _difference(against.fit))
    if foreign:
        return Withheld(
            "language",
            _languages(foreign, known),
            "What stands out against your own human texts is still flagged. For a share, have a "
            "random subset audited (--labels), give 80 machine texts of the task as well "
            "(--machine), or train a detector on texts of this language (wellhead detector "
            f"train). {advice_on(foreign)}".rstrip(),
        )
    return None


def _judged_singly(evidence: Evidence) -> str:
    if evidence.human is not None:
        return "single texts are judged below"
    return "with texts that people certainly wrote (--human) single texts are judged, too"


def _languages(foreign: Sequence[str], known: Sequence[str]) -> str:
    """What most documents are written in, and what the detector knows."""
    told = [code for code in foreign if code != UNDETERMINED]
    if not told:
        return (
            "most of them are in a language that could not be told, and this detector knows "
            f"{', '.join(known)}"
        )
    kind = "a language" if len(told) == 1 else "languages"
    unless = ", or in one that could not be told" if UNDETERMINED in foreign else ""
    return (
        f"most of them are in {kind} ({', '.join(told)}) that this detector was not made for (it "
        f"knows {', '.join(known)}){unless}"
    )


def _only(texts: int) -> str:
    return "is only one distinct text" if texts == 1 else f"are only {texts} distinct texts"


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
        f"{100 * fit.other_kind:.0f} % or more of these texts do not look like them, whoever wrote "
        f"them ({what})."
    )


def hedged(
    found: Estimate, evidence: Evidence, against: Doubt | None, why: Withheld | None
) -> Estimate:
    """The estimate with what the evidence contradicts taken back.

    Args:
        found: what the scores say as they are.
        evidence: what that rests on.
        against: what they say if people of another kind wrote what the reference does not know.
        why: the share cannot be said.

    Where the reference is of another kind and the scores are within the reach of people, it
    supports neither bound nor p-value.
    """
    if against is not None:
        found = _vain(found) if against.in_vain else _doubted(found, evidence, against)
    if why is not None:
        # Of a handful of texts, a bound is a share, too.
        bound = 0.0 if why.code == "few-documents" else found.at_least
        unknown = Interval(bound, float("nan"), 1.0, found.share.level)
        found = replace(found, share=unknown, at_least=bound, posterior=None)
    return _consistent(_opened(found, against))


def _vain(found: Estimate) -> Estimate:
    return replace(found, at_least=0.0, p_values=None, posterior=None)


def _doubted(found: Estimate, evidence: Evidence, against: Doubt) -> Estimate:
    share = found.share
    if found.method == "anchored":
        low = min(share.low, against.cautious.share.low)
        room = against.unseen(found.posterior, evidence.scores)
        share = share._replace(low=low, high=min(1.0, share.high + room))
    human = np.zeros(0) if evidence.human is None else evidence.human
    return replace(
        found,
        at_least=min(found.at_least, against.cautious.at_least),
        share=share,
        p_values=p_values(against.scores, human),
    )


def _opened(found: Estimate, against: Doubt | None) -> Estimate:
    """The upper end as it is if the detector may not see the generator."""
    posterior = found.posterior
    if found.method != "anchored" or posterior is None or not posterior.may_be_unseen:
        return found
    hidden = 1.0 if against is None else against.hidden(found.share.level)
    return replace(found, share=posterior.opened(found.share, hidden), if_seen=found.share)


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
    seen = found.if_seen
    if seen is not None:
        seen = seen._replace(low=bound, point=point, high=max(seen.high, bound, point))
    return replace(found, share=Interval(bound, point, high, share.level), if_seen=seen)
