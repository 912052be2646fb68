"""The loop of `curate_loop` with small transformers in place of bigrams.

Blocks of 128 tokens of WikiText-2. In each of five generations a model writes a part of the next
training set, the rest is fresh real text; the set is assayed, curated, and the next model learns
from what is kept. Prints the loss on held-out real text, in nats per token, of the model of the
last generation; what it lost against nothing dropped with the same seed, with a 95 % interval
(Student's t over seeds); and the inflation of the error of the frequencies of common tokens in the
last training set, beside what the first plans foretold.

    python benchmarks/curate_loop_transformer.py [--share 0.5] [--seeds 3] [--json FILE]

Needs the extra ``lm``. Data: ``wikitext2/train.txt`` (WikiText-2, CC BY-SA), found through
WELLHEAD_DATA.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from _harness import benchmark_arguments, markdown_table, needed, save_json
from curate_loop import COMMON, GENERATIONS, WAYS, Told, course_of, mean_interval, planned
from wellhead._progress import progress
from wellhead.detect import train_detector
from wellhead.recursion.families.transformer.family import Transformer
from wellhead.recursion.family import Fitting
from wellhead.recursion.samplers import Unbiased

BLOCKS, REFERENCE, KNOWN = 400, 100, 300


class Laboratory:
    """Fits, writes and measures; knows the real blocks."""

    def __init__(self, seed: int) -> None:
        self.family = Transformer(
            corpus=str(needed("wikitext2", "train.txt")),
            characters=2_000_000,
            block=128,
            vocabulary=1024,
            epochs=4,
            reserve=0.6,
        )
        self.rng = np.random.default_rng(seed)
        text = self.family.real_text()
        self.training, self.reserve, self.held_out = text.training, text.reserve, text.held_out
        self._p = self._frequencies(self.reserve)

    def fit(self, blocks: Any) -> Any:
        return self.family.fit(blocks, Fitting(self.rng))

    def write(self, model: Any, size: int) -> Any:
        return self.family.sample(model, size, Unbiased(), self.rng)

    def loss(self, model: Any) -> float:
        return -float(self.family.log_likelihood(model, self.held_out.blocks).mean())

    def fresh(self, size: int) -> Any:
        return self.reserve.take(size, self.rng)

    def inflation(self, blocks: Any) -> float:
        """Error of the frequencies of common tokens, as a multiple of that of real blocks."""
        real = [self._error(self.fresh(blocks.size)) for _ in range(20)]
        return self._error(blocks) / float(np.mean(real))

    def _error(self, blocks: Any) -> float:
        common = self._p >= COMMON
        f, p = self._frequencies(blocks)[common], self._p[common]
        return float(((f - p) ** 2 / p).sum())

    def _frequencies(self, blocks: Any) -> np.ndarray:
        counts = np.bincount(np.asarray(blocks.tokens).ravel(), minlength=self.family.vocabulary)
        return counts / counts.sum()


class End(NamedTuple):
    """What a way came to."""

    kept: float
    left: float
    loss: float
    inflation: float
    foretold: Told


def course(laboratory: Laboratory, way: str, share: float, model: Any, detector: Any) -> End:
    """Generation after generation."""
    machines = round(share * BLOCKS)
    left, sizes, foretold = [], [], None
    for _ in range(GENERATIONS):
        real = laboratory.fresh(BLOCKS - machines + REFERENCE)
        reference = real.pick(np.arange(REFERENCE))
        mix = real.pick(np.arange(REFERENCE, real.size)).join(laboratory.write(model, machines))
        truth = np.repeat([False, True], [BLOCKS - machines, machines])
        texts, human = laboratory.family.texts(mix), laboratory.family.texts(reference)
        plan, drawn = planned(texts, human, way, detector, laboratory.rng)
        foretold = foretold or course_of(plan, way)[-1]
        kept = np.flatnonzero({"nothing": ~truth | truth, "oracle": ~truth}.get(way, drawn))
        training = mix.pick(kept)
        model = laboratory.fit(training)
        left.append(float(truth[kept].mean()))
        sizes.append(kept.size)
    return End(
        float(np.mean(sizes)),
        float(np.mean(left)),
        laboratory.loss(model),
        laboratory.inflation(training),
        foretold,
    )


def told(values: Sequence[float]) -> str:
    """A mean with its 95 % interval, where there are several values."""
    low, mean, high = mean_interval(values)
    return f"{mean:.3f} ({low:.3f} to {high:.3f})" if len(values) > 1 else f"{mean:.3f}"


def report(ends: dict[str, list[End]]) -> str:
    """The table of the documentation."""
    lines = []
    for way, mine in ends.items():
        low, point, high = np.mean([one.foretold for one in mine], axis=0)
        paid = [one.loss - base.loss for one, base in zip(mine, ends["nothing"], strict=True)]
        lines.append(
            (
                way,
                f"{np.mean([one.kept for one in mine]):.0f}",
                f"{np.mean([one.left for one in mine]):.2f}",
                f"{np.mean([one.loss for one in mine]):.3f}",
                "–" if way == "nothing" else told(paid),
                told([one.inflation for one in mine]),
                f"{point:.2f} ({low:.2f} to {high:.2f})",
            )
        )
    heads = (
        "way",
        ">blocks kept",
        ">machine share left",
        ">loss at 5",
        ">against nothing dropped",
        ">inflation at 5",
        ">forecast",
    )
    return markdown_table(heads, lines)


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    ends: dict[str, list[End]] = {way: [] for way in WAYS}
    with progress("generations", total=len(WAYS) * arguments.seeds) as bar:
        for seed in range(arguments.seeds):
            laboratory = Laboratory(seed)
            first = laboratory.fit(laboratory.training.first(BLOCKS))
            known = laboratory.family.texts(laboratory.fresh(KNOWN))
            written = laboratory.family.texts(laboratory.write(first, KNOWN))
            detector = train_detector(human=known, machine=[written])
            for way in WAYS:
                ends[way].append(course(laboratory, way, arguments.share, first, detector))
                save_json(arguments.json, ends)
                bar.advance()
    print(f"Machine share of every mix {arguments.share:g}; {arguments.seeds} seeds\n")
    print(report(ends))


if __name__ == "__main__":
    main()
