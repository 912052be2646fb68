"""Forecast what recursive training would do: the one public verb of this package.

In: a regime, a real share (given, or what an assay leaves), a detector, a limit, and optionally
a corpus or its word counts. Out: a `Forecast`. Everything is arithmetic on closed forms after one
pass over the corpus to count its words, unless a calibration is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from wellhead._version import __version__
from wellhead.errors import BadSetting
from wellhead.recursion.forecast import caveats
from wellhead.recursion.forecast.calibration import calibrated
from wellhead.recursion.forecast.course import REGIME as CHANGING
from wellhead.recursion.forecast.course import Course, course_of, first_beyond
from wellhead.recursion.forecast.effective import (
    EffectiveSize,
    fitted_size,
    given_size,
    sized,
)
from wellhead.recursion.forecast.models import MODELS, classes_named
from wellhead.recursion.forecast.remedies import check_limit, remedies
from wellhead.recursion.forecast.result import Forecast, ModelOutlook, RegimeOutlook
from wellhead.recursion.forecast.risk import inflation_of
from wellhead.recursion.forecast.share import Interval, real_share_of
from wellhead.recursion.forecast.vocabulary import Vocabulary, vocabulary_of
from wellhead.recursion.forecast.words import WordCounts, count_words, documents_of, of_counts
from wellhead.recursion.theory import branching
from wellhead.recursion.theory.detector import Detector
from wellhead.recursion.theory.inflation import MIXES, REGIMES, regime_named
from wellhead.recursion.theory.ranges import check_whole

__all__ = ["forecast"]

_MOST_GENERATIONS = 10_000
Courses = dict[str, list[Interval]]  # effective draws per word by generation, of each class


def forecast(
    corpus: Any = None,
    *,
    counts: Mapping[Any, int] | Iterable[int] | WordCounts | None = None,
    regime: str | None = None,
    generations: int = 10,
    real_share: float | tuple[float, float, float] | None = None,
    assay: Any = None,
    schedule: Any = None,
    machine_growth: float | None = None,
    true_positive_rate: float | None = None,
    false_positive_rate: float | None = None,
    max_inflation: float | None = None,
    models: str | Iterable[str] | None = None,
    calibrate: bool = False,
    effective_samples: float | None = None,
    observed: Mapping[int, float] | None = None,
    words: str = "letters",
    seed: int = 0,
    show_progress: bool = False,
) -> Forecast:  # one argument for each question of the user: they have defaults and few meet
    """What training on one's own output does after some generations, and what would stop it.

    The inflation constants hold for estimators in the regular regime (many samples per
    parameter, no truncation of the sampler); for language models take them as orientation. How
    many words survive depends on the class of models: the interval holds every class in `models`,
    and is wide where nothing says which; `calibrate` measures what they make of this corpus.

    Args:
        corpus: the text that generation 0 is trained on: anything that
            `wellhead.corpus.open_corpus` opens, or what it returned.
        counts: instead, how often each of its words occurs.
        regime: how generations are trained: ``replace``, ``growing``, ``fresh-real``,
            ``fixed-original``, ``accumulate``, ``accumulate-subsample``, ``golden-ratio``,
            ``synthetic-added``. By default ``fresh-real`` with a real share, else ``replace``.
        generations: the last generation.
        real_share: share of real text in every generation's training data, or (low, point, high).
        assay: instead, an assay of that data (result, dictionary or JSON file): 1 - its share.
        schedule: instead, the real share of each training set after the first, which is real text
            alone; or a CSV file of years (``year``, ``real``, ``machine``), whose first row is that
            first set. The model of generation n learns from training set n - 1.
        machine_growth: factor by which machine text grows against real text from one training set
            to the next, after the share or schedule given.
        true_positive_rate: machine text that a detector removes in every generation.
        false_positive_rate: human text that it removes.
        max_inflation: a limit on the inflation; asks for what would keep below it.
        models: classes of language models (see `models.MODELS`): ``counts``, ``smoothed``,
            ``discounted``, ``truncated``, ``neural``; None means any of them.
        calibrate: run the n-gram laboratory on this corpus for the classes that it knows, about a
            minute; needs the corpus itself.
        effective_samples: instead of a class, the independent draws that one generation's output
            is worth.
        observed: instead, shares of the corpus's vocabulary that were seen in the training sets
            of later generations, from which that number is fitted.
        words: how words are told apart, ``letters`` or ``spaces``.
        seed: of the calibration.
        show_progress: progress on stderr.

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
    changing = course_of(share, schedule, machine_growth)
    name = _regime(regime, share, changing)
    last = check_whole("generations", generations, least=1, most=_MOST_GENERATIONS)
    detector = _detector(true_positive_rate, false_positive_rate, name)
    reached: Interval | Course | None = _filtered(share, detector)
    if changing is not None:
        share, reached = changing.at(last), changing.filtered(detector, last)
        if calibrate:
            raise BadSetting("a calibration runs one share throughout: leave the schedule out")
    if max_inflation is not None:
        check_limit(max_inflation)
    corpus = _opened(corpus, counts)
    counted = _words(corpus, counts, words, show_progress)
    classes = classes_named(models)
    size = _effective(counted, name, last, reached, effective_samples, observed)
    courses: Courses = {}
    if size is None and counted is not None:
        courses = {one: [MODELS[one].ratio] for one in classes}
        if calibrate and name in branching.REGIMES and not isinstance(reached, Course):
            courses = calibrated(
                _documents(corpus, counted),
                counted,
                classes,
                regime=name,
                generations=last,
                real_share=reached,
                seed=seed,
                show=show_progress,
            )
        size = sized(counted, "calibrated" if calibrate else "model class", courses.values())
    elif calibrate:
        raise BadSetting("give a corpus, and one of calibrate, effective_samples and observed")
    vocabulary = _vocabulary(counted, name, last, reached, size)
    by_model = _by_model(counted, name, last, reached, courses)
    course = inflation_of(name, last, reached)
    return Forecast(
        inflation=course,
        real_share=share,
        effective_share=reached.at(last) if isinstance(reached, Course) else reached,
        detector=detector,
        regime=name,
        generations=last,
        max_inflation=max_inflation,
        exceeds=max_inflation is not None and course.last.low > max_inflation,
        first_beyond=None
        if max_inflation is None
        else first_beyond(max_inflation, course, changing),
        schedule=() if changing is None else changing.rows(last),
        remedies=()
        if max_inflation is None
        else remedies(
            max_inflation,
            generations=last,
            share=share if changing is None else None,
            detector=detector,
        ),
        vocabulary=vocabulary,
        regimes=_outlooks(counted, last, reached, size, name),
        models=by_model,
        caveats=caveats.of(name, assay, changing or share, counted, vocabulary, by_model),
        version=__version__,
    )


