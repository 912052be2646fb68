"""What real words cost a network, by how often they came in the real text that was learned from.

Tails vanish first: the loss on words that were rare rises before that on frequent ones. A word is
what `WORD` finds; its loss is the sum over its tokens, so that tokenizers compare.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from wellhead.recursion.data import Array
from wellhead.recursion.families.transformer.text import HeldOut
from wellhead.recursion.measure.symbols import COUNT_BINS

__all__ = ["BINS", "loss_by_count"]

BINS = ("unseen", "1_to_2", "3_to_9", "10_to_99", "100_and_more")


def loss_by_count(logs: Array, held_out: HeldOut, known: Counter[str]) -> dict[str, float]:
    """Mean loss per word in nats, for words of each bin of counts.

    Args:
        logs: log-probability of each token but the first of its block (blocks, length - 1).
        held_out: the text, with the word of each token.
        known: how often each word came in the real text that was learned from.
    """
    size = len(held_out.words)
    scored = held_out.word[:, 1:]
    inside = scored >= 0
    loss = np.bincount(scored[inside], -logs[inside], size)
    counts = np.array([known[word] for word in held_out.words])
    measured = np.bincount(scored[inside], minlength=size) > 0
    # Words of which a token was not scored, at the start of a block or cut off by its end.
    first = held_out.word[:, 0]
    measured[first[first >= 0]] = False
    found = {}
    for name, low, high in zip(BINS, COUNT_BINS[:-1], COUNT_BINS[1:], strict=True):
        chosen = measured & (counts >= low) & (counts < high)
        found[f"loss_{name}"] = float(loss[chosen].mean()) if chosen.any() else float("nan")
    return found
