"""Counts of hashed n-grams in plain numpy: what the compiled columns are held to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from wellhead.detect.hashing import ALPHABETIC, BITS, COLUMNS, Occurrences
from wellhead.detect.linear import LinearModel
from wellhead.detect.rhythm import measures_of
from wellhead.detect.trees import Trees
from wellhead.detect.words import FUNCTION_WORDS

CHARACTER_RUNS = (3, 4, 5)
WORD_RUNS = (1, 2, 3)
SKELETON_RUNS = (1, 2, 3, 4)
_ENDING = 3

_BASE = np.uint64(0x9E3779B97F4A7C15)
# Inverse of _BASE modulo 2^64, so that the hash of a stretch of text does not depend on where the
# stretch begins.
_INVERSE = np.uint64(pow(int(_BASE), -1, 1 << 64))
_SEPARATOR = "\n"


def scores(model: LinearModel, texts: Sequence[str]) -> NDArray[np.float64]:
    """The score of each normalised text: sums over its counts, and what its trees add.

    Measures of rhythm are the product's own here: `literal_rhythm` says what they are, and cannot
    say it to the last bit.
    """
    sums = model.score_counts(count(texts, model.script))
    if not len(model.trees):
        return sums
    rows = measures_of(texts)
    return sums + [grown(model.trees, row) for row in rows]


def grown(trees: Trees, row: NDArray[np.float32]) -> float:
    """What trees add for a text with these measures, walked one by one."""
    total = 0.0
    inner = trees.leaves - 1
    for tree in range(len(trees)):
        at = 0
        while at < inner:
            node = tree * inner + at
            at = 2 * at + (2 if row[trees.feature[node]] > trees.threshold[node] else 1)
        total += float(trees.leaf[tree * trees.leaves + at - inner])
    return total


def count(texts: Sequence[str], script: str = ALPHABETIC) -> csr_matrix:
    """How often each text has each n-gram: float32 counts of shape ``(len(texts), COLUMNS)``."""
    found = occurrences(texts, script)
    # Half as many bytes are sorted in half the time.
    kind: Any = np.uint32 if len(texts) * COLUMNS < 1 << 32 else np.int64
    key: NDArray[Any] = found.row.astype(kind) * kind(COLUMNS) + found.column.astype(kind)
    key, counts = np.unique(key, return_counts=True)
    row, column = np.divmod(key, COLUMNS)
    start = np.searchsorted(row, np.arange(len(texts) + 1))
    return csr_matrix(
        (counts.astype(np.float32), column.astype(np.int32), start), shape=(len(texts), COLUMNS)
    )


def occurrences(texts: Sequence[str], script: str = ALPHABETIC) -> Occurrences:
    """Every n-gram of every text, with its place; rows in no particular order within a text."""
    batch = _Batch(texts, script)
    parts = [*_characters(batch), *_tokens(batch)]
    begin = np.concatenate([part[0] for part in parts])
    column = np.concatenate([part[1] for part in parts])
    row = batch.row[begin]
    return Occurrences(row, column, (begin - batch.start[row]).astype(np.int32))


class _Batch:
    """All texts as one array of characters, with hashes of its prefixes."""

    def __init__(self, texts: Sequence[str], script: str = ALPHABETIC) -> None:
        cleaned = [text.replace(_SEPARATOR, " ") for text in texts]
        joined = _SEPARATOR + "".join(
            _lowered(_narrow(text, script)) + _SEPARATOR for text in cleaned
        )
        codes = np.frombuffer(joined.encode("utf-32-le", "replace"), dtype="<u4")
        lengths = np.array([len(text) for text in cleaned], dtype=np.int64)
        self.start = 1 + np.concatenate([[0], np.cumsum(lengths + 1)[:-1]]).astype(np.int64)
        self.row = np.repeat(
            np.arange(-1, len(texts), dtype=np.int32), np.concatenate([[1], lengths + 1])
        )
        self.kind = _kinds(codes, script)
        codes = np.where(self.kind == _DIGIT, np.uint32(ord("0")), codes)
        self.kind = np.where(self.kind == _DIGIT, _LETTER, self.kind)
        self.text_breaks = codes == ord(_SEPARATOR)
        self.prefix = np.zeros(len(codes) + 1, dtype=np.uint64)
        np.cumsum(codes * _powers(_BASE, len(codes)), out=self.prefix[1:])

    def hashes(self, begin: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.uint64]:
        """A hash of each stretch of characters ``[begin, end)``."""
        stretch = self.prefix[end] - self.prefix[begin]
        return _mixed(stretch * _powers(_INVERSE, len(self.kind))[begin])


def _lowered(text: str) -> str:
    """Lower case, one character for each ('İ'.lower() has two; a final sigma is as any other)."""
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


_SPACE, _LETTER, _DIGIT, _SIGN = range(4)


@cache
def _kind_table() -> NDArray[np.int8]:
    table = np.full(0x110000, _LETTER, dtype=np.int8)
    for code in range(0x3000):
        character = chr(code)
        if character.isspace():
            table[code] = _SPACE
        elif character.isdigit():
            table[code] = _DIGIT
        elif not character.isalpha():
            table[code] = _SIGN
    table[0x1F000:0x20000] = _SIGN
    return table


def _narrow(text: str, script: str) -> str:
    """Full-width ASCII and both ideographic stops as half-width signs, in ideographic script."""
    if script == ALPHABETIC:
        return text
    return "".join(
        "." if one in "。｡" else chr(ord(one) - 0xFEE0) if "！" <= one <= "～" else one
        for one in text
    )


def _stands_alone(code: int) -> bool:
    """Han, kana, their signs, full-width and half-width forms."""
    return (
        0x2E80 <= code < 0x3130
        or 0x31A0 <= code < 0xA000
        or 0xF900 <= code < 0xFB00
        or 0xFF00 <= code < 0xFFF0
        or 0x20000 <= code < 0x40000
    ) and code != 0x3000


def _kinds(codes: NDArray[np.uint32], script: str) -> NDArray[np.int8]:
    """Space, letter, digit or sign; an apostrophe between letters is a letter ("don't")."""
    kinds = _kind_table()[codes]
    if script != ALPHABETIC:
        kinds[[_stands_alone(code) for code in codes.tolist()]] = _SIGN
    inside = np.zeros(len(codes), dtype=bool)
    inside[1:-1] = (codes[1:-1] == ord("'")) & (kinds[:-2] == _LETTER) & (kinds[2:] == _LETTER)
    kinds[inside] = _LETTER
    return kinds


def _characters(batch: _Batch) -> list[tuple[NDArray[np.int64], NDArray[np.int32]]]:
    size = len(batch.kind)
    breaks = np.concatenate([[0], np.cumsum(batch.text_breaks)])
    found = []
    for length in CHARACTER_RUNS:
        begin = np.arange(max(size - length + 1, 0), dtype=np.int64)
        begin = begin[breaks[begin + length] == breaks[begin]]
        found.append((begin, _column(batch.hashes(begin, begin + length), 0, length)))
    return found


def _tokens(batch: _Batch) -> list[tuple[NDArray[np.int64], NDArray[np.int32]]]:
    kind = batch.kind
    word = kind == _LETTER
    first = (kind == _SIGN) | (word & ~np.concatenate([[False], word[:-1]]))
    last = (kind == _SIGN) | (word & ~np.concatenate([word[1:], [False]]))
    begin, end = np.flatnonzero(first), np.flatnonzero(last) + 1
    whole = batch.hashes(begin, end)
    ending = batch.hashes(np.maximum(begin, end - _ENDING), end)
    kept = np.isin(whole, _function_hashes()) | (kind[begin] == _SIGN)
    skeleton = np.where(kept, whole, _mixed(ending + np.uint64(1)))
    row = batch.row[begin]
    return [
        *_runs(begin, row, whole, 1, WORD_RUNS),
        *_runs(begin, row, skeleton, 2, SKELETON_RUNS),
    ]


def _runs(
    begin: NDArray[np.int64],
    row: NDArray[np.int32],
    token: NDArray[np.uint64],
    block: int,
    lengths: tuple[int, ...],
) -> list[tuple[NDArray[np.int64], NDArray[np.int32]]]:
    """Runs of tokens that stay inside one text."""
    found = []
    for length in lengths:
        size = max(len(token) - length + 1, 0)
        run = token[:size]
        for step in range(1, length):
            run = _mixed(run * _BASE + token[step : step + size])
        inside = row[:size] == row[length - 1 : length - 1 + size]
        found.append((begin[:size][inside], _column(run[inside], block, length)))
    return found


@cache
def _function_hashes() -> NDArray[np.uint64]:
    joined = _SEPARATOR.join(FUNCTION_WORDS)
    batch = _Batch([joined.replace(_SEPARATOR, " ")])
    begin = np.cumsum([1] + [len(word) + 1 for word in FUNCTION_WORDS[:-1]])
    return batch.hashes(begin, begin + np.array([len(word) for word in FUNCTION_WORDS]))


def _column(hashed: NDArray[np.uint64], block: int, length: int) -> NDArray[np.int32]:
    top = _mixed(hashed + np.uint64(length)) >> np.uint64(64 - BITS)
    return (top.astype(np.int32) + (block << BITS)).astype(np.int32)


def _powers(base: np.uint64, size: int) -> NDArray[np.uint64]:
    powers = np.full(size, base, dtype=np.uint64)
    powers[:1] = 1
    return np.cumprod(powers, dtype=np.uint64)


def _mixed(value: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finaliser: every bit of the result depends on every bit of `value`."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))
