"""Measures of word streams: variety, lost words, repetition, and what gave them away.

Everything is computed from word numbers; texts are only used for the compression ratio.
Perplexities of output are those of the
generation 0 model: they fall as models narrow, while the perplexity of real text rises.
"""

from __future__ import annotations

import zlib

import numpy as np

from wellhead.recursion.data import Array
from wellhead.recursion.families.documents import END
from wellhead.recursion.measure.symbols import survival_by_count, zipf_exponent

__all__ = [
    "BLOCK",
    "HISTOGRAM_EDGES",
    "compression",
    "distinct",
    "output_measures",
    "repetition",
    "text_measures",
]

BLOCK = 64  # words whose perplexity makes one entry of the histogram, as in Shumailov et al.
HISTOGRAM_EDGES = np.logspace(0, 5, 21)  # four bins per factor of ten
RARE = 2  # words seen at most so often in the original are its tail


def text_measures(words: Array, original: Array, vocabulary: int) -> dict[str, float]:
    """Variety of the training data `words` and what it kept of the `original` data.

    The distinct shares are those of the first words, as many as both have, because they fall with
    length alone.
    """
    counts = np.bincount(words, minlength=vocabulary).astype(float)
    before = np.bincount(original, minlength=vocabulary).astype(float)
    present, known = counts > 0, before > 0
    shares = counts[present] / counts.sum()
    length = min(len(words), len(original))
    rare = known & (before <= RARE)
    kept = survival_by_count(present[None], before)
    return {
        "vocabulary": present[known].mean(),
        **{name: values[0] for name, values in kept.items()},
        "entropy": -(shares * np.log(shares)).sum(),
        "zipf_exponent": zipf_exponent(counts[None] / counts.sum())[0],
        "tail_mass": counts[rare].sum() / counts.sum(),
        "distinct_1": distinct(words[:length], 1),
        "distinct_2": distinct(words[:length], 2),
        "distinct_4": distinct(words[:length], 4),
    }


def output_measures(log_probabilities: Array, words: Array, texts: list[str]) -> dict[str, float]:
    """Measures of a sample of the model's own output.

    Args:
        log_probabilities: of each word, under the model of generation 0.
        words: the word numbers.
        texts: the same as texts.
    """
    blocks = len(words) // BLOCK
    means = log_probabilities[: blocks * BLOCK].reshape(blocks, BLOCK).mean(axis=1)
    perplexities = np.exp(-means)
    clipped = np.clip(perplexities, HISTOGRAM_EDGES[0], HISTOGRAM_EDGES[-1] * (1 - 1e-9))
    shares = np.histogram(clipped, HISTOGRAM_EDGES)[0] / blocks
    return {
        "output_perplexity": float(np.exp(-log_probabilities.mean())),
        "output_perplexity_median": float(np.median(perplexities)),
        "repeated_4": repetition(words, 4),
        "compression": compression(texts),
        **{f"output_histogram_{bin:02d}": float(share) for bin, share in enumerate(shares)},
    }


def distinct(words: Array, length: int) -> float:
    """The share of n-grams of this length that are different from each other."""
    if len(words) < length:
        return float("nan")
    grams = np.lib.stride_tricks.sliding_window_view(words, length)
    if length == 1:
        return len(np.unique(grams)) / len(grams)
    # Numbers of shorter grams, extended word by word, so that any vocabulary fits.
    number = words.astype(np.int64)
    for step in range(1, length):
        pair = number[: len(words) - step] * (int(words.max()) + 1) + words[step:]
        number = np.unique(pair, return_inverse=True)[1]
    return (int(number.max()) + 1) / len(grams)


def repetition(words: Array, length: int) -> float:
    """The share of n-grams that already came in the same document."""
    ends = np.flatnonzero(words == END)
    again = total = 0
    for part in np.split(words, ends + 1):
        if len(part) >= length:
            grams = np.lib.stride_tricks.sliding_window_view(part, length)
            total += len(grams)
            again += len(grams) - len(np.unique(grams, axis=0))
    return again / total if total else float("nan")


def compression(texts: list[str]) -> float:
    """Bytes after compression for each byte before; falls as text repeats itself."""
    raw = "\n".join(texts).encode("utf-8")
    return len(zlib.compress(raw, 6)) / max(len(raw), 1)
