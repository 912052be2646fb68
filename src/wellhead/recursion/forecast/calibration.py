"""What a class of models makes of this very corpus: a quick run of the n-gram laboratory.

In: the documents of the corpus as words, classes of models, a regime. Out: for each class the
range of effective draws per word, generation by generation, over the variants that span it. Only
n-gram models are run; a network is not among them, and keeps its range.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wellhead._atomic import write_text
from wellhead._progress import progress
from wellhead.errors import BadInput
from wellhead.recursion.forecast.effective import World
from wellhead.recursion.forecast.models import MODELS, Variant
from wellhead.recursion.forecast.share import Range
from wellhead.recursion.forecast.words import WordCounts, of_counts

__all__ = ["calibrated"]

MOST_WORDS = 200_000  # of a sample; more would change the ratio little and take longer
MOST_GENERATIONS = 12  # beyond them the range is open below
MARGIN = 1.25  # by which each end is moved out: a class has more members than the variants run
_LINE = 200  # words of a document; longer ones are cut, so that every corpus has many
_FEWEST = 2_000


def calibrated(
    documents: Iterable[Sequence[str]],
    words: WordCounts,
    classes: Sequence[str],
    *,
    regime: str,
    generations: int,
    real_share: Range | None,
    seed: int = 0,
    show: bool = False,
) -> dict[str, list[Range]]:
    """By class, the ratio of effective draws to words at generations 1, 2, …

    Args:
        documents: the words of each document; a sample of them is learned from.
        words: how often each occurs.
        classes: names of `MODELS`.
        regime: one of `branching.REGIMES`.
        generations: the last generation asked for.
        real_share: for the regimes that mix real text in; both ends are run.
        seed: of the sample and of the runs.
        show: progress on stderr.

    Raises:
        BadInput: too few words to learn from.
        MissingExtra: the laboratory's n-gram family is not installed.
    """
    last = min(generations, MOST_GENERATIONS)
    # Where no original is ever lost, no model can lose its words.
    lossless = regime in ("accumulate", "synthetic-added")
    run = [name for name in classes if MODELS[name].variants and not lossless]
    lines = _sampled(documents, words.tokens, np.random.default_rng(seed)) if run else []
    shares = [None] if real_share is None else sorted({real_share.low, real_share.high})
    found = {name: [MODELS[name].ratio] for name in classes}
    runs = sum(len(MODELS[name].variants) for name in run) * len(shares)
    with progress("calibrating", runs, show=show) as bar, _written(lines) as reading:
        for name in run:
            ratios = []
            for share in shares:
                world = World(of_counts(Counter(chain.from_iterable(lines))), regime, share)
                for variant in MODELS[name].variants:
                    left = _left(reading, variant, _regime(regime, share), last, seed)
                    ratios.append([world.ratio_of(one, k + 1) for k, one in enumerate(left)])
                    bar.advance()
            found[name] = _course(np.array(ratios), MODELS[name].ratio)
            if generations > last:
                found[name].append(found[name][-1]._replace(low=0.0))
    return found


def _course(ratios: NDArray[np.float64], allowed: Range) -> list[Range]:
    """What variants of a class span, one row each, and some more; inside what theory allows."""
    low, high = ratios.min(axis=0) / MARGIN, np.minimum(ratios.max(axis=0) * MARGIN, allowed.high)
    return [
        Range(float(a), float(np.sqrt(a * b)), float(b)) for a, b in zip(low, high, strict=True)
    ]


def _sampled(
    documents: Iterable[Sequence[str]], total: int, rng: np.random.Generator
) -> list[list[str]]:
    """Stretches of documents, each with the chance that makes about `MOST_WORDS` of all."""
    chance = MOST_WORDS / total
    kept = [
        list(words[start : start + _LINE])
        for words in documents
        for start in range(0, len(words), _LINE)
        if rng.random() < chance
    ]
    found = sum(map(len, kept))
    if found < _FEWEST:
        raise BadInput(f"a calibration needs at least {_FEWEST} words of text; got {found}")
    return kept


@contextmanager
def _written(lines: list[list[str]]) -> Iterator[dict[str, str]]:
    """The sample as files that the laboratory reads; what it measures on is not used here."""
    with tempfile.TemporaryDirectory(prefix="wellhead-") as folder:
        corpus, test = Path(folder) / "corpus.txt", Path(folder) / "test.txt"
        for path, part in ((corpus, lines), (test, lines[:20])):
            write_text(path, "\n".join(" ".join(line) for line in part))
        yield {"corpus": str(corpus), "test": str(test), "split": "spaces"}


def _left(
    reading: Mapping[str, str], variant: Variant, regime: Mapping[str, Any], last: int, seed: int
) -> list[float]:
    """The share of words that one variant has left at generations 1 to `last`."""
    from wellhead.recursion.run import collapse

    table = {
        "family": {"name": "ngram", "output_words": 64, **reading, **variant.family},
        "sampler": variant.sampler,
        "regime": regime,
        "generations": last,
    }
    found = collapse(table, seed=seed)
    return [point.value for point in found.curve("vocabulary", found.plan.settings[0].label)[1:]]


def _regime(regime: str, share: float | None) -> dict[str, Any]:
    """The laboratory's regime; real text that is new each time is drawn again from the corpus."""
    if not share:
        return {"name": regime if share is None else "replace"}
    return {"name": "fixed-original", "share": share, "redraw": regime == "fresh-real"}
