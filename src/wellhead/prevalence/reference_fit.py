"""Are corpus and human reference the same kind of text, as far as anything but the score tells?

In: texts of the reference and of the corpus. Out: whether a classifier tells them apart, how much
of the corpus the reference cannot explain, and which texts those are. The features are words and
layout, none of which the detector's score is needed for: scores alone cannot tell machine text from
people of another kind, since both move scores upward.

The test is a classifier two-sample test (Lopez-Paz & Oquab 2017) with cross-fitting: each text is
judged by a logistic regression that has not seen it. The unexplained part is a lower confidence
bound from Clopper-Pearson limits at a few cuts of the held-out judgements, in the manner of "best
bin estimation" for positive and unlabelled data (Garg et al. 2021): what lies above a cut in the
corpus beyond what the reference puts there must be something else.

Machine texts differ from people's as well, so an unexplained part is not yet a fault of the
reference. But they keep to the words of their task, while people of another kind bring the words of
another one: layout tells both apart from the reference, words mainly the second. So what speaks
against the reference is judged by words alone. How many texts are of another kind is easier to tell
than which ones: where a quarter of a corpus is, words betray half of its texts, and their number
all the same. The limits below were chosen in `benchmarks/assay_mismatch.py` on one half of the
collections.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from wellhead._stats import clopper_pearson
from wellhead.prevalence.differences import Words, layout_of, telling_layout, telling_words

__all__ = [
    "DIFFERENT",
    "GROSS",
    "ReferenceFit",
    "hidden_if",
    "most_hidden",
    "reference_fit",
    "unlike_by_chance",
]

# From this part with other words on, the reference is of another kind.
GROSS = 0.7
# Below this p-value reference and corpus differ, and below the second they may.
DIFFERENT = 0.01
_DOUBTFUL = 0.05
# A text more foreign than this part of the reference is not explained by it.
_FOREIGN = 0.98
# The number of texts of another kind is read off above this part of the reference.
_COUNTED = 0.95
_FOLDS = 5
# Judgements by folds that learn from each other's texts vary so much more than independent ones
# (`assay_mismatch.py --null`).
_FOLDED = 1.45
# So many standard errors at least, a hundred references and two hundred texts by machines alone lie
# apart, also where no score shows it: nine of ten generators measured do. Twice as many texts, as
# references and corpus are counted together, double it; more were not measured.
_HARDEST = 3.5
_MEASURED = 200 / 3
_MOST_MEASURED = 1.5
_LEAST = 20
_LEVEL = 0.95
_CUTS = (0.5, 0.7, 0.8, 0.9, 0.95, 1.0)
_WEIGHT_OF_WORDS = 3.0


@dataclass(frozen=True, kw_only=True)
class ReferenceFit:
    """How far a human reference describes a corpus.

    Attributes:
        p_value: of the two-sample test; small where the two differ.
        unexplained: lower 95 % bound on the part of the corpus that is unlike the reference.
        unlike: shape (corpus texts,), True where a text is, by words and layout.
        other_kind: the same bound by words alone, which machine text mostly shares with people's.
        foreign: shape (corpus texts,), True where a text is unlike the reference by words alone;
            nowhere, if nothing says that the two differ.
        beyond: shape (corpus texts,), True where a text's words are less usual than 95 % of the
            reference's.
        usual: the part of the reference of which that is true.
        size: texts of the reference.
        words: words that mark the corpus, and words that mark the reference, most telling first.
        layout: in plain words, how the two look different.
        above: shape (corpus texts,), the part of the reference that is judged less like the corpus
            than a text, by words and layout.
        either: the texts were compared with a machine reference as well, and are called unlike
            where they are unlike both.
    """

    p_value: float
    unexplained: float
    unlike: NDArray[np.bool_]
    other_kind: float
    foreign: NDArray[np.bool_]
    beyond: NDArray[np.bool_]
    usual: float
    size: int
    words: tuple[tuple[str, ...], tuple[str, ...]]
    layout: tuple[str, ...]
    above: NDArray[np.float64]
    either: bool = False

    @property
    def gross(self) -> bool:
        """Whether the reference is of another kind altogether."""
        return self.other_kind >= GROSS

    @property
    def different(self) -> bool:
        """Whether the two differ at all beyond chance."""
        return self.p_value < DIFFERENT

    def hidden(self, level: float, some: NDArray[np.bool_] | None = None) -> float:
        """The largest share, of all texts or of `some`, that a generator may have unseen by scores.

        Args:
            level: of this upper bound.
            some: shape (corpus texts,); fewer than 20 are too few to tell.
        """
        above = self.above if some is None else self.above[some]
        if above.size < _LEAST:
            return 1.0
        return most_hidden(_apart(above, self.size), self.size, above.size, level=level)

    def another(self, some: NDArray[np.bool_] | None = None) -> float:
        """The part of the texts, or of `some` of them, that is of another kind by its words.

        An estimate: what lies beyond the cut in excess of what the reference puts there, where it
        is more than one standard error of chance. Fewer than 20 texts are too few to tell, and
        count with at least the part of the whole corpus.
        """
        whole = _excess(self.beyond, self.usual, self.size)
        if some is None:
            return whole
        part = _excess(self.beyond[some], self.usual, self.size) if some.any() else 1.0
        return part if some.sum() >= _LEAST else max(part, whole)


def reference_fit(
    reference: Sequence[str], corpus: Sequence[str], *, seed: int = 0
) -> ReferenceFit | None:
    """Compare the texts of a human reference with those of a corpus.

    Args:
        reference: known-human texts, each once.
        corpus: texts of the corpus, each once.
        seed: of the folds.

    Returns:
        The comparison; None where either side has fewer than 20 texts, too few to tell.

    Source:
        Lopez-Paz & Oquab (2017), Revisiting Classifier Two-Sample Tests, ICLR; Garg, Wu, Smola,
        Balakrishnan & Lipton (2021), Mixture Proportion Estimation and PU Learning, NeurIPS.
    """
    if min(len(reference), len(corpus)) < _LEAST:
        return None
    texts = [*reference, *corpus]
    foreign = np.repeat([0, 1], [len(reference), len(corpus)])
    shape = np.array([layout_of(text) for text in texts])
    words = Words.of(texts)
    judged, by_words = _held_out(words, shape, foreign, seed)
    ours, theirs = judged[foreign == 1], judged[foreign == 0]
    worded, usual = by_words[foreign == 1], by_words[foreign == 0]
    above = _above(ours, theirs)
    p_value = float(ndtr(-_apart(above, theirs.size)))
    p_words = float(ndtr(-_apart(_above(worded, usual), usual.size)))
    return ReferenceFit(
        p_value=p_value,
        unexplained=_unexplained(theirs, ours),
        unlike=ours > np.quantile(theirs, _FOREIGN),
        other_kind=_unexplained(usual, worded),
        beyond=worded > (cut := np.quantile(usual, _COUNTED)),
        usual=float((usual > cut).mean()),
        size=len(reference),
        foreign=(worded > np.quantile(usual, _FOREIGN)) & (min(p_value, p_words) < _DOUBTFUL),
        words=telling_words(words, foreign),
        layout=telling_layout(shape[foreign == 0], shape[foreign == 1]),
        above=above,
    )


def most_hidden(apart: float, reference: int, corpus: int, *, level: float) -> float:
    """The largest share of a generator unseen by scores that words and layout do not rule out.

    Also a generator that no score shows has ways of its own. Were all texts by the hardest of those
    measured, corpus and reference would lie so many standard errors apart, and so much less as
    fewer are.

    Args:
        apart: how far they do lie apart, in standard errors.
        reference, corpus: texts that were compared.
        level: of this upper bound.

    >>> round(most_hidden(0.0, 100, 200, level=0.95), 2)
    0.47
    >>> most_hidden(3.0, 100, 200, level=0.95)
    1.0
    """
    size = reference * corpus / (reference + corpus) / _MEASURED
    expected = _HARDEST * min(size, _MOST_MEASURED)
    return float(np.clip((apart + ndtri(level)) / expected, 0.0, 1.0))


def hidden_if(share: float, reference: int, corpus: int, *, level: float) -> float:
    """As `most_hidden` where so large a share is by the hardest generator measured."""
    return min(1.0, share + most_hidden(0.0, reference, corpus, level=level))


def _excess(beyond: NDArray[np.bool_], usual: float, size: int) -> float:
    """What lies beyond the cut in excess; nothing where chance puts as much there."""
    noise = np.sqrt(usual * (1 - usual) * (1 / size + 1 / max(beyond.size, 1)))
    excess = float(beyond.mean()) - usual
    return max(0.0, excess / (1 - usual)) if excess > noise else 0.0


def _above(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> NDArray[np.float64]:
    """The part of `theirs` below each of `ours`, ties half."""
    ordered = np.sort(theirs)
    places = (np.searchsorted(ordered, ours, "left"), np.searchsorted(ordered, ours, "right"))
    return np.asarray(sum(places) / (2 * theirs.size))


def _apart(above: NDArray[np.float64], size: int) -> float:
    """How far the corpus's judgements lie above the reference's, in standard errors (ranks)."""
    spread = _FOLDED * np.sqrt((above.size + size + 1) / (12 * above.size * size))
    return float((above.mean() - 0.5) / spread)


def unlike_by_chance(unlike: NDArray[np.bool_], size: int) -> float:
    """P-value of so many texts being unlike a reference of `size` texts that explains them all.

    The number beyond the k-th highest of a reference is beta-binomial for exchangeable judgements;
    those of folds vary more, so the count is first brought that much nearer to what is expected.

    >>> unlike_by_chance(np.arange(200) < 5, 100) > 0.3
    True
    >>> unlike_by_chance(np.arange(200) < 40, 100) < 0.001
    True
    """
    from scipy.stats import betabinom

    above = size - 1 - int(_FOREIGN * (size - 1))
    null = betabinom(unlike.size, above + 1, size - above)
    excess = (int(unlike.sum()) - null.mean()) / _FOLDED
    return float(null.sf(np.ceil(null.mean() + excess) - 1))


def _held_out(
    words: Words, shape: NDArray[np.float64], foreign: NDArray[np.int64], seed: int
) -> NDArray[np.float64]:
    """Log-odds of each text being the corpus's, by models that have not seen it.

    Returns:
        Shape (2, texts): by words and layout, by words alone.
    """
    from scipy.sparse import hstack
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold
    from sklearn.preprocessing import StandardScaler
    from threadpoolctl import threadpool_limits

    judged, unusual = np.zeros((2, foreign.size)), words.unusual(foreign)
    folds = StratifiedKFold(_FOLDS, shuffle=True, random_state=seed)
    for seen, left_out in folds.split(foreign, foreign):
        layout = StandardScaler().fit(shape[seen]).transform(shape) / np.sqrt(shape.shape[1])
        both = hstack([_weighed(words.counts, seen), layout]).tocsr()
        for place, features in enumerate((both, _weighed(unusual, seen))):
            model = LogisticRegression(class_weight="balanced", max_iter=300)
            with threadpool_limits(1, user_api="blas"):  # on vectors as short, threads only wait
                model.fit(features[seen], foreign[seen])
            judged[place, left_out] = model.decision_function(features[left_out])
    return judged


def _weighed(counts: Any, seen: NDArray[np.int64]) -> Any:
    """Weights of the words of all texts, the rarer the heavier among those seen."""
    from sklearn.feature_extraction.text import TfidfTransformer

    weights = TfidfTransformer(sublinear_tf=True).fit(counts[seen]).transform(counts)
    return (_WEIGHT_OF_WORDS * weights).tocsr()


def _unexplained(reference: NDArray[np.float64], corpus: NDArray[np.float64]) -> float:
    """The largest lower bound over the cuts, each at a level that allows for their number."""
    error = (1 - _LEVEL) / (2 * len(_CUTS))
    ordered, best = np.sort(reference), 0.0
    for part in _CUTS:
        cut = ordered[min(int(np.ceil(part * ordered.size)), ordered.size) - 1]
        theirs, ours = int((reference > cut).sum()), int((corpus > cut).sum())
        most = float(clopper_pearson(theirs, reference.size, error=error)[1])
        least = float(clopper_pearson(ours, corpus.size, error=error)[0])
        best = max(best, (least - most) / (1 - most))
    return best
