"""Forecast what recursive training would do: the one public verb of this package.

In: a regime, a real share (given, or what an assay leaves), a detector, a limit, and optionally
a corpus or its word counts. Out: a `Forecast`. Everything is arithmetic on closed forms after one
pass over the corpus to count its words, unless a calibration is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from wellhead._version import __version__
from wellhead.errors import BadSetting
from wellhead.recursion.forecast import caveats
from wellhead.recursion.forecast.course import REGIME as CHANGING
from wellhead.recursion.forecast.course import Course, course_of, first_beyond
from wellhead.recursion.forecast.outlook import Loop, ModelsTold, Text, outlook_of
from wellhead.recursion.forecast.prices import CheapestMix, Limit, Prices, cheapest_mix, prices_of
from wellhead.recursion.forecast.remedies import check_limit, remedies
from wellhead.recursion.forecast.result import Forecast
from wellhead.recursion.forecast.risk import inflation_of
from wellhead.recursion.forecast.scaling import scaling_of
from wellhead.recursion.forecast.share import Range, read_assay, real_share_of
from wellhead.recursion.forecast.verifier import verified
from wellhead.recursion.forecast.web import REGIME as WEB
from wellhead.recursion.forecast.web import Web, web_of
from wellhead.recursion.forecast.words import WordCounts
from wellhead.recursion.theory.detector import Detector
from wellhead.recursion.theory.ranges import check_whole
from wellhead.recursion.theory.regimes import MIXES, regime_named

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
    schedule: Any = None,
    machine_growth: float | None = None,
    web_models: int | None = None,
    web_mixing: float | None = None,
    true_positive_rate: float | None = None,
    false_positive_rate: float | None = None,
    verifier: Mapping[str, float] | None = None,
    max_inflation: float | None = None,
    prices: Prices | Mapping[str, float] | None = None,
    models: str | Iterable[str] | None = None,
    calibrate: bool = False,
    effective_samples: float | None = None,
    observed: Mapping[int, float] | None = None,
    words: str = "letters",
    seed: int = 0,
    show_progress: bool = False,
) -> Forecast:  # many parameters: one for each question of the user; few are asked together
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
        web_models: several models that share the corpus out and learn from each other's output;
            inflation is that of each, words are those left in any of them.
        web_mixing: the share of machine text that is by any of them, the rest by a model's own
            last generation; by default all of it.
        true_positive_rate: machine text that a detector removes in every generation.
        false_positive_rate: human text that it removes.
        verifier: one that judges texts by a trait or favours a part, with its faults: see
            `verifier.verified`.
        max_inflation: a limit on the inflation; asks for what would keep below it.
        prices: what a unit costs of ``real`` text, of an ``audit`` or a ``detector`` that reads a
            unit, and of the text at hand (``stream``); asks for the cheapest mix that keeps the
            limit.
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
    assay = None if assay is None else read_assay(assay)
    share = real_share_of(real_share, assay)
    changing = course_of(share, schedule, machine_growth)
    last = check_whole("generations", generations, least=1, most=_MOST_GENERATIONS)
    web = web_of(web_models, web_mixing, share)
    name = _regime(regime, share, changing, web)
    detector = _detector(true_positive_rate, false_positive_rate, name)
    effective = _filtered(share, detector)
    reached: Range | Course | Web | None = effective
    one_share = None if changing else share
    judged = verified(verifier, name, last, effective)
    plain_web = web and web.point
    bound = None if max_inflation is None else Limit(max_inflation, last, plain_web)
    mix = _cheapest(prices, bound, one_share, detector)
    if changing is not None:
        filtered = changing.filtered(detector, last)
        share, effective, reached = changing.at(last), filtered.at(last), filtered
    if web is not None:
        reached = web_of(web_models, web_mixing, effective)
    if calibrate and (changing or web):
        raise BadSetting(
            "a calibration runs one model with one share throughout: leave the schedule, or the "
            "web, out"
        )
    loop = Loop(name, last, reached)
    text = Text(corpus, counts, words, show_progress)
    told = ModelsTold(models, calibrate, effective_samples, observed, seed)
    if max_inflation is not None:
        check_limit(max_inflation)
    outlook, course = outlook_of(text, loop, told), inflation_of(name, last, reached)
    limit = max_inflation
    known = (outlook.words, outlook.vocabulary, outlook.models)
    return Forecast(
        inflation=course,
        real_share=share,
        effective_share=effective,
        detector=detector,
        regime=name,
        generations=last,
        max_inflation=limit,
        exceeds=limit is not None and course.last.low > limit,
        first_beyond=None if limit is None else first_beyond(limit, course, changing),
        schedule=() if changing is None else changing.rows(last),
        remedies=()
        if limit is None
        else remedies(limit, generations=last, share=one_share, detector=detector, web=plain_web),
        cheapest_mix=mix,
        verifier=judged,
        vocabulary=outlook.vocabulary,
        scaling=scaling_of(outlook.words, regime=name, generations=last),
        regimes=outlook.regimes(loop),
        models=outlook.models,
        caveats=caveats.of(name, assay, changing or share, *known),
        version=__version__,
    )


def _regime(
    regime: str | None, share: Range | None, changing: Course | None, web: Web | None
) -> str:
    if web is not None:
        if regime not in (None, WEB) or changing is not None:
            raise BadSetting(
                f"several models on one web have the regime {WEB} and one share throughout: leave "
                "the other regime, or the schedule, out"
            )
        return WEB
    if changing is not None:
        if regime not in (None, CHANGING):
            raise BadSetting(f"a share that changes has the regime {CHANGING}, not {regime}")
        return CHANGING
    if regime == CHANGING:
        raise BadSetting(f"the regime {CHANGING} needs a schedule, or machine_growth")
    if regime == WEB:
        raise BadSetting(f"the regime {WEB} needs web_models, how many models share the web")
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
    if detector is not None and regime not in ("fresh-real", CHANGING, WEB):
        raise BadSetting(f"a detector has a closed form under fresh-real, not under {regime}")
    return detector


def _filtered(share: Range | None, detector: Detector | None) -> Range | None:
    if share is None or detector is None:
        return share
    return share.through(detector.effective_share)


def _cheapest(
    prices: Prices | Mapping[str, float] | None,
    limit: Limit | None,
    share: Range | None,
    detector: Detector | None,
) -> CheapestMix | None:
    if prices is None:
        return None
    if limit is None:
        raise BadSetting("prices need a limit to be kept: give max_inflation")
    if share is None:
        raise BadSetting(
            "prices need the real share of the text at hand, one throughout: give real_share "
            "(0 for a model's own output), or an assay"
        )
    check_limit(limit.inflation)
    return cheapest_mix(limit, prices_of(prices), share, detector)
