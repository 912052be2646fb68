"""QuaPy's quantifiers as estimators for `wellhead.prevalence.evaluation`.

They get what a user of QuaPy would give them: the labelled scores of the library (other domains,
other generators) to learn from, and the scores of the corpus. Intervals are QuaPy's own bootstrap
of the corpus at 95 %. KDEy is left out: its interval takes a minute and a half for one corpus, and
without one nothing can cover. Everything runs in this process: QuaPy's own processes would take
longer to start than to work.
Needs ``pip install 'wellhead[benchmark]'``.
"""

from __future__ import annotations

import numpy as np
from joblib import parallel_config
from quapy.method.aggregative import ACC, CC, EMQ, PACC, HDy
from quapy.method.confidence import AggregativeBootstrap
from sklearn.linear_model import LogisticRegression

from wellhead._stats import Interval, clamp
from wellhead.prevalence.evaluation import Estimator, Trial

__all__ = ["peers"]

RESAMPLES = 50
MOST = 4000


def peers() -> dict[str, Estimator]:
    """QuaPy's CC, ACC, PACC, EMQ and HDy by name."""
    methods = {"CC": CC, "ACC": ACC, "PACC": PACC, "EMQ": EMQ, "HDy": HDy}
    return {f"QuaPy {name}": _Peer(method) for name, method in methods.items()}


class _Peer:
    """One quantifier, fitted once for each library."""

    def __init__(self, method: type) -> None:
        self.method = method
        self.fitted: dict[tuple[str, ...], object] = {}

    def __call__(self, trial: Trial) -> Interval:
        key = tuple(cluster.name for cluster in trial.library)
        with parallel_config("sequential"):
            if key not in self.fitted:
                self.fitted[key] = self._fit(trial)
            quantifier = self.fitted[key]
            prevalence, region = quantifier.predict_conf(  # type: ignore[attr-defined]
                trial.scores[:, None]
            )
        point = float(prevalence[1])
        low, high = float(region.I_low[1]), float(region.I_high[1])
        return clamp(min(low, point), point, max(high, point), 0.95)

    def _fit(self, trial: Trial) -> object:
        rng = np.random.default_rng(0)
        sides = [
            np.concatenate([cluster.human for cluster in trial.library]),
            np.concatenate([cluster.machine for cluster in trial.library]),
        ]
        sides = [rng.choice(side, min(side.size, MOST), replace=False) for side in sides]
        scores = np.concatenate(sides)[:, None].astype(np.float64)
        labels = np.repeat([0, 1], [side.size for side in sides])
        quantifier = AggregativeBootstrap(
            self.method(LogisticRegression()), n_test_samples=RESAMPLES, random_state=0
        )
        return quantifier.fit(scores, labels)
