"""Which meanings of "model collapse" a run shows, each by a measure and with an interval.

Schaeffer et al. (2025, "Position: Model Collapse Does Not Mean What You Think") find eight
meanings in the literature, which contradict each other: a run can show one and not another. Each
is decided from paired comparisons within chains, between the first fit on real data and the
last generation; a verdict that the run cannot support is "not measurable", with what is missing.
Thresholds are ours and stated in each verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from wellhead.recursion.config import Plan
from wellhead.recursion.curves import median_interval
from wellhead.recursion.data import Array
from wellhead.recursion.measure.catalogue import measure_named

__all__ = ["MEANINGS", "Verdict", "verdicts"]

RISKS = (
    "perplexity",
    "excess_risk",
    "wasserstein2_squared",
    "kl_truth",
    "kl",
    "square_error",
    "kappa",
)
SPREADS = ("variance", "heterozygosity", "distinct_2", "latent_deviation", "entropy")
TAILS = ("survival_below_1", "survival_1_to_2", "tail_mass")
MODES = ("smallest_weight", "survival_100_and_more", "classes")
CATASTROPHE = 10.0  # times the risk of the first fit
HALF = 0.5
ENOUGH_GENERATIONS = 9
ENOUGH_SIZES = 3
FEW = 6  # chains; fewer give no interval of a median at 95 %


class Recorded(Protocol):
    """What verdicts need to know of a run."""

    @property
    def plan(self) -> Plan: ...

    @property
    def measures(self) -> list[str]: ...

    def rows(self, setting: str) -> pa.Table: ...


@dataclass(frozen=True)
class Verdict:
    """Whether one setting shows one meaning of collapse.

    Args:
        meaning: the meaning, in the words of the position paper.
        shown: True, False, or None where the run cannot tell.
        measure: what it was decided by; empty where it cannot be.
        low, value, high: the statistic that decided, with its 95 % interval.
        reason: the rule and the finding, in words.
    """

    meaning: str
    shown: bool | None
    measure: str
    low: float
    value: float
    high: float
    reason: str

    @property
    def word(self) -> str:
        """ "shown", "not shown" or "not measurable"."""
        return {True: "shown", False: "not shown", None: "not measurable"}[self.shown]


Judge = Callable[[Recorded, str], Verdict]


class _Paths(NamedTuple):
    """One measure of one setting: generations (g,) and values (chains, g)."""

    measure: str
    generations: Array
    values: Array


def verdicts(run: Recorded, setting: str) -> list[Verdict]:
    """The eight verdicts on one setting of a run.

    >>> from wellhead import collapse
    >>> found = collapse({"family": "gaussian", "regime": "replace", "size": 10, "generations": 30,
    ...                   "chains": 200})
    >>> [verdict.word for verdict in verdicts(found, "replace")][3]
    'shown'
    """
    if not len(run.rows(setting)):
        return [_unknown(name, "no repetition of this setting is finished.") for name in MEANINGS]
    return [decide(run, setting) for decide in MEANINGS.values()]


def _catastrophe(run: Recorded, setting: str) -> Verdict:
    paths = _paths(run, setting, RISKS)
    if paths is None:
        return _unknown("catastrophic", "no measure of risk was recorded.")
    ratio = _ratio(paths)
    rule = f"the risk of the last generation is {CATASTROPHE:g} times that of the first fit"
    return _decided("catastrophic", paths, ratio, ratio[0] >= CATASTROPHE, rule)


def _increase(run: Recorded, setting: str) -> Verdict:
    paths = _paths(run, setting, RISKS)
    if paths is None:
        return _unknown("increase", "no measure of risk was recorded.")
    ratio = _ratio(paths)
    rule = "the risk of the last generation is above that of the first fit"
    return _decided("increase", paths, ratio, ratio[0] > 1, rule)


def _divergence(run: Recorded, setting: str) -> Verdict:
    paths = _paths(run, setting, RISKS)
    if paths is None or len(paths.generations) < ENOUGH_GENERATIONS:
        return _unknown("divergence", f"needs a risk at {ENOUGH_GENERATIONS} generations or more.")
    third = len(paths.generations) // 3
    slopes = [
        (paths.values[:, b] - paths.values[:, a]) / (paths.generations[b] - paths.generations[a])
        for a, b in ((0, third), (-1 - third, -1))
    ]
    early = float(np.median(slopes[0]))
    share = _median(slopes[1] / early) if early > 0 else (-np.inf, -1.0, 0.0)
    rule = (
        "the risk still grows in the last third of the run at half the rate of the first third or "
        "more; a finite run can only be consistent with divergence"
    )
    return _decided("divergence", paths, share, share[0] >= HALF, rule)


def _halved(name: str, measures: tuple[str, ...], missing: str, rule: str) -> Judge:
    """Whether less than half is left of what the measures count."""

    def judge(run: Recorded, setting: str) -> Verdict:
        paths = _paths(run, setting, measures)
        if paths is None:
            return _unknown(name, missing)
        ratio = _ratio(paths)
        return _decided(name, paths, ratio, ratio[2] < HALF, rule)

    return judge


def _scaling(run: Recorded, setting: str) -> Verdict:
    same = _same_but_size(run, setting)
    sizes = sorted({size for size, _ in same})
    found = [(size, _paths(run, label, RISKS)) for size, label in same]
    known = [(size, paths) for size, paths in found if paths is not None]
    if len(sizes) < ENOUGH_SIZES or len(known) < ENOUGH_SIZES:
        return _unknown(
            "scaling", f"needs {ENOUGH_SIZES} sizes or more of the same setting in one run."
        )
    rng = np.random.default_rng(0)
    changes = [_slope_change(known, rng) for _ in range(400)]
    low, high = np.quantile(changes, [0.025, 0.975])
    value = _slope_change(known, None)
    rule = "the slope of log risk over log size differs between the last and the first fit"
    return _decided(
        "scaling", known[0][1], (float(low), value, float(high)), bool(low > 0 or high < 0), rule
    )


def _hallucination(run: Recorded, setting: str) -> Verdict:
    names = sorted(name for name in run.measures if name.startswith("output_histogram_"))
    if not names:
        return _unknown(
            "hallucination",
            "needs output judged by the model of generation 0 (text families); the other families "
            "cannot leave the range of the truth unseen.",
        )
    bins = [_paths(run, setting, (name,), positive=False) for name in names]
    known = [paths for paths in bins if paths is not None]
    if len(known) < len(names):
        return _unknown("hallucination", "needs two generations or more.")
    shares = np.stack([paths.values for paths in known], axis=-1)
    above = shares[:, 0].mean(axis=0)[::-1].cumsum()[::-1]
    edge = int(np.argmax(above <= 0.05))
    excess = _median(shares[:, -1, edge:].sum(axis=1) - shares[:, 0, edge:].sum(axis=1))
    rule = (
        "blocks of output that generation 0 finds stranger than 95 % of its own become more "
        "frequent by 5 points or more"
    )
    paths = known[0]._replace(measure="output_perplexity")
    return _decided("hallucination", paths, excess, excess[0] >= 0.05, rule)


MEANINGS: dict[str, Judge] = {
    "catastrophic": _catastrophe,
    "increase": _increase,
    "divergence": _divergence,
    "variance": _halved(
        "variance",
        SPREADS,
        "no measure of diversity was recorded.",
        "the typical chain keeps less than half of the diversity of its first fit",
    ),
    "scaling": _scaling,
    "modes": _halved(
        "modes",
        MODES,
        "needs a family with modes (mixture, symbols, text, images).",
        "modes of the real data lose half of their weight, or half of them vanish",
    ),
    "tails": _halved(
        "tails",
        TAILS,
        "no measure of tails was recorded.",
        "the typical chain keeps less than half of the tail that its first fit had",
    ),
    "hallucination": _hallucination,
}
TITLES = {
    "catastrophic": "catastrophic increase of population risk",
    "increase": "any increase of population risk",
    "divergence": "asymptotically diverging population risk",
    "variance": "collapsing variance",
    "scaling": "change in scaling law",
    "modes": "disappearance of real data modes",
    "tails": "disappearance of real tail data",
    "hallucination": "appearance of hallucinated data",
}


def _paths(
    run: Recorded, setting: str, names: tuple[str, ...], *, positive: bool = True
) -> _Paths | None:
    """The first of `names` that this setting recorded, from its first fit on.

    With `positive`, one that the first fit has none of does not count: nothing can be lost of it.
    """
    rows = run.rows(setting)
    order = [(key, "ascending") for key in ("repetition", "chain", "generation")]
    rows = rows.take(pc.sort_indices(rows, sort_keys=order))
    plan = next(each for each in run.plan.settings if each.label == setting)
    generations = np.unique(rows["generation"].to_numpy())
    first = 1 if plan.family.starts_from == "law" else 0
    for name in names:
        if name not in run.measures or not len(rows):
            continue
        values = rows[name].to_numpy().astype(float).reshape(-1, len(generations))
        usable = (generations >= first) & np.isfinite(values).all(axis=0)
        if usable.sum() >= 2 and (not positive or np.any(values[:, usable][:, 0] > 0)):
            return _Paths(name, generations[usable], values[:, usable])
    return None


def _ratio(paths: _Paths) -> tuple[float, float, float]:
    """Last over first, within chains."""
    first = paths.values[:, 0]
    return _median(paths.values[first > 0, -1] / first[first > 0])


def _median(values: Array) -> tuple[float, float, float]:
    """Median with its 95 % interval from order statistics; the range where there are few."""
    low, high = median_interval(values) if len(values) >= FEW else (values.min(), values.max())
    return float(low), float(np.median(values)), float(high)


def _same_but_size(run: Recorded, setting: str) -> list[tuple[int, str]]:
    """Sizes and labels of the settings that differ from this one in size alone."""

    def rest(table: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in table.items() if key not in ("label", "size")}

    mine = next(each for each in run.plan.settings if each.label == setting)
    alike = [each for each in run.plan.settings if rest(each.to_dict()) == rest(mine.to_dict())]
    return [(each.size, each.label) for each in alike if each.size is not None]


def _slope_change(known: list[tuple[int, _Paths]], rng: np.random.Generator | None) -> float:
    """How much the slope of log median risk over log size changes from first to last."""
    sizes = np.log([size for size, _ in known])
    slopes = []
    for column in (0, -1):
        medians = []
        for _, paths in known:
            values = paths.values[:, column]
            if rng is not None:
                values = rng.choice(values, len(values))
            medians.append(np.log(max(float(np.median(values)), 1e-300)))
        slopes.append(np.polyfit(sizes, medians, 1)[0])
    return float(slopes[1] - slopes[0])


def _decided(
    meaning: str, paths: _Paths, interval: tuple[float, float, float], shown: bool, rule: str
) -> Verdict:
    low, value, high = interval
    title = measure_named(paths.measure).title
    count = len(paths.values)
    reason = f"Shown when {rule}. By {title}, {count} chain{'s' if count > 1 else ''}."
    if count < FEW:
        reason += f" With fewer than {FEW} chains the interval is the range over them."
    return Verdict(TITLES[meaning], bool(shown), paths.measure, low, value, high, reason)


def _unknown(meaning: str, missing: str) -> Verdict:
    nan = float("nan")
    reason = f"Not measurable in this run: {missing}"
    return Verdict(TITLES[meaning], None, "", nan, nan, nan, reason)
