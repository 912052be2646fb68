"""The forecast of theory beside what a run observed: real share, κ, and excess loss.

For each setting that recorded its loss on real text: the real share that its training data had in
each generation (after any selector), the inflation κ that theory gives for it, and by how much the
loss of the last generation lies above that of generation 0. κ counts sampling noise in regular
estimators; a narrow sampler adds a bias that it does not know, and language models are no regular
estimators, so that its order is the forecast, not its size.

The share a_n enters as κ_n = 1 + (1 - a_n)² κ_{n-1}, which for a constant share is
`wellhead.collapse.theory.inflation.fresh_real`. Accumulation and replacement have formulas of their
own; original data that are redrawn each generation have none, and no κ is given.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import kendalltau

from wellhead.collapse.data import Array
from wellhead.collapse.regimes import Accumulate, AccumulateSubsample, FreshReal, Replace
from wellhead.collapse.result import Run
from wellhead.collapse.setting import Setting
from wellhead.collapse.theory import inflation

__all__ = ["Excess", "excess", "inflation_of", "order_agreement"]


class Excess(NamedTuple):
    """Forecast and observation of one setting.

    Args:
        setting: its label.
        real_share: of the training data after selection, mean over generations and seeds.
        kappa: the forecast inflation after the last generation, 1 being generation 0; not a
            number where there is no formula.
        observed: loss of the last generation above generation 0, in nats; mean over seeds.
        low, high: the range over seeds.
        seeds: how many there are.
    """

    setting: str
    real_share: float
    kappa: float
    observed: float
    low: float
    high: float
    seeds: int


def excess(run: Run) -> list[Excess]:
    """One row for each setting with a measured loss and real share; empty without them."""
    if not {"loss", "real_share"} <= set(run.measures):
        return []
    rows = (_row(run, setting) for setting in run.plan.settings)
    return [row for row in rows if row is not None]


def inflation_of(setting: Setting, shares: Array) -> float:
    """κ after generations with these real shares, that of generation 0 being 1.

    >>> from wellhead.collapse.config import plan
    >>> table = {"family": "gaussian", "size": 50, "generations": 4}
    >>> fresh = plan(table | {"regime": {"name": "fresh-real", "share": 0.2}}).settings[0]
    >>> round(inflation_of(fresh, np.full(200, 0.2)), 3) == round(1 / (0.2 * 1.8), 3)
    True
    """
    fits = len(shares) + 1
    if type(setting.regime) is Accumulate:
        return float(inflation.accumulate(fits))
    if type(setting.regime) is AccumulateSubsample:
        return float(inflation.accumulate_subsample(fits))
    if type(setting.regime) not in (FreshReal, Replace):
        return float("nan")
    kappa = 1.0
    for share in shares:
        kappa = 1 + (1 - float(share)) ** 2 * kappa
    return kappa


def order_agreement(rows: list[Excess]) -> float:
    """Kendall's τ between forecast and observation, 1 for the same order; NaN below 3 settings."""
    known = [row for row in rows if np.isfinite(row.kappa)]
    if len(known) < 3:
        return float("nan")
    return float(kendalltau([row.kappa for row in known], [row.observed for row in known])[0])


def _row(run: Run, setting: Setting) -> Excess | None:
    last = setting.generations
    after = [
        run.values("real_share", setting.label, generation)
        for generation in range(1, last + 1)
        if generation % setting.every == 0 or generation == last
    ]
    start, end = (run.values("loss", setting.label, generation) for generation in (0, last))
    if len(start) == 0 or len(start) != len(end) or len(after) < last:
        return None
    shares = np.array(after)
    gained = end - start
    return Excess(
        setting.label,
        float(shares.mean()),
        inflation_of(setting, shares.mean(axis=1)),
        float(gained.mean()),
        float(gained.min()),
        float(gained.max()),
        len(gained),
    )
