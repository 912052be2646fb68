"""How many texts or labels a wanted interval width needs, and which of them cost least.

In: a width, an expected share, a number of documents and a detector's library. Out: the width that
each number of known-human texts gives; that of machine references of one's own beside a hundred of
these; and the audited labels, drawn at random or by the detector's doubt, that give the width. All
come from simulation on the library, with the cluster in question left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
from scipy.special import ndtri

from wellhead._progress import Progress, quiet
from wellhead._result import Result
from wellhead.detect import Cluster
from wellhead.errors import BadSetting, UnusableReference
from wellhead.prevalence.audit import chances
from wellhead.prevalence.documents import SAMPLE
from wellhead.prevalence.estimate import EFFECTIVE
from wellhead.prevalence.evaluation import Trial, draw_trials, left_out
from wellhead.prevalence.library import generator_prior
from wellhead.prevalence.mixture import Posterior, anchored_posterior
from wellhead.prevalence.reference_fit import hidden_if

__all__ = ["BESIDE", "LabelWidth", "MachineSize", "Plan", "Prices", "ReferenceSize", "Way", "plan"]

BESIDE = 100
"""Known-human texts beside machine references and labels."""

_SIZES = (25, 50, 100, 200, 400, 800)
_MACHINES = (50, 200)
_LABELS = (25, 50, 100, 200, 400, 800)
_CLUSTERS = 24


class ReferenceSize(NamedTuple):
    """What a human reference of one size buys: the mean width, and what 9 in 10 stay below."""

    human: int
    width: float
    width_90: float


class MachineSize(NamedTuple):
    """What texts of the suspected generator buy, beside `BESIDE` known-human ones."""

    machine: int
    width: float
    width_90: float


class LabelWidth(NamedTuple):
    """The width that a number of labels gives, for a generator seen as well as most.

    Attributes:
        labels: how many.
        alone: drawn at random, without a detector.
        random: drawn at random.
        active: drawn by the detector's doubt.
    """

    labels: int
    alone: float
    random: float
    active: float


class Prices(NamedTuple):
    """What one text or label costs, in any currency."""

    human: float = 0.0
    machine: float = 0.0
    label: float = 0.0


class Way(NamedTuple):
    """One way to the wanted width; with what it takes.

    Attributes:
        name: in words.
        human, machine, labels: texts and labels that it takes.
        reached: whether it gives the width; if not, the numbers are the most that was simulated.
        cost: at the prices given, else None.
    """

    name: str
    human: int
    machine: int
    labels: int
    reached: bool
    cost: float | None


@dataclass(frozen=True, kw_only=True, repr=False)
class Plan(Result):
    """How to reach an interval width.

    Attributes:
        width: the wanted width.
        share: the expected share.
        documents: in the corpus.
        level: of the interval.
        human: the smallest simulated reference whose mean width is at most `width`, or None when
            no reference alone gets there.
        machine: the same for texts of the suspected generator, beside `BESIDE` known-human ones.
        labels: audited labels that give the width, for a generator that the detector sees as
            well as most; (low, typical, high) over the library's clusters.
        labels_active: the same, drawn by the detector's doubt.
        labels_alone: labels needed without any detector.
        references: the table behind `human`.
        machines: the table behind `machine`.
        label_widths: the width by number of labels.
        ways: every way with what it takes, the cheapest first where there are prices.
        prices: as given, or None.
    """

    schema_version: ClassVar[int] = 1

    width: float
    share: float
    documents: int
    level: float
    human: int | None
    machine: int | None
    labels: tuple[int, int, int]
    labels_active: tuple[int, int, int]
    labels_alone: int
    references: tuple[ReferenceSize, ...]
    machines: tuple[MachineSize, ...]
    label_widths: tuple[LabelWidth, ...]
    ways: tuple[Way, ...]
    prices: Prices | None

    @property
    def cheapest(self) -> Way | None:
        """The way that reaches the width at the least cost; None without prices."""
        return next((way for way in self.ways if way.reached and way.cost is not None), None)


class _Wanted(NamedTuple):
    """What the plan is for."""

    width: float
    share: float
    documents: int
    level: float

    def labels(self, left: float) -> int:
        """Labels for the width: the normal approximation with finite-population correction.

        Source: Cochran (1977), §4.4, with the residual variance of the regression estimator.
        """
        unlimited = self._scale(left) / self.width**2
        return int(np.ceil(max(10.0, unlimited / (1 + unlimited / self.documents))))

    def width_of(self, labels: int, left: float) -> float:
        """The width that so many labels give: `labels` read the other way."""
        rest = max(0.0, 1 / labels - 1 / self.documents)
        return float(min(1.0, np.sqrt(self._scale(left) * rest)))

    def _scale(self, left: float) -> float:
        spread = max(self.share * (1 - self.share), 0.02) * left
        return float(4 * ndtri((1 + self.level) / 2) ** 2 * spread)


class _Left(NamedTuple):
    """The part of a label's variance that predictions leave, at random and by doubt."""

    random: float
    active: float


