"""Which curation helps a model that is trained on its own output, and does the forecast hold?

WikiText-2 in rows of 128 words. In each of five generations a bigram model writes a part of the
next training set, the rest is fresh real text; the set is assayed (100 known-human rows, a detector
trained on what the first model wrote), curated, and the next model learns from what is kept:
nothing dropped, each policy, or an oracle that drops exactly what models wrote.

Error is that of the frequencies of common words, sum of (f - p)^2 / p with p from the whole text,
as a multiple of the same for as many fresh real rows: what the forecast calls inflation. Prints it
after the last generation beside the forecast of the first plan, and whether the plans' intervals
held the machine share left.

    python benchmarks/curate_loop.py [--seeds 3] [--share 0.5] [--json FILE]

Data: ``wikitext2/train.txt`` (WikiText-2, CC BY-SA), found through WELLHEAD_DATA.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

import wellhead
from _harness import benchmark_arguments, markdown_table, needed, save_json
from bigram_words import LENGTH, Bigram
from wellhead._progress import progress
from wellhead.curation.evidence import read_assay
from wellhead.curation.policies import POLICIES
from wellhead.detect import train_detector
from wellhead.errors import WellheadError

ROWS, REFERENCE, GENERATIONS = 400, 100, 5
COMMON = 2e-4
DIALS = {"weight": 1.0, "fdr": 0.2, "budget": 0.5}
WAYS = ("nothing", *DIALS, "oracle")


class Step(NamedTuple):
    """One generation of one way."""

    way: str
    seed: int
    generation: int
    inflation: float
    left: float
    told: tuple[float, float]
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
    steps = []
    for generation in range(1, GENERATIONS + 1):
        machines = round(share * ROWS)
        fresh = rng.choice(len(pool), ROWS - machines + REFERENCE, replace=False)
        reference, real = pool[fresh[:REFERENCE]], pool[fresh[REFERENCE:]]
        rows = np.concatenate([real, Bigram(training).write(machines, rng)])
        truth = np.repeat([False, True], [len(real), machines])
        kept, told = _kept(world, rows, truth, reference, way, detector, rng)
        training = rows[kept]
        steps.append(
            Step(
                way,
                seed,
                generation,
                world.error(training) / world.base(len(training), rng),
                float(truth[kept].mean()),
                told,
                len(training),
                np.unique(training).size / first,
            )
        )
    return steps


def _kept(
    world: World,
    rows: np.ndarray,
    truth: np.ndarray,
    reference: np.ndarray,
    way: str,
    detector: Any,
    rng: np.random.Generator,
) -> tuple[np.ndarray, tuple[float, float]]:
    """The rows that the next model learns from, and the machine share that the plan told."""
    if way in ("nothing", "oracle"):
        kept = np.flatnonzero(~truth if way == "oracle" else np.ones(len(rows), bool))
        return kept, (float("nan"), float("nan"))
    try:
        assay = wellhead.assay(world.texts(rows), human=world.texts(reference), detector=detector)
        plan = wellhead.curate(
            world.texts(rows), assay=assay, policy=way, dial=DIALS[way], generations=GENERATIONS
        )
    except WellheadError:  # no share, no curation
        return np.arange(len(rows)), (0.0, 1.0)
    evidence = read_assay(assay)
    weights = POLICIES[way]().weights(evidence, DIALS[way], evidence.share.point)
    return np.flatnonzero(rng.random(len(rows)) < weights), plan.chosen.machine[:3:2]


def foretold(share: float, told: tuple[float, float], way: str) -> tuple[float, float]:
    """The forecast's inflation after the last generation, from the machine share of a plan."""
    low, high = told if way in DIALS else ((0.0, 0.0) if way == "oracle" else (share, share))
    real = (1 - high, 1 - (low + high) / 2, 1 - low)
    found = wellhead.forecast(
        regime="fresh-real", real_share=real, generations=GENERATIONS
    ).inflation.last
    return found.low, found.high


def report(steps: list[Step], share: float) -> str:
    """The table of the documentation."""
    lines = []
    for way in WAYS:
        mine = [one for one in steps if one.way == way]
        last = [one for one in mine if one.generation == GENERATIONS]
        first = next(one for one in mine if one.generation == 1)
        low, high = foretold(share, first.told, way)
        told = [one for one in mine if not np.isnan(one.told[0])]
        held = np.mean([one.told[0] <= one.left <= one.told[1] for one in told]) if told else None
        values = [one.inflation for one in last]
        lines.append(
            (
                way,
                f"{np.mean([one.kept for one in mine]):.0f}",
                f"{np.mean([one.left for one in mine]):.3f}",
                "–" if held is None else f"{held:.2f}",
                f"{np.mean(values):.2f} ({min(values):.2f} to {max(values):.2f})",
                f"{low:.2f} to {high:.2f}",
                f"{np.mean([one.words for one in last]):.2f}",
            )
        )
    heads = (
        "way",
        ">rows kept",
        ">machine share left",
        ">plan holds it",
        ">inflation at 5",
        ">foretold",
        ">words left at 5",
    )
    return markdown_table(heads, lines)


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--share", type=float, default=0.5)
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
    print(report(steps, arguments.share))
    save_json(arguments.json, steps)


if __name__ == "__main__":
    main()
