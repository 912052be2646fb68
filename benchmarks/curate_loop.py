"""Which curation helps a model that is trained on its own output, and does the forecast hold?

WikiText-2 in rows of 128 words. In each of five generations a bigram model writes a part of the
next training set, the rest is fresh real text; the set is assayed (100 known-human rows, a detector
trained on what the first model wrote), curated, and the next model learns from what is kept:
nothing dropped, each policy, or an oracle that drops exactly what models wrote.

Error is that of the frequencies of common words, sum of (f - p)^2 / p with p from the whole text,
as a multiple of the same for as many fresh real rows: what the forecast calls inflation. Prints
its mean after the last generation with a 95 % interval (Student's t over seeds), beside the mean
of what the first plans foretold, and whether the plans' intervals held the machine share left.
`--figure` draws both, generation by generation.

    python benchmarks/curate_loop.py [--seeds 3] [--share 0.5] [--json FILE] [--figure FILE]

Data: ``wikitext2/train.txt`` (WikiText-2, CC BY-SA), found through WELLHEAD_DATA.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import t

import wellhead
from _harness import benchmark_arguments, markdown_table, needed, save_figure, save_json
from bigram_words import LENGTH, Bigram
from wellhead._progress import progress
from wellhead.curation.evidence import read_assay
from wellhead.curation.policies import POLICIES
from wellhead.curation.result import CurationPlan
from wellhead.detect import train_detector
from wellhead.errors import WellheadError
from wellhead.report.svg import Axis, Line, Panel, Panels

ROWS, REFERENCE, GENERATIONS = 400, 100, 5
COMMON = 2e-4
DIALS = {"weight": 1.0, "fdr": 0.2, "budget": 0.5}
WAYS = ("nothing", *DIALS, "oracle")
NAMES = {
    "nothing": "nothing dropped",
    "weight": "weight, by draws",
    "fdr": "fdr 20 %",
    "budget": "budget, half",
    "oracle": "oracle",
}


Told = tuple[float, float, float]


class Step(NamedTuple):
    """One generation of one way; `told` and `foretold` are low, point and high."""

    way: str
    seed: int
    generation: int
    inflation: float
    foretold: Told
    left: float
    told: Told
    kept: int
    words: float


class World:
    """The real text, its words, and how far frequencies are from it."""

    def __init__(self) -> None:
        text = needed("wikitext2", "train.txt").read_text(encoding="utf-8").split()
        self.words, numbers = np.unique(text, return_inverse=True)
        self.rows = numbers[: len(numbers) // LENGTH * LENGTH].reshape(-1, LENGTH).astype(np.int32)
        self._p = np.bincount(self.rows.ravel(), minlength=self.words.size) / self.rows.size
        self._common = self._p >= COMMON

    def texts(self, rows: np.ndarray) -> list[str]:
        return [" ".join(self.words[row]) for row in rows]

    def error(self, rows: np.ndarray) -> float:
        """Of the frequencies of common words."""
        f = np.bincount(rows.ravel(), minlength=self.words.size) / rows.size
        p = self._p[self._common]
        return float(((f[self._common] - p) ** 2 / p).sum())

    def base(self, rows: int, rng: np.random.Generator) -> float:
        """The same for fresh real rows, on average."""
        chosen = [rng.choice(len(self.rows), rows, replace=False) for _ in range(20)]
        return float(np.mean([self.error(self.rows[one]) for one in chosen]))


def run(world: World, way: str, seed: int, share: float, detector: Any, taken: int) -> list[Step]:
    """Five generations of one way."""
    rng = np.random.default_rng([seed, WAYS.index(way)])
    pool = world.rows[taken:]
    training = pool[rng.choice(len(pool), ROWS, replace=False)]
    first = np.unique(training).size
    steps: list[Step] = []
    foretold: list[Told] = []
    for generation in range(1, GENERATIONS + 1):
        machines = round(share * ROWS)
        fresh = rng.choice(len(pool), ROWS - machines + REFERENCE, replace=False)
        reference, real = pool[fresh[:REFERENCE]], pool[fresh[REFERENCE:]]
        rows = np.concatenate([real, Bigram(training).write(machines, rng)])
        truth = np.repeat([False, True], [len(real), machines])
        texts, human = world.texts(rows), world.texts(reference)
        plan, drawn = planned(texts, human, way, detector, rng)
        foretold = foretold or course_of(plan, way)
        kept = np.flatnonzero({"nothing": ~truth | truth, "oracle": ~truth}.get(way, drawn))
        training = rows[kept]
        steps.append(
            Step(
                way,
                seed,
                generation,
                world.error(training) / world.base(len(training), rng),
                foretold[generation - 1],
                float(truth[kept].mean()),
                plan.chosen.machine[:3] if plan else (0.0, 0.5, 1.0),
                len(training),
                np.unique(training).size / first,
            )
        )
    return steps


def planned(
    texts: list[str], human: list[str], way: str, detector: Any, rng: np.random.Generator
) -> tuple[CurationPlan | None, np.ndarray]:
    """The plan for a training set, and which texts it keeps, by draws; all where no share is told.

    Doing nothing and the oracle plan by ``fdr``: what is foretold of them does not depend on it.
    """
    policy = way if way in DIALS else "fdr"
    try:
        assay = wellhead.assay(texts, human=human, detector=detector)
        plan = wellhead.curate(
            texts, assay=assay, policy=policy, dial=DIALS[policy], generations=GENERATIONS
        )
    except WellheadError:
        return None, np.ones(len(texts), bool)
    evidence = read_assay(assay)
    weights = POLICIES[policy]().weights(evidence, DIALS[policy], evidence.share.point)
    return plan, rng.random(len(texts)) < weights


def course_of(plan: CurationPlan | None, way: str) -> list[Told]:
    """The inflation that a plan foretells of a way, by generation."""
    named = {"nothing": "do nothing", "oracle": "an oracle"}.get(way, "this plan")
    looks = plan.outlooks if plan else ()
    real = next((one.real for one in looks if one.name == named), (0.0, 0.5, 1.0))
    found = wellhead.forecast(
        regime="fresh-real", real_share=tuple(real[:3]), generations=GENERATIONS
    )
    return [one.inflation[:3] for one in found.inflation.generations]


def mean_interval(values: Sequence[float]) -> Told:
    """A mean with its 95 % interval; Student's t."""
    mean, half = float(np.mean(values)), 0.0
    if len(values) > 1:
        half = float(t.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / len(values) ** 0.5)
    return mean - half, mean, mean + half