def plan(
    library: Sequence[Cluster],
    *,
    width: float,
    share: float = 0.25,
    documents: int = 1000,
    level: float = 0.95,
    prices: Prices | None = None,
    seed: int = 0,
    progress: Progress = quiet,
) -> Plan:
    """The references or labels that give an interval of `width`.

    Args:
        library: clusters of the detector to be used.
        width: wanted, high minus low, in (0, 1).
        share: expected, in [0, 1].
        documents: in the corpus.
        level: of the interval.
        prices: of one text or label; then the cheapest way comes first.
        seed: of the simulation.

    Raises:
        BadSetting: a setting outside its range.
        UnusableReference: the detector brings no library.
    """
    wanted = _required(_Wanted(width, share, documents, level), prices, library)
    chosen = _spread(library)
    progress.stage("simulating", (len(_SIZES) + len(_MACHINES)) * len(chosen))
    references, left = [], []
    for size in _SIZES:
        widths = []
        for trial in _trials(chosen, library, wanted, size, seed):
            posterior = _posterior(trial)
            widths.append(_width(posterior, wanted, size))
            left.append(_left(posterior, trial, level))
            progress.advance()
        references.append(ReferenceSize(size, *_summary(widths)))
    machines = []
    for size in _MACHINES:
        widths = []
        for one in _own_widths(chosen, library, wanted, size, seed):
            widths.append(one)
            progress.advance()
        machines.append(MachineSize(size, *_summary(widths)))
    by_lot, by_doubt = (
        [float(q) for q in np.quantile(column, [0.1, 0.5, 0.9])]
        for column in zip(*left, strict=True)
    )
    labels = _three(wanted, by_lot)
    active = _three(wanted, by_doubt)
    needs = _Needs(_first(references, width), _first(machines, width), labels[1], active[1])
    alone = wanted.labels(1.0)
    return Plan(
        width=width,
        share=share,
        documents=documents,
        level=level,
        human=needs.human,
        machine=needs.machine,
        labels=labels,
        labels_active=active,
        labels_alone=alone,
        references=tuple(references),
        machines=tuple(machines),
        label_widths=tuple(
            LabelWidth(n, *(wanted.width_of(n, part) for part in (1.0, by_lot[1], by_doubt[1])))
            for n in _LABELS
            if n <= documents
        ),
        ways=_ways(needs, alone, prices),
        prices=prices,
    )


def _required(wanted: _Wanted, prices: Prices | None, library: Sequence[Cluster]) -> _Wanted:
    if not 0 < wanted.width < 1:
        raise BadSetting(f"a wanted width lies between 0 and 1, got {wanted.width}")
    if not 0 <= wanted.share <= 1:
        raise BadSetting(f"an expected share lies between 0 and 1, got {wanted.share}")
    if not 0 < wanted.level < 1:
        raise BadSetting(f"a confidence level lies between 0 and 1, got {wanted.level}")
    if wanted.documents < 1:
        raise BadSetting(f"a corpus has at least one document, got {wanted.documents}")
    if prices is not None and not all(np.isfinite(p) and p >= 0 for p in prices):
        raise BadSetting(f"a price is a number from 0 on, got {', '.join(map(str, prices))}")
    if len(library) < 2:
        raise UnusableReference("this detector brings no library to plan with; use another one")
    return wanted


