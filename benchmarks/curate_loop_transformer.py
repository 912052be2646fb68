"""The loop of `curate_loop` with small transformers in place of bigrams.

Blocks of 128 tokens of WikiText-2. In each of five generations a model writes a part of the next
training set, the rest is fresh real text; the set is assayed, curated, and the next model learns
from what is kept. Prints the loss on held-out real text, in nats per token, of the model of the
last generation, and of one that learned from as many fresh real blocks.

    python benchmarks/curate_loop_transformer.py [--share 0.5] [--seed 0] [--json FILE]

Needs the extra ``lm``. Data: ``wikitext2/train.txt`` (WikiText-2, CC BY-SA), found through
WELLHEAD_DATA.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import wellhead
from _harness import benchmark_arguments, markdown_table, needed, save_json
from curate_loop import DIALS, GENERATIONS, WAYS
from wellhead.curation.evidence import read_assay
from wellhead.curation.policies import POLICIES
from wellhead.detect import train_detector
from wellhead.errors import WellheadError
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

    def fit(self, blocks: Any) -> Any:
        return self.family.fit(blocks, Fitting(self.rng))

    def write(self, model: Any, size: int) -> Any:
        return self.family.sample(model, size, Unbiased(), self.rng)

    def loss(self, model: Any) -> float:
        return -float(self.family.log_likelihood(model, self.held_out.blocks).mean())

    def fresh(self, size: int) -> Any:
        return self.reserve.take(size, self.rng)


def course(laboratory: Laboratory, way: str, share: float, model: Any, detector: Any) -> Any:
    """Generation after generation; what the last training set was like, and its model."""
    machines = round(share * BLOCKS)
    left = []
    for _ in range(GENERATIONS):
        real = laboratory.fresh(BLOCKS - machines + REFERENCE)
        reference = real.pick(np.arange(REFERENCE))
        mix = real.pick(np.arange(REFERENCE, real.size)).join(laboratory.write(model, machines))
        truth = np.repeat([False, True], [BLOCKS - machines, machines])
        kept = _kept(laboratory, mix, reference, truth, way, detector)
        model = laboratory.fit(mix.pick(kept))
        left.append((float(truth[kept].mean()), kept.size))
    return model, left


def _kept(
    laboratory: Laboratory, mix: Any, reference: Any, truth: np.ndarray, way: str, detector: Any
) -> np.ndarray:
    if way in ("nothing", "oracle"):
        return np.flatnonzero(~truth if way == "oracle" else np.ones(truth.size, bool))
    texts = laboratory.family.texts(mix)
    try:
        human = laboratory.family.texts(reference)
        evidence = read_assay(wellhead.assay(texts, human=human, detector=detector))
    except WellheadError:  # no share, no curation
        return np.arange(truth.size)
    weights = POLICIES[way]().weights(evidence, DIALS[way], evidence.share.point)
    return np.flatnonzero(laboratory.rng.random(truth.size) < weights)


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--share", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    laboratory = Laboratory(arguments.seed)
    first = laboratory.fit(laboratory.training.first(BLOCKS))
    known = laboratory.family.texts(laboratory.fresh(KNOWN))
    written = laboratory.family.texts(laboratory.write(first, KNOWN))
    detector = train_detector(human=known, machine=[written])
    lines, record = [], {}
    for way in WAYS:
        model, left = course(laboratory, way, arguments.share, first, detector)
        sizes = int(np.mean([size for _, size in left]))
        beside = laboratory.loss(laboratory.fit(laboratory.fresh(left[-1][1])))
        loss = laboratory.loss(model)
        share = float(np.mean([one for one, _ in left]))
        lines.append((way, sizes, f"{share:.3f}", f"{loss:.3f}", f"{beside:.3f}"))
        record[way] = {"kept": sizes, "machine": share, "loss": loss, "real": beside}
        print(lines[-1], flush=True)
    heads = ("way", ">blocks kept", ">machine share left", ">loss at 5", ">as many real blocks")
    print(f"\n{markdown_table(heads, lines)}")
    save_json(arguments.json, record)


if __name__ == "__main__":
    main()
