"""How far may a generator stand out, what do documents weigh? Chosen on half of the clusters.

In: the library of whatever detector is installed. Out: the constants of the anchored interval that
the rule below chooses on one half of the clusters, what they do on the other half, and whether they
are to replace those before. The halves are whole groups of related domains
(`assay_coverage.chosen_on`), the corpora those of `assay_coverage.py`; in each trial the library is
without the corpus's own domains and makers, whichever half they are in.

The rule, fixed before anything was measured. On the half to choose on, take the narrowest mean
interval among the constants with which

1. the interval covers 95 % of the corpora whose generator the check of detectability finds visible,
2. and 95 % of the human corpora of all clusters,
3. and no visible cluster is covered in less than 75 %, or, if with those before one is, none less
   often than that one.

It replaces those before only if on the other half the interval covers 95 % again and is narrower.
Without a reference there is one constant, the weight of the documents, and the same rule. The
at-least bound depends on none of them; how often it holds is shown beside.

One run of the sampler serves the whole grid: its draws come from a prior half with the constants
before and half as wide as the grid, and count by the ratio of the two densities (importance
sampling). Then the sampler itself, with as many draws as an assay takes, tries the settings that
the rule allows, the narrowest first, until one keeps it.

Run: ``python benchmarks/assay_constants.py [--markdown FILE]``, twenty minutes of processor time.
Everything it needs is in the package.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path
from time import monotonic
from typing import NamedTuple, TypeVar

import numpy as np
from scipy.special import ndtr

from _harness import benchmark_arguments, markdown_table, save_json
from assay_coverage import chosen_on, each_cluster, trials_of
from wellhead._stats import Interval, highest_density
from wellhead.detect import Cluster, load_scorer
from wellhead.prevalence.checks import FAINT
from wellhead.prevalence.conformal import p_values
from wellhead.prevalence.estimate import EFFECTIVE, EFFECTIVE_UNANCHORED, clear_part
from wellhead.prevalence.evaluation import Trial
from wellhead.prevalence.library import (
    ALIKE,
    LEAST,
    MOST,
    SCALE,
    GeneratorPrior,
    generator_prior,
    library_of,
)
from wellhead.prevalence.lower_bound import at_least
from wellhead.prevalence.mixture import anchored_posterior, binned, gap_counts, shares_given
from wellhead.prevalence.no_reference import cluster_random_share
from wellhead.prevalence.smc import Draws, posterior_draws

S = TypeVar("S")
T = TypeVar("T")
LEVEL = 0.95
WORST = 0.75
TRIED = 6


class Constants(NamedTuple):
    """One point of the grid; see `wellhead.prevalence.library` and `estimate`."""

    least: float
    most: float
    scale: float
    alike: float
    effective: float

    def of(self, prior: GeneratorPrior) -> GeneratorPrior:
        """The prior with these constants, if the detector can see the generator."""
        same = np.ones(len(prior.names))
        return replace(
            prior,
            least=self.least * same,
            most=self.most * same,
            scale=self.scale * same,
            alike=self.alike * same,
            unseen=None,
        )

    def log_density(self, made: Made) -> np.ndarray:
        """Of what was drawn, under the prior with these constants; shape (draws,)."""
        inside = (made.stands >= np.log(self.least) - 1e-9) & (made.alike <= self.alike + 1e-9)
        inside &= made.stands <= np.log(self.most) + 1e-9
        size = np.log(self.most / self.least) * self.alike * self.scale
        return np.where(inside, -0.5 * (made.wider / self.scale) ** 2 - np.log(size), -np.inf)


class Made(NamedTuple):
    """Generators that were drawn, each of shape (draws,).

    Attributes:
        stands: logarithm of how far the median stands out.
        wider: logarithm of how much wider the scores spread.
        alike: part of the texts that score like people's.
    """

    stands: np.ndarray
    wider: np.ndarray
    alike: np.ndarray

    @classmethod
    def of(cls, prior: GeneratorPrior, found: Draws) -> Made:
        factors, which = found.theta[:, 1:4], found.cluster
        return cls(
            np.log(prior.separation(which, factors)),
            factors[:, 1] * prior.scale[which],
            prior.alike[which] * ndtr(factors[:, 2]),
        )


INSTALLED = Constants(LEAST, MOST, SCALE, ALIKE, EFFECTIVE)
# Chosen with the detectors up to revision ab900bc15034; what a choice has to beat.
BEFORE = Constants(0.8, 4.0, 0.1, 0.05, 450.0)
# Few values each, around those before.
VALUES = {
    "least": (0.6, 0.8, 1.0),
    "most": (3.0, 4.0, 5.0, 6.0),
    "scale": (0.05, 0.1, 0.2),
    "alike": (0.02, 0.05, 0.1),
    "effective": (300.0, 450.0, 700.0),
}
GRID = [
    Constants(*one)
    for one in product(
        *(sorted({*VALUES[name], now}) for name, now in BEFORE._asdict().items()),
    )
]
WIDEST = Constants(
    min(one.least for one in GRID), *(max(column) for column in list(zip(*GRID, strict=True))[1:])
)
UNANCHORED = sorted({10.0, 20.0, 40.0, EFFECTIVE_UNANCHORED})


class Task(NamedTuple):
    """What every stage works on.

    Attributes:
        clusters: the whole library.
        draws: of the sampler, for each corpus.
        repeats: corpora for each share and size.
        seed: of all draws.
        visible: clusters whose generator can be seen; of the others only human corpora count.
    """

    clusters: list[Cluster]
    draws: int
    repeats: int
    seed: int
    visible: frozenset[str] = frozenset()

    def trials(self, name: str) -> list[Trial]:
        every = trials_of(name, self.clusters, self.repeats, self.seed)
        return [trial for trial in every if name in self.visible or trial.share == 0]


class Measured(NamedTuple):
    """Intervals, each of shape (corpora, settings), with the truth of each corpus."""

    cluster: np.ndarray
    share: np.ndarray
    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, trials: Sequence[Trial], intervals: Sequence[Sequence[Interval]]) -> Measured:
        return cls(
            np.array([trial.cluster for trial in trials]),
            np.array([trial.share for trial in trials]),
            np.array([[one.low for one in row] for row in intervals]),
            np.array([[one.high for one in row] for row in intervals]),
        )

    @classmethod
    def joined(cls, parts: Iterable[Measured]) -> Measured:
        return cls(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def inside(self, names: Iterable[str]) -> Measured:
        """The corpora of these clusters."""
        rows = np.isin(self.cluster, list(names))
        return Measured(*(column[rows] for column in self))

    def held(self, visible: frozenset[str], setting: int = 0) -> Held:
        low, high = self.low[:, setting], self.high[:, setting]
        holds = (low - 1e-9 <= self.share) & (self.share <= high + 1e-9)
        seen = np.isin(self.cluster, list(visible))
        each = {name: holds[self.cluster == name].mean() for name in np.unique(self.cluster[seen])}
        worst = min(each, key=lambda name: each[name])
        return Held(
            holds[seen].mean(),
            holds[self.share == 0].mean(),
            each[worst],
            (high - low)[seen].mean(),
            (high - low)[self.share == 0].mean(),
            str(worst),
        )


class Held(NamedTuple):
    """What one setting does on one half.

    Attributes:
        coverage, width: over the corpora of visible clusters.
        human, human_width: over human corpora of all clusters.
        lowest, worst: coverage of the visible cluster that is covered least often, and its name.
    """

    coverage: float
    human: float
    lowest: float
    width: float
    human_width: float
    worst: str

    def keeps(self, now: Held) -> bool:
        """Whether the rule allows it, `now` being what those before do on the same corpora."""
        least = min(WORST, now.lowest)
        return bool(min(self.coverage, self.human) >= LEVEL and self.lowest >= least - 1e-9)


class Checked(NamedTuple):
    """A cluster as the check of detectability and the estimates without the constants see it.

    Attributes:
        visible: its generator stands out at a share of one half, mostly.
        bound: the at-least bound, as an interval up to 1.
        free: without a reference, a column for each of `UNANCHORED`.
    """

    visible: bool
    bound: Measured
    free: Measured


def main() -> None:
    arguments = _arguments()
    clusters = list(library_of(load_scorer(arguments.detector)))
    if len(clusters) < 2:
        sys.exit(f"detector '{arguments.detector}' brings no library of clusters")
    task = Task(clusters, arguments.draws, arguments.repeats, arguments.seed)
    run = partial(_run, processes=arguments.processes, begun=monotonic())
    names = [cluster.name for cluster in clusters]
    half = chosen_on(clusters)
    ours, others = ([n for n in names if (n in half) == chosen] for chosen in (True, False))

    print(__doc__[__doc__.index("The rule") : __doc__.index("One run")], flush=True)
    checked = run("what can be seen", _checked, task, names)
    seen = frozenset(n for n, one in zip(names, checked, strict=True) if one.visible)
    task = task._replace(visible=seen)
    bound, free = (
        Measured.joined(getattr(one, part) for one in checked) for part in ("bound", "free")
    )
    grid = Measured.joined(run(f"{len(GRID)} settings", _grid, task, ours))
    tried = _tried(partial(run, task=task, names=ours), grid, seen)
    choice = _narrowest({one: made.held(seen) for one, made in tried.items()}, BEFORE)
    left = {
        one: Measured.joined(run(f"other half, {_short(one)}", _sampler(one), task, others))
        for one in dict.fromkeys([BEFORE, choice])
    }
    found = Found(seen, half, grid, tried, choice, left, bound, free)
    report = _report(found, clusters)
    print(report)
    if arguments.markdown:
        arguments.markdown.write_text(report + "\n", encoding="utf-8")
    save_json(arguments.json, _record(found))


def _run(
    what: str,
    work: Callable[[Task, str], T],
    task: Task,
    names: list[str],
    *,
    processes: int,
    begun: float,
) -> list[T]:
    """The answers of `work` for each cluster; says when it begins."""
    print(f"{monotonic() - begun:5.0f} s  {what}", file=sys.stderr, flush=True)
    return each_cluster(partial(work, task), names, processes)


def _checked(task: Task, name: str) -> Checked:
    trials = list(trials_of(name, task.clusters, task.repeats, task.seed))
    bounds = [Interval(at_least(t.scores, t.human, seed=t.seed), 0, 1) for t in trials]
    prior = BEFORE.of(generator_prior(trials[0].library))
    stands, clear = [], []
    for trial, bound in zip(trials, bounds, strict=True):
        if trial.share == 0.5:
            share = _interval(trial, prior, task.draws, BEFORE.effective)
            part = clear_part(p_values(trial.scores, trial.human), share.point)
            stands.append(bound.low > 0)
            clear.append(part >= FAINT)
    free = [
        [cluster_random_share(t.scores, t.library, effective=size) for size in UNANCHORED]
        for t in trials
    ]
    return Checked(
        visible=bool(min(np.mean(stands), np.mean(clear)) > 0.5),
        bound=Measured.of(trials, [[one] for one in bounds]),
        free=Measured.of(trials, free),
    )


def _interval(trial: Trial, prior: GeneratorPrior, draws: int, effective: float) -> Interval:
    return anchored_posterior(
        trial.scores, trial.human, prior, effective=effective, seed=trial.seed, draws=draws
    ).interval(LEVEL)


def _sampler(constants: Constants) -> Callable[[Task, str], Measured]:
    return partial(_sampled, constants)


def _sampled(constants: Constants, task: Task, name: str) -> Measured:
    """What an assay's own sampler makes of the corpora of one cluster."""
    trials = task.trials(name)
    prior = constants.of(generator_prior(trials[0].library))
    return Measured.of(
        trials, [[_interval(t, prior, task.draws, constants.effective)] for t in trials]
    )