def _trials(
    chosen: Sequence[Cluster],
    library: Sequence[Cluster],
    wanted: _Wanted,
    human: int,
    seed: int,
) -> Iterator[Trial]:
    return draw_trials(
        chosen,
        shares=(wanted.share,),
        sizes=(wanted.documents,),
        references=human,
        repeats=1,
        seed=seed,
        library=lambda cluster, _: left_out(cluster, library) or list(library),
    )


def _posterior(trial: Trial, own: Sequence[Cluster] = ()) -> Posterior:
    prior = generator_prior(trial.library, own)
    return anchored_posterior(
        trial.scores, trial.human, prior, effective=EFFECTIVE, seed=trial.seed, draws=600
    )


def _width(posterior: Posterior, wanted: _Wanted, human: int) -> float:
    """As an assay shows it, if words and layout tell no more than for the hardest generators."""
    corpus = min(wanted.documents, SAMPLE)
    hidden = hidden_if(wanted.share, human, corpus, level=wanted.level)
    return posterior.opened(posterior.cautious(wanted.level), hidden).width


def _own_widths(
    chosen: Sequence[Cluster], library: Sequence[Cluster], wanted: _Wanted, size: int, seed: int
) -> Iterator[float]:
    """Widths with `size` texts of the corpus's own generator, on the very trials without them."""
    trials = _trials(chosen, library, wanted, BESIDE, seed)
    for cluster, trial in zip(chosen, trials, strict=True):
        rng = np.random.default_rng(trial.seed)
        own = Cluster("yours", "own", trial.human, rng.choice(cluster.machine, size))
        yield _width(_posterior(trial, [own]), wanted, BESIDE)


def _summary(widths: Sequence[float]) -> tuple[float, float]:
    return float(np.mean(widths)), float(np.quantile(widths, 0.9))


def _first(rows: Sequence[ReferenceSize] | Sequence[MachineSize], width: float) -> int | None:
    return next((row[0] for row in rows if row.width <= width), None)


def _three(wanted: _Wanted, left: Sequence[float]) -> tuple[int, int, int]:
    low, typical, high = (wanted.labels(part) for part in left)
    return low, typical, high


def _spread(library: Sequence[Cluster]) -> list[Cluster]:
    """At most `_CLUSTERS` clusters from the worst to the best seen."""
    ordered = sorted(library, key=lambda cluster: cluster.auc)
    take = np.unique(np.linspace(0, len(ordered) - 1, _CLUSTERS).round().astype(int))
    return [ordered[i] for i in take]


def _left(posterior: Posterior, trial: Trial, level: float) -> _Left:
    """What predictions leave of the variance of labels.

    By doubt, a label counts by the inverse of its chance, so each squared residual does.
    """
    predicted = posterior.of_documents(trial.scores)
    if predicted.std() < 1e-9 or trial.truth.std() < 1e-9:
        return _Left(1.0, 1.0)
    around = predicted - predicted.mean()
    label = trial.truth - trial.truth.mean()
    residual = (label - around * (around @ label) / (around @ around)) ** 2
    chance = chances(predicted, posterior.cautious(level))
    whole = float(label @ label)
    return _Left(float(residual.sum()) / whole, float((residual / chance).sum()) / whole)


class _Needs(NamedTuple):
    """What each way takes; None where none of the sizes is enough."""

    human: int | None
    machine: int | None
    labels: int
    active: int


def _ways(needs: _Needs, alone: int, prices: Prices | None) -> tuple[Way, ...]:
    human, machine = needs.human or _SIZES[-1], needs.machine or _MACHINES[-1]
    counted = [
        ("known-human texts", human, 0, 0, needs.human is not None),
        ("machine texts of your task as well", BESIDE, machine, 0, needs.machine is not None),
        ("labels drawn at random", BESIDE, 0, needs.labels, True),
        ("labels drawn by doubt", BESIDE, 0, needs.active, True),
        ("labels without a detector", 0, 0, alone, True),
    ]
    ways = [Way(*one, None if prices is None else _cost(prices, *one[1:4])) for one in counted]
    if prices is not None:
        ways.sort(key=lambda way: (not way.reached, way.cost))
    return tuple(ways)


def _cost(prices: Prices, human: int, machine: int, labels: int) -> float:
    return human * prices.human + machine * prices.machine + labels * prices.label