def observed(steps: list[Step], generation: int) -> Told:
    """The mean inflation of a generation, with its interval."""
    return mean_interval([one.inflation for one in steps if one.generation == generation])


def mean_foretold(steps: list[Step], generation: int) -> Told:
    """The ends and points of the plans' forecasts, each on average."""
    told = [one.foretold for one in steps if one.generation == generation]
    low, point, high = np.mean(told, axis=0)
    return float(low), float(point), float(high)


def report(steps: list[Step]) -> str:
    """The table of the documentation."""
    lines = []
    for way in WAYS:
        mine = [one for one in steps if one.way == way]
        low, mean, high = observed(mine, GENERATIONS)
        told = mean_foretold(mine, GENERATIONS)
        held = np.mean([one.told[0] <= one.left <= one.told[2] for one in mine])
        words = [one.words for one in mine if one.generation == GENERATIONS]
        lines.append(
            (
                way,
                f"{np.mean([one.kept for one in mine]):.0f}",
                f"{np.mean([one.left for one in mine]):.2f}",
                f"{held:.2f}" if way in DIALS else "–",
                f"{mean:.2f} ({low:.2f} to {high:.2f})",
                f"{told[1]:.2f} ({told[0]:.2f} to {told[2]:.2f})",
                "yes" if told[0] <= high and low <= told[2] else "no",
                f"{np.mean(words):.2f}",
            )
        )
    heads = (
        "way",
        ">rows kept",
        ">machine share left",
        ">plan holds it",
        ">inflation at 5",
        ">forecast",
        "they meet",
        ">words left at 5",
    )
    return markdown_table(heads, lines)


def figure(steps: list[Step]) -> Panels:
    """Observed and foretold inflation, a panel for each way."""
    at = list(range(1, GENERATIONS + 1))
    panels = []
    for way in WAYS:
        mine = [one for one in steps if one.way == way]
        curves = {
            "observed, mean and its 95 % interval": [observed(mine, g) for g in at],
            "forecast by the first plan": [mean_foretold(mine, g) for g in at],
        }
        lines = []
        for name, told in curves.items():
            low, mean, high = zip(*told, strict=True)
            lines.append(Line(name, at, mean, low, high))
        panels.append(Panel(NAMES[way], lines, 1.0))
    seeds = len({one.seed for one in steps})
    return Panels(
        "Inflation of error over five generations, by what is kept",
        "Observed inflation stays inside what the plans foretell.",
        panels,
        Axis("generation", whole=True),
        Axis("inflation of error"),
        level="real text alone",
        n=f"{seeds} seeds",
    )


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--figure", type=Path, help="draw it here, as SVG")
    arguments = parser.parse_args()
    world = World()
    rng = np.random.default_rng(0)
    taken = 1200  # rows that the detector learns from stay out of every mix
    world.rows = world.rows[rng.permutation(len(world.rows))]
    known = world.rows[: taken // 2], world.rows[taken // 2 : taken]
    written = Bigram(known[0]).write(taken // 2, rng)
    detector = train_detector(human=world.texts(known[1]), machine=[world.texts(written)])
    steps: list[Step] = []
    with progress("generations", total=len(WAYS) * arguments.seeds) as bar:
        for seed in range(arguments.seeds):
            for way in WAYS:
                steps += run(world, way, seed, arguments.share, detector, taken)
                bar.advance()
    print(f"Machine share of every mix {arguments.share:g}; {arguments.seeds} seeds\n")
    print(report(steps))
    save_json(arguments.json, steps)
    save_figure(arguments.figure, figure(steps))


if __name__ == "__main__":
    main()