def _regime(regime: str | None, share: Interval | None, changing: Course | None) -> str:
    if changing is not None:
        if regime not in (None, CHANGING):
            raise BadSetting(f"a share that changes has the regime {CHANGING}, not {regime}")
        return CHANGING
    if regime == CHANGING:
        raise BadSetting(f"the regime {CHANGING} needs a schedule, or machine_growth")
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
    if detector is not None and regime not in ("fresh-real", CHANGING):
        raise BadSetting(f"a detector has a closed form under fresh-real, not under {regime}")
    return detector


def _filtered(share: Interval | None, detector: Detector | None) -> Interval | None:
    if share is None or detector is None:
        return share
    return share.through(detector.effective_share)


def _opened(corpus: Any, counts: Any) -> Any:
    """The corpus, opened once; every corpus can be read again."""
    if corpus is None:
        return None
    if counts is not None:
        raise BadSetting("give a corpus or counts, not both")
    from wellhead.corpus import open_corpus

    return open_corpus(corpus)


def _words(corpus: Any, counts: Any, rule: str, show: bool) -> WordCounts | None:
    if corpus is not None:
        return count_words(corpus, rule=rule, show_progress=show)
    if counts is None or isinstance(counts, WordCounts):
        return counts
    return of_counts(counts)


def _effective(
    words: WordCounts | None,
    regime: str,
    last: int,
    share: Interval | Course | None,
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
        return None
    real = share.point if share else None
    return fitted_size(observed, words, regime=regime, real_share=real, generations=last)


def _documents(corpus: Any, words: WordCounts) -> Iterator[list[str]]:
    if corpus is None:
        raise BadSetting("a calibration reads the text itself: give a corpus, not counts")
    return documents_of(corpus, words.rule)


def _by_model(
    words: WordCounts | None,
    regime: str,
    last: int,
    share: Interval | Course | None,
    courses: Courses,
) -> tuple[ModelOutlook, ...]:
    """What each class would leave, where the size is that of classes."""
    found = []
    for name, ratios in courses.items():
        size = None if words is None else sized(words, "model class", [ratios])
        course = _vocabulary(words, regime, last, share, size)
        if course is not None:
            found.append(ModelOutlook(name, course.generations[-1].words))
    return tuple(found)


def _vocabulary(
    words: WordCounts | None,
    regime: str,
    last: int,
    share: Interval | Course | None,
    size: EffectiveSize | None,
) -> Vocabulary | None:
    if words is None or size is None or regime not in (*branching.REGIMES, CHANGING):
        return None
    return vocabulary_of(words, regime=regime, generations=last, share=share, effective=size)


def _outlooks(
    words: WordCounts | None,
    last: int,
    share: Interval | Course | None,
    size: EffectiveSize | None,
    asked: str,
) -> tuple[RegimeOutlook, ...]:
    """Every regime for which the given numbers suffice.

    What was measured under the regime asked for says nothing of words under another.
    """
    measured = size is not None and size.how in ("calibrated", "fitted")
    found = []
    changing = isinstance(share, Course)
    for name in (*REGIMES, *[CHANGING] * changing):
        mixed = share if name == CHANGING or (name in MIXES and not changing) else None
        if name in MIXES and mixed is None:
            continue
        course = inflation_of(name, last, mixed)
        known = None if measured and name != asked else size
        course_of_words = _vocabulary(words, name, last, mixed, known)
        left = None if course_of_words is None else course_of_words.generations[-1].words
        found.append(RegimeOutlook(name, course.last, course.limit, left))
    return tuple(found)
