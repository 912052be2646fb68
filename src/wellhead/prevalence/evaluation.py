"""Trials: how good an estimator is when domain and generator are new.

In: a library of clusters, each with the scores of a detector that had seen neither its domain nor
its generator, and any estimator. Out: for each cluster, share and size the error, the coverage, the
width and the bias. This is the artificial-prevalence protocol with whole clusters left out: the
texts of a corpus, the human reference and the labels are drawn from one cluster, and the estimator
is given a library without that cluster's domain and generator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa

from wellhead._progress import Progress, quiet
from wellhead._stats import Interval
from wellhead.detect import Cluster
from wellhead.errors import BadSetting

__all__ = [
    "SHARES",
    "SIZES",
    "Estimator",
    "Trial",
    "Trials",
    "draw_trials",
    "left_out",
    "run_trials",
]

SHARES = (0.0, 0.05, 0.1, 0.25, 0.5, 0.75, 1.0)
SIZES = (50, 200, 1000)


class Trial(NamedTuple):
    """One artificial corpus with everything an estimator may use.

    Attributes:
        cluster: name of the cluster that the texts come from.
        share: the true machine-written share of `scores`.
        scores: shape (n,), the corpus.
        truth: shape (n,), 1 = machine; for audits, not for the estimator to read.
        human: shape (m,), the known-human reference of the same kind.
        library: clusters of other domains and other generators.
        seed: for whatever the estimator draws.
    """

    cluster: str
    share: float
    scores: np.ndarray
    truth: np.ndarray
    human: np.ndarray
    library: Sequence[Cluster]
    seed: int


class Estimator(Protocol):
    """Anything that turns a trial into a share with an interval."""

    def __call__(self, trial: Trial, /) -> Interval: ...


class Trials(NamedTuple):
    """Outcomes, one row per trial.

    Attributes:
        table: `estimator`, `cluster`, `size`, `share`, `low`, `point`, `high`.
    """

    table: pa.Table

    def summary(self, *by: str) -> pa.Table:
        """Trials, mean absolute error, bias, coverage and width by the columns `by`."""
        error = np.subtract(self._column("point"), self._column("share"))
        low, high, truth = (self._column(name) for name in ("low", "high", "share"))
        covered = (low - 1e-9 <= truth) & (truth <= high + 1e-9)
        measured = self.table.select(list(by))
        for name, values in {
            "error": np.abs(error),
            "bias": error,
            "coverage": covered.astype(float),
            "width": high - low,
        }.items():
            measured = measured.append_column(name, pa.array(values))
        grouped = measured.group_by(list(by), use_threads=False).aggregate(
            [
                ("error", "count"),
                ("error", "mean"),
                ("bias", "mean"),
                ("coverage", "mean"),
                ("width", "mean"),
            ]
        )
        return grouped.rename_columns(
            [*by, "trials", "mean_absolute_error", "bias", "coverage", "width"]
        )

    def _column(self, name: str) -> np.ndarray:
        return np.asarray(self.table[name].to_numpy())


def left_out(cluster: Cluster, clusters: Iterable[Cluster]) -> list[Cluster]:
    """The clusters that share neither related domains nor the family of generators."""
    return [
        other
        for other in clusters
        if _domains(other) != _domains(cluster) and _family(other) != _family(cluster)
    ]


def _domains(cluster: Cluster) -> str:
    return cluster.domain_group or cluster.kind


def _family(cluster: Cluster) -> str:
    return cluster.family or cluster.generator


def draw_trials(
    clusters: Sequence[Cluster],
    *,
    shares: Sequence[float] = SHARES,
    sizes: Sequence[int] = SIZES,
    references: int = 100,
    repeats: int = 10,
    seed: int = 0,
    library: Callable[[Cluster, Sequence[Cluster]], Sequence[Cluster]] = left_out,
) -> Iterator[Trial]:
    """Artificial corpora from each cluster.

    Corpus and reference are drawn with replacement from the cluster's texts, which stand for the
    population; equal scores are separated by a negligible jitter.

    Args:
        clusters: where the texts come from.
        shares: true shares; the number of machine texts is exact.
        sizes: documents in a corpus.
        references: known-human texts in a reference.
        repeats: corpora for each cluster, share and size.
        seed: of all draws; each trial has its own child.
        library: what an estimator may know when a cluster is the truth.

    Raises:
        BadSetting: a share outside [0, 1] or a size below 1.
    """
    if any(not 0 <= share <= 1 for share in shares) or min(sizes) < 1 or references < 1:
        raise BadSetting("shares lie in [0, 1]; sizes and references are at least 1")
    spread = np.std(np.concatenate([c.human for c in clusters])) * 1e-9
    for number, cluster in enumerate(clusters):
        known = library(cluster, clusters)
        for place, (size, share) in enumerate((s, a) for s in sizes for a in shares):
            for repeat in range(repeats):
                child = np.random.SeedSequence((seed, number, place, repeat))
                rng = np.random.default_rng(child)
                machines = round(size * share)
                scores = np.concatenate(
                    [
                        rng.choice(cluster.human, size - machines),
                        rng.choice(cluster.machine, machines),
                    ]
                )
                truth = np.repeat([0, 1], [size - machines, machines])
                human = rng.choice(cluster.human, references)
                yield Trial(
                    cluster=cluster.name,
                    share=machines / size,
                    scores=scores + rng.normal(0, spread, size),
                    truth=truth,
                    human=human + rng.normal(0, spread, references),
                    library=known,
                    seed=int(child.generate_state(1)[0]),
                )


def run_trials(
    trials: Iterable[Trial],
    estimators: dict[str, Estimator],
    *,
    progress: Progress = quiet,
) -> Trials:
    """Every estimator on every trial, on the same scores."""
    rows: dict[str, list[object]] = {
        name: [] for name in ("estimator", "cluster", "size", "share", "low", "point", "high")
    }
    for trial in trials:
        for name, estimate in estimators.items():
            share = estimate(trial)
            row = (name, trial.cluster, trial.scores.size, trial.share, *share[:3])
            for column, value in zip(rows.values(), row, strict=True):
                column.append(value)
        progress.advance()
    return Trials(pa.table(rows))
