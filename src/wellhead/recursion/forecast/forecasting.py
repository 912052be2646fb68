"""Forecast what recursive training would do: the one public verb of this package.

In: a regime, a real share (given, or what an assay leaves), a detector, a limit, and optionally
a corpus or its word counts. Out: a `Forecast`. Everything is arithmetic on closed forms: no
randomness, no model, and one pass over the corpus to count its words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wellhead._version import __version__
from wellhead.errors import BadSetting
from wellhead.recursion.forecast import caveats
from wellhead.recursion.forecast.effective import (
    EffectiveSize,
    assumed_size,
    fitted_size,
    given_size,
)
from wellhead.recursion.forecast.remedies import check_limit, remedies
from wellhead.recursion.forecast.result import Forecast, RegimeOutlook
from wellhead.recursion.forecast.risk import inflation_of
from wellhead.recursion.forecast.share import Interval, real_share_of
from wellhead.recursion.forecast.vocabulary import Vocabulary, vocabulary_of
from wellhead.recursion.forecast.words import WordCounts, count_words, of_counts
from wellhead.recursion.theory import branching
from wellhead.recursion.theory.detector import Detector
from wellhead.recursion.theory.inflation import MIXES, REGIMES, regime_named
from wellhead.recursion.theory.ranges import check_whole

__all__ = ["forecast"]

_MOST_GENERATIONS = 10_000


def forecast(
    corpus: Any = None,
    *,
    counts: Mapping[Any, int] | Iterable[int] | WordCounts | None = None,
    regime: str | None = None,
    generations: int = 10,
    real_share: float | tuple[float, float, float] | None = None,
    assay: Any = None,
    true_positive_rate: float | None = None,
    false_positive_rate: float | None = None,
    max_inflation: float | None = None,
    effective_samples: float | None = None,
    observed: Mapping[int, float] | None = None,
    words: str = "letters",
    text_column: str | None = None,
    split: str | None = None,
    show_progress: bool = False,
) -> Forecast:
    """What training on one's own output does after some generations, and what would stop it.

    The inflation constants hold for estimators in the regular regime (many samples per
    parameter, no truncation of the sampler), the survival of words for models that write words
    as often as they read them. Language models do neither exactly: take the forecast as
    orientation, and compare mixes rather than trust single numbers.

    Args:
        corpus: the text that generation 0 is trained on (see `wellhead.corpus.open_corpus`).
        counts: instead, how often each of its words occurs.
        regime: how generations are trained: ``replace``, ``growing``, ``fresh-real``,
            ``fixed-original``, ``accumulate``, ``accumulate-subsample``, ``golden-ratio``,
            ``synthetic-added``. By default ``fresh-real`` with a real share, else ``replace``.
        generations: the last generation.
        real_share: share of real text in every generation's training data, or (low, point, high).
        assay: instead, an assay of that data (result, dictionary or JSON file): 1 - its share.
        true_positive_rate: machine text that a detector removes in every generation.
        false_positive_rate: human text that it removes.
        max_inflation: a limit on the inflation; asks for what would keep below it.
        effective_samples: independent draws that one generation's output is worth; by default
            one for each word of the corpus.
        observed: instead, shares of the corpus's vocabulary that were seen in the training sets
            of later generations, from which that number is fitted.
        words: how words are told apart, ``letters`` or ``spaces``.
        text_column, split: as in `open_corpus`.
        show_progress: a progress bar while words are counted.

    Raises:
        BadSetting: settings that contradict each other or lie outside their range.
        BadInput: a corpus or an assay that cannot be used.

    Source: docs/forecast.md, docs/theory.md §5 and §7.

    >>> result = forecast(real_share=0.1, max_inflation=2)
    >>> round(result.inflation.limit.point, 2)
    5.26
    >>> clean = forecast(real_share=0.1, true_positive_rate=0.9, false_positive_rate=0.05)
    >>> round(clean.inflation.limit.point, 2)
    1.31
    """
    share = real_share_of(real_share, assay)
    name = _regime(regime, share)
    last = check_whole("generations", generations, least=1, most=_MOST_GENERATIONS)
    detector = _detector(true_positive_rate, false_positive_rate, name)
    reached = _filtered(share, detector)
    if max_inflation is not None:
        check_limit(max_inflation)
    counted = _words(corpus, counts, words, text_column, split, show_progress)
    size = _effective(counted, name, reached, effective_samples, observed)
    vocabulary = _vocabulary(counted, name, last, reached, size)
    course = inflation_of(name, last, reached)
    return Forecast(
        inflation=course,
        real_share=share,
        effective_share=reached,
        detector=detector,
        regime=name,
        generations=last,
        max_inflation=max_inflation,
        exceeds=max_inflation is not None and course.last.low > max_inflation,
        remedies=()
        if max_inflation is None
        else remedies(max_inflation, generations=last, share=share, detector=detector),
        vocabulary=vocabulary,
        regimes=_outlooks(counted, last, reached, size),
        caveats=caveats.of(name, assay, share, counted, vocabulary),
        version=__version__,
    )


def _regime(regime: str | None, share: Interval | None) -> str:
    name = regime_named(regime) if regime else "replace" if share is None else "fresh-real"
    if name in MIXES and share is None:
        raise BadSetting(f"the regime {name} needs a real share: give real_share, or an assay")
    if name not in MIXES and share is not None:
        raise BadSetting(
            f"the regime {name} does not depend on a real share; those that do: {', '.join(MIXES)}"
        )
    return name


def _detector(tpr: float | None, fpr: float | None, regime: str) -> Detector | None:
    detector = Detector.given(tpr, fpr)
    if detector is not None and regime != "fresh-real":
        raise BadSetting(f"a detector has a closed form under fresh-real, not under {regime}")
    return detector


def _filtered(share: Interval | None, detector: Detector | None) -> Interval | None:
    if share is None or detector is None:
        return share
    return share.through(detector.effective_share)


def _words(
    corpus: Any, counts: Any, rule: str, text_column: str | None, split: str | None, show: bool
) -> WordCounts | None:
    if corpus is not None and counts is not None:
        raise BadSetting("give a corpus or counts, not both")
    if corpus is not None:
        return count_words(
            corpus, rule=rule, text_column=text_column, split=split, show_progress=show
        )
    if counts is None or isinstance(counts, WordCounts):
        return counts
    return of_counts(counts)


def _effective(
    words: WordCounts | None,
    regime: str,
    share: Interval | None,
    effective_samples: float | None,
    observed: Mapping[int, float] | None,
) -> EffectiveSize | None:
    if effective_samples is not None and observed is not None:
        raise BadSetting("give effective_samples or observed, not both")
    if words is None:
        if effective_samples is not None or observed is not None:
            raise BadSetting("an effective size belongs to a corpus: give corpus or counts")
        return None
    if effective_samples is not None:
        return given_size(effective_samples, words)
    if observed is None:
        return assumed_size(words)
    real = share.point if share else None
    return fitted_size(observed, words, regime=regime, real_share=real)


def _vocabulary(
    words: WordCounts | None,
    regime: str,
    last: int,
    share: Interval | None,
    size: EffectiveSize | None,
) -> Vocabulary | None:
    if words is None or size is None or regime not in branching.REGIMES:
        return None
    return vocabulary_of(words, regime=regime, generations=last, share=share, effective=size)


def _outlooks(
    words: WordCounts | None, last: int, share: Interval | None, size: EffectiveSize | None
) -> tuple[RegimeOutlook, ...]:
    """Every regime for which the given numbers suffice."""
    found = []
    for name in REGIMES:
        mixed = share if name in MIXES else None
        if name in MIXES and mixed is None:
            continue
        course = inflation_of(name, last, mixed)
        course_of_words = _vocabulary(words, name, last, mixed, size)
        left = None if course_of_words is None else course_of_words.generations[-1].words
        found.append(RegimeOutlook(name, course.last, course.limit, left))
    return tuple(found)
