"""What is measured of one generation of language models.

On held-out real text: perplexity per token, bits per byte, loss by word frequency. On the
training data: what it kept of the real words, its real share, and how much of it counts. On the
model's own output: perplexity under generation 0 with its histogram, variety, invented words,
repetition, copying.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wellhead.recursion.data import Array
from wellhead.recursion.families.documents import END
from wellhead.recursion.families.transformer.blocks import Blocks
from wellhead.recursion.families.transformer.memorization import longest_shared
from wellhead.recursion.families.transformer.readable import Lexicon, word_counts
from wellhead.recursion.families.transformer.text import HeldOut
from wellhead.recursion.families.transformer.tokens import Tokens
from wellhead.recursion.families.transformer.wordloss import loss_by_count
from wellhead.recursion.measure.text import (
    HISTOGRAM_EDGES,
    compression,
    distinct,
    repetition,
    text_measures,
)

__all__ = ["COPIED", "of_output", "of_real_text", "of_training", "vanished_words"]

COPIED = 0.5  # a block is copied when so much of it stands in one piece in the real text
NAMED = 200  # vanished words that are kept by name


def of_real_text(
    logs: Array, held_out: HeldOut, original: Blocks, tokens: Tokens
) -> dict[str, float]:
    """Measures on held-out real text.

    Args:
        logs: log-probabilities of its tokens (blocks, length - 1).
        held_out: the text.
        original: the real blocks of the first fit.
        tokens: the tokenizer.
    """
    loss = -float(logs.mean())
    known = word_counts(tokens.decode(original.tokens))
    return {
        "perplexity": math.exp(loss),
        "loss": loss,
        "bits_per_byte": loss / math.log(2) / held_out.bytes_per_token,
        **loss_by_count(logs, held_out, known),
    }


def of_training(training: Blocks, original: Blocks, tokens: Tokens) -> dict[str, float]:
    """Measures of what the generation was trained on."""
    texts = tokens.decode(original.tokens)
    lexicon = Lexicon(word_counts(texts))
    before = lexicon.numbers(texts)
    now = lexicon.numbers(tokens.decode(training.tokens))
    counted = text_measures(now[now != END], before[before != END], lexicon.size)
    return counted | {
        "real_share": training.real_share,
        "effective_size": training.effective / original.effective,
        "training_tokens": float(training.tokens.size),
    }


def vanished_words(training: Blocks, original: Blocks, tokens: Tokens) -> dict[str, Any]:
    """Words of the original that are in none of the training data, the most frequent first.

    Returns:
        ``of`` and ``lost``, distinct words of the original and those that are gone; ``words``, up
        to `NAMED` of these, each with its number of occurrences in the original.
    """
    before = word_counts(tokens.decode(original.tokens))
    now = word_counts(tokens.decode(training.tokens))
    gone = [(word, count) for word, count in before.most_common() if word not in now]
    return {"of": len(before), "lost": len(gone), "words": gone[:NAMED]}


def of_output(output: Blocks, logs: Array, original: Blocks, tokens: Tokens) -> dict[str, float]:
    """Measures of a sample of what the model writes.

    Args:
        output: the sample.
        logs: its log-probabilities under the model of generation 0 (blocks, length - 1).
        original: the real blocks of the first fit.
        tokens: the tokenizer.
    """
    texts = tokens.decode(output.tokens)
    lexicon = Lexicon(word_counts(tokens.decode(original.tokens)))
    words = lexicon.numbers(texts)
    running = words[words != END]
    shared = longest_shared(output.tokens, original.tokens)
    per_block = np.exp(-logs.mean(axis=1))
    return {
        "output_perplexity": float(np.exp(-logs.mean())),
        "output_perplexity_median": float(np.median(per_block)),
        **_histogram(per_block),
        "output_distinct_2": distinct(running, 2),
        "output_distinct_4": distinct(running, 4),
        "new_words": lexicon.new_share(words),
        "repeated_4": repetition(words, 4),
        "compression": compression(texts),
        "copied_median": float(np.median(shared)),
        "copied_longest": float(shared.max()),
        "copied_blocks": float((shared >= COPIED * output.tokens.shape[1]).mean()),
    }


def _histogram(perplexities: Array) -> dict[str, float]:
    clipped = np.clip(perplexities, HISTOGRAM_EDGES[0], HISTOGRAM_EDGES[-1] * (1 - 1e-9))
    shares = np.histogram(clipped, HISTOGRAM_EDGES)[0] / len(perplexities)
    return {f"output_histogram_{bin:02d}": float(share) for bin, share in enumerate(shares)}