def _grid(task: Task, name: str) -> Measured:
    trials = task.trials(name)
    prior = generator_prior(trials[0].library)
    two = _mixed(prior)
    return Measured.of(trials, [_reweighted(trial, two, task.draws // 2) for trial in trials])


def _mixed(prior: GeneratorPrior) -> GeneratorPrior:
    """Half the prior before, half the widest of the grid."""
    ours = [BEFORE.of(prior), WIDEST.of(prior)]
    return replace(
        prior,
        names=prior.names * 2,
        human=prior.human * 2,
        machine=prior.machine * 2,
        weights=np.tile(prior.weights / 2, 2),
        unseen=None,
        **{
            name: np.concatenate([getattr(one, name) for one in ours])
            for name in ("least", "most", "scale", "alike")
        },
    )


def _reweighted(trial: Trial, prior: GeneratorPrior, draws: int) -> list[Interval]:
    """The interval under each setting of the grid, from one run for each weight of the data."""
    anchors = np.sort(trial.human)
    gaps = gap_counts(trial.scores, anchors)
    shapes = list(dict.fromkeys(one._replace(effective=0.0) for one in GRID))
    intervals: dict[Constants, Interval] = {}
    for counted in sorted({min(one.effective, gaps.sum()) for one in GRID}):
        _, counts, spacings = binned(gaps, anchors, counted)
        rng = np.random.default_rng(trial.seed)
        found, _ = posterior_draws(counts, spacings, prior, draws=draws, rng=rng)
        weights = _weights(Made.of(prior, found), shapes)
        mass = weights @ shares_given(counts, found)
        for one, row in zip(shapes, mass, strict=True):
            intervals[one._replace(effective=counted)] = highest_density(row, LEVEL)
    return [intervals[one._replace(effective=min(one.effective, gaps.sum()))] for one in GRID]


def _weights(made: Made, settings: Sequence[Constants]) -> np.ndarray:
    """What each draw counts under each setting; shape (settings, draws), rows add up to one."""
    drawn = np.logaddexp(BEFORE.log_density(made), WIDEST.log_density(made)) - np.log(2)
    weights = np.exp([one.log_density(made) - drawn for one in settings])
    return np.asarray(weights / np.maximum(weights.sum(axis=1, keepdims=True), 1e-300))


def _tried(
    run: Callable[..., list[Measured]], grid: Measured, seen: frozenset[str]
) -> dict[Constants, Measured]:
    """The constants before and those the grid allows, narrowest first, until one keeps the rule."""
    held = {one: grid.held(seen, at) for at, one in enumerate(GRID)}
    allowed = [one for one in GRID if held[one].keeps(held[BEFORE])]
    tried = {BEFORE: Measured.joined(run(f"by the sampler: {_short(BEFORE)}", _sampler(BEFORE)))}
    now = tried[BEFORE].held(seen)
    for one in sorted(allowed, key=lambda one: held[one].width)[:TRIED]:
        if one not in tried:
            tried[one] = Measured.joined(run(f"by the sampler: {_short(one)}", _sampler(one)))
        if tried[one].held(seen).keeps(now):
            break
    return tried


def _narrowest(held: dict[S, Held], now: S) -> S:
    """The choice; `now` where nothing keeps the rule."""
    kept = [one for one in held if held[one].keeps(held[now])]
    return min(kept or [now], key=lambda one: held[one].width)


class Found(NamedTuple):
    """All that was measured.

    Attributes:
        seen: clusters whose generator can be seen.
        half: clusters on which was chosen.
        grid: on that half, by importance sampling.
        tried: on that half, by the sampler.
        choice: what the rule takes.
        left: on the other half, by the sampler.
        bound, free: as in `Checked`, for all clusters.
    """

    seen: frozenset[str]
    half: set[str]
    grid: Measured
    tried: dict[Constants, Measured]
    choice: Constants
    left: dict[Constants, Measured]
    bound: Measured
    free: Measured


def _report(found: Found, clusters: list[Cluster]) -> str:
    seen, half = found.seen, found.half
    held = {one: found.grid.held(seen, at) for at, one in enumerate(GRID)}
    allowed = sorted(
        (one for one in GRID if held[one].keeps(held[BEFORE])), key=lambda one: held[one].width
    )
    lines = [
        f"{len(half)} clusters to choose on ({len(seen & half)} visible), of "
        f"{_domains(clusters, half)}; {len(clusters) - len(half)} to report on "
        f"({len(seen - half)} visible).",
        "",
        f"{len(GRID)} settings, of which the rule allows {len(allowed)}: "
        f"{'; '.join(f'{name} {_values(name)}' for name in BEFORE._fields)}. "
        "Those before and the six narrowest, on the half to choose on, by importance sampling:",
        "",
        _table({one: held[one] for one in dict.fromkeys([BEFORE, *allowed[:TRIED]])}),
        "",
        "The same half by the sampler itself:",
        "",
        _table({one: made.held(seen) for one, made in found.tried.items()}),
        "",
        "The other half, by the sampler:",
        "",
        _table({one: made.held(seen) for one, made in found.left.items()}),
        "",
        _verdict(found),
        "",
        _without_reference(found),
    ]
    return "\n".join(lines)


def _domains(clusters: list[Cluster], half: set[str]) -> str:
    return ", ".join(sorted({one.domain_group or one.kind for one in clusters if one.name in half}))


def _values(name: str) -> str:
    return ", ".join(f"{value:g}" for value in sorted({getattr(one, name) for one in GRID}))


def _short(one: Constants) -> str:
    return f"{one.least:g} to {one.most:g}, {one.scale:g}, {one.alike:g}, {one.effective:g}"


_HEADS = ("coverage", "human corpora", "lowest", ">width", ">width, human")


def _table(held: dict[Constants, Held]) -> str:
    heads = ("stands out", "spread", "like people", "documents", *_HEADS, "lowest cluster")
    return markdown_table(heads, [(*_short(one).split(", "), *_cells(held[one])) for one in held])


def _cells(held: Held) -> list[str]:
    return [*(f"{value:.3f}" for value in held[:5]), held.worst]


def _verdict(found: Found) -> str:
    now, new = (found.left[one].held(found.seen) for one in (BEFORE, found.choice))
    if found.choice == BEFORE:
        return "The rule takes the constants before."
    better = min(new.coverage, new.human) >= LEVEL and new.width < now.width
    return (
        f"The rule takes {_short(found.choice)}. On the other half this covers "
        f"{100 * new.coverage:.1f} %, with intervals {100 * (1 - new.width / now.width):.1f} % "
        f"narrower than before: {'it replaces them' if better else 'those before stay'}. "
        f"The package has {_short(INSTALLED)}."
    )


def _without_reference(found: Found) -> str:
    """The table of the estimates that no constant of the grid moves."""
    lines = []
    halves = {"chosen on": True, "others": False}
    for name, chosen in halves.items():
        some = [one for one in np.unique(found.bound.cluster) if (one in found.half) == chosen]
        for what, measured, at in (
            ("at least", found.bound, 0),
            *((f"no reference, {size:g}", found.free, at) for at, size in enumerate(UNANCHORED)),
        ):
            held = measured.inside(some).held(found.seen, at)
            lines.append((what, name, *_cells(held)))
    chosen_half = found.free.inside(found.half)
    held_by = {size: chosen_half.held(found.seen, at) for at, size in enumerate(UNANCHORED)}
    size = _narrowest(held_by, EFFECTIVE_UNANCHORED)
    return (
        markdown_table(("estimate", "clusters", *_HEADS, "lowest cluster"), lines)
        + f"\n\nWithout a reference the rule takes {size:g} documents "
        f"(the package: {EFFECTIVE_UNANCHORED:g})."
    )


def _record(found: Found) -> dict[str, object]:
    return {
        "visible": sorted(found.seen),
        "chosen_on": sorted(found.half),
        "choice": found.choice._asdict(),
        "grid": [
            {**one._asdict(), **found.grid.held(found.seen, at)._asdict()}
            for at, one in enumerate(GRID)
        ],
        "tried": [
            {**one._asdict(), **made.held(found.seen)._asdict()}
            for one, made in found.tried.items()
        ],
        "other_half": [
            {**one._asdict(), **made.held(found.seen)._asdict()} for one, made in found.left.items()
        ],
    }


def _arguments() -> argparse.Namespace:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--detector", default="general")
    parser.add_argument("--draws", type=int, default=2000, help="of the sampler, for each corpus")
    parser.add_argument("--repeats", type=int, default=1, help="corpora for each share and size")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--markdown", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
