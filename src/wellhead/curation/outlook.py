"""What training on the result would do, beside doing nothing and beside an oracle.

The oracle drops exactly what machines wrote. Inflation is that of generations trained on fresh
mixes with the same machine share (`forecast`, regime ``fresh-real``). With a reserve of human
originals in every training set the regime is ``fixed-original``. Words left need word counts.
"""

from __future__ import annotations

from typing import NamedTuple

from wellhead._stats import Interval
from wellhead.curation.consequence import Consequence
from wellhead.recursion.forecast import WordCounts, forecast
from wellhead.recursion.forecast.share import Range

__all__ = ["Outlook", "outlooks"]


class Outlook(NamedTuple):
    """One way to go on.

    Attributes:
        name: of the way.
        texts: texts to train on, by weight.
        effective: equal weights that would inform as much.
        real: share of human text in the mix (a_eff).
        inflation: of error, after the generations.
        words: share of the whole corpus's distinct words that is left then; None without counts.
    """

    name: str
    texts: float
    effective: float
    real: Range
    inflation: Range
    words: Range | None = None


def outlooks(
    nothing: Consequence,
    chosen: Consequence,
    share: Interval,
    *,
    generations: int,
    reserve: float | None = None,
    counts: tuple[WordCounts, WordCounts] | None = None,
) -> tuple[Outlook, ...]:
    """Doing nothing, this plan, and the oracle; keeping everything with a reserve where asked.

    Args:
        nothing: keeping everything.
        chosen: the plan.
        share: machine share of the corpus.
        generations: of training.
        reserve: share of human originals that every training set gets, or None.
        counts: words of the corpus as it is and as it is kept.
    """
    before, after = counts or (None, None)
    human = nothing.weight * (1 - share.point)
    sure = Range(1.0, 1.0, 1.0)
    found = [
        _outlook("do nothing", nothing, _real(nothing.machine), generations, before),
        _outlook("this plan", chosen, _real(chosen.machine), generations, after),
    ]
    if before and after and (left := found[1].words):
        # Beside the words of the whole corpus, not only of what is kept.
        part = after.types / before.types
        found[1] = found[1]._replace(words=left.through(lambda words: words * part))
    if reserve:
        kept = forecast(
            regime="fixed-original",
            generations=generations,
            real_share=reserve,
            counts=before,
        )
        found.insert(
            1,
            Outlook(
                f"keep everything, {100 * reserve:g} % originals in every set",
                nothing.weight,
                nothing.effective,
                Range(reserve, reserve, reserve),
                kept.inflation.last,
                _words(kept),
            ),
        )
    oracle = forecast(regime="fresh-real", generations=generations, real_share=1.0, counts=before)
    # An oracle's words are not known: which of them machines alone wrote, no score tells.
    return (*found, Outlook("an oracle", human, human, sure, oracle.inflation.last))


def _outlook(
    name: str, found: Consequence, real: Range, generations: int, counts: WordCounts | None
) -> Outlook:
    told = forecast(
        regime="fresh-real", generations=generations, real_share=real[:3], counts=counts
    )
    inflation = told.inflation.last._replace(level=real.level)
    return Outlook(name, found.weight, found.effective, real, inflation, _words(told))


def _real(machine: Interval) -> Range:
    return Range(1 - machine.high, 1 - machine.point, 1 - machine.low, machine.level)


def _words(told: object) -> Range | None:
    vocabulary = getattr(told, "vocabulary", None)
    return None if vocabulary is None else vocabulary.generations[-1].words
