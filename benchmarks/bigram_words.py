"""The words that a bigram model trained on its own output loses, against what counts foretell.

A word-level bigram model (0.7 bigram, 0.3 unigram) is trained on WikiText-2, writes as many
words as it read, and is trained again, ten times, under each regime. Nothing is smoothed towards
words for merely existing: that would keep rare words alive which sampling loses. Prints the share
of the original vocabulary in each generation's training text beside the forecast made from the
counts of the first text alone, and writes both as JSON.

    python benchmarks/bigram_words.py [--seeds 3] [--generations 10] [--json FILE]

Data: ``wikitext2/train.txt`` (WikiText-2, CC BY-SA), found through WELLHEAD_DATA or
../shared/data.
"""

from __future__ import annotations

import numpy as np

from _harness import benchmark_arguments, needed, save_json
from wellhead.recursion.forecast import forecast, of_counts

LENGTH = 128
BIGRAM = 0.7
SHARE = 0.1
REGIMES = ("replace", "fresh-real", "fixed-original", "accumulate-subsample")


class Bigram:
    """A text as rows of words, read as a bigram model: sampling copies what followed a word."""

    def __init__(self, text: np.ndarray) -> None:
        self.words = text.ravel()
        before, self.after = text[:, :-1].ravel(), text[:, 1:].ravel()
        order = np.argsort(before, kind="stable")
        self.after = self.after[order]
        ranks = np.arange(self.words.max() + 2)
        self.start = np.searchsorted(before[order], ranks)

    def write(self, rows: int, rng: np.random.Generator) -> np.ndarray:
        """`rows` new rows, all of them a word further at each step."""
        text = np.empty((rows, LENGTH), dtype=self.words.dtype)
        text[:, 0] = rng.choice(self.words, rows)
        for i in range(1, LENGTH):
            last = text[:, i - 1]
            first, followers = self.start[last], self.start[last + 1] - self.start[last]
            at = first + (rng.random(rows) * followers).astype(np.int64)
            chosen = self.after[np.minimum(at, len(self.after) - 1)]
            copied = (rng.random(rows) < BIGRAM) & (followers > 0)
            text[:, i] = np.where(copied, chosen, rng.choice(self.words, rows))
        return text


def course(text: np.ndarray, regime: str, generations: int, seed: int) -> list[float]:
    """The share of the original vocabulary in the training text of each generation."""
    rng = np.random.default_rng([seed, REGIMES.index(regime)])
    rows, types = len(text), len(np.unique(text))
    real = round(SHARE * rows) if regime in ("fresh-real", "fixed-original") else 0
    kept, training, pool, left = text[rng.permutation(rows)[:real]], text, text, [1.0]
    for _ in range(generations):
        new = Bigram(training).write(rows - real, rng)
        if regime == "fresh-real":
            kept = text[rng.permutation(rows)[:real]]
        training = np.concatenate([kept, new])
        if regime == "accumulate-subsample":
            pool = np.concatenate([pool, new])
            training = pool[rng.permutation(len(pool))[:rows]]
        left.append(len(np.unique(training)) / types)
    return left


def wikitext() -> np.ndarray:
    """WikiText-2 as rows of `LENGTH` word numbers."""
    text = needed("wikitext2", "train.txt")
    _, numbers = np.unique(text.read_text(encoding="utf-8").split(), return_inverse=True)
    return numbers[: len(numbers) // LENGTH * LENGTH].reshape(-1, LENGTH).astype(np.int32)


def main() -> None:
    parser = benchmark_arguments(__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--generations", type=int, default=10)
    options = parser.parse_args()
    text = wikitext()
    _, counts = np.unique(text, return_counts=True)
    words = of_counts(counts.tolist())
    print(f"WikiText-2: {words.tokens:,} words, {words.types:,} distinct; {options.seeds} seeds")
    record = []
    for regime in REGIMES:
        share = SHARE if regime in ("fresh-real", "fixed-original") else None
        told = forecast(
            counts=words, regime=regime, real_share=share, generations=options.generations
        ).vocabulary
        assert told is not None
        foretold = [one.words.point for one in told.generations]
        runs = np.array(
            [course(text, regime, options.generations, seed) for seed in range(options.seeds)]
        )
        record.append({"regime": regime, "foretold": foretold, "runs": runs.tolist()})
        for name, values in (("foretold", foretold), ("bigram model", runs.mean(axis=0))):
            shown = "  ".join(f"{k}: {values[k]:.3f}" for k in (1, 2, 3, 5, options.generations))
            print(f"{regime:22}{name:14}{shown}")
    save_json(options.json, {"types": words.types, "rows": record})


if __name__ == "__main__":
    main()
