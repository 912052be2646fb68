"""The forecast of theory beside what a run observed: real share, κ, and excess loss.

For each setting that recorded its loss on real text: the real share that its training data had in
each generation (after any selector), the inflation κ that theory gives for it, and by how much the
loss of the last generation lies above that of generation 0. κ counts sampling noise in regular
estimators; a narrow sampler adds a bias that it does not know, and language models are no regular
estimators, so that its order is the forecast, not its size.

The share a_n enters as κ_n = 1 + (1 - a_n)² κ_{n-1}, which for a constant share is
`recursion.theory.inflation.FreshReal`. Accumulation and replacement have formulas of their
own; original data that are redrawn each generation have none, and no κ is given.

That κ takes training data of the same size in every generation, and is not given where a selector
drops items without replacing them. One that weighs leaves less to learn from too, so that κ is
given a second time with the size m_n that counts, as a multiple of the first (`Blocks.effective`):
κ_n = 1 / m_n + (1 - a_n)² κ_{n-1}.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import kendalltau

from wellhead.recursion.data import Array
from wellhead.recursion.regimes import Accumulate, AccumulateSubsample, FreshReal, Replace
from wellhead.recursion.result import Run
from wellhead.recursion.setting import Setting
from wellhead.recursion.theory import inflation

__all__ = ["Excess", "excess_losses", "inflation_of", "order_agreement"]

KEEPS = 0.95  # the share of its items that a training set of the same size has at least


class Excess(NamedTuple):
    """Forecast and observation of one setting.

    Args:
        setting: its label.
        real_share: of the training data after selection, mean over generations and seeds.
        size: of the training data that counts, as a multiple of that of generation 0, likewise.
        kappa: the forecast inflation after the last generation, 1 being generation 0, at the same
            size throughout; not a number where there is no formula or the size fell.
        sized: the same at the sizes that count.
        observed: loss of the last generation above generation 0, in nats; mean over seeds.
        low, high: the range over seeds.
        seeds: how many there are.
    """

    setting: str
    real_share: float
    size: float
    kappa: float
    sized: float
    observed: float
    low: float
    high: float
    seeds: int


def excess_losses(run: Run) -> list[Excess]:
    """One row for each setting with a measured loss and real share; empty without them."""
    if not {"loss", "real_share"} <= set(run.measures):
        return []
    rows = (_row(run, setting) for setting in run.plan.settings)
    return [row for row in rows if row is not None]


def inflation_of(setting: Setting, shares: Array, sizes: Array | None = None) -> float:
    """κ after generations with these real shares and sizes, that of generation 0 being 1.

    Sizes are multiples of that of generation 0, and 1 where they are left out.

    >>> from wellhead.recursion.config import plan
    >>> table = {"family": "gaussian", "size": 50, "generations": 4}
    >>> fresh = plan(table | {"regime": {"name": "fresh-real", "share": 0.2}}).settings[0]
    >>> round(inflation_of(fresh, np.full(200, 0.2)), 3) == round(1 / (0.2 * 1.8), 3)
    True
    """
    fits = len(shares) + 1
    if type(setting.regime) is Accumulate:
        return float(inflation.Accumulate().after(fits))
    if type(setting.regime) is AccumulateSubsample:
        return float(inflation.AccumulateSubsample().after(fits))
    if type(setting.regime) not in (FreshReal, Replace):
        return float("nan")
    kappa = 1.0
    for share, size in zip(shares, np.ones(fits - 1) if sizes is None else sizes, strict=True):
        kappa = 1 / float(size) + (1 - float(share)) ** 2 * kappa
    return kappa


def order_agreement(rows: list[Excess], forecast: str = "kappa") -> float:
    """Kendall's τ between a forecast ("kappa" or "sized") and observation.

    1 is the same order; not a number below 3 settings.
    """
    pairs = [(getattr(row, forecast), row.observed) for row in rows]
    known = [pair for pair in pairs if np.isfinite(pair[0])]
    if len(known) < 3:
        return float("nan")
    return float(kendalltau(*zip(*known, strict=True))[0])


def _row(run: Run, setting: Setting) -> Excess | None:
    last = setting.generations
    shares = _after(run, setting, "real_share")
    start, end = (run.values("loss", setting.label, generation) for generation in (0, last))
    if len(start) == 0 or len(start) != len(end) or len(shares) < last:
        return None
    known = "effective_size" in run.measures
    sizes = _after(run, setting, "effective_size") if known else np.full(shares.shape, np.nan)
    gained = end - start
    fell = _shrunk(run, setting) and type(setting.regime) in (FreshReal, Replace)
    return Excess(
        setting.label,
        float(shares.mean()),
        float(sizes.mean()),
        float("nan") if fell else inflation_of(setting, shares.mean(axis=1)),
        inflation_of(setting, shares.mean(axis=1), sizes.mean(axis=1)),
        float(gained.mean()),
        float(gained.min()),
        float(gained.max()),
        len(gained),
    )


def _shrunk(run: Run, setting: Setting) -> bool:
    """Whether later generations had fewer training tokens than generation 0."""
    if "training_tokens" not in run.measures:
        return False
    first = run.values("training_tokens", setting.label, 0)
    return bool((_after(run, setting, "training_tokens") < KEEPS * first).any())


def _after(run: Run, setting: Setting, measure: str) -> Array:
    """A measure in the recorded generations after the first, shape (generations, seeds)."""
    last = setting.generations
    return np.array(
        [
            run.values(measure, setting.label, generation)
            for generation in range(1, last + 1)
            if generation % setting.every == 0 or generation == last
        ]
    )
