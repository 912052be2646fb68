"""Columns of n-grams and scores of a batch of texts, compiled by numba.

Everything that is compiled stands in this one file, and what it needs comes in as an argument:
numba keeps compiled code on disk by the stamp of the file in which a function stands, so code
spread over several files could go stale. `tests/detect/literal.py` says the same in plain numpy,
and the tests hold the two to each other. Hashes are unsigned 64-bit integers throughout; narrower
ones are widened before they are multiplied, since numba widens mixtures behind one's back.
"""

# Array types are numba's business here.
# mypy: disable-error-code="no-untyped-def, assignment"
# mypy: disallow-untyped-decorators=false

from __future__ import annotations

from collections.abc import Callable
from math import sqrt
from typing import Any

import numpy as np
from numba import njit

__all__ = ["occurrences_of", "score_batch"]


def _compiled(function: Callable[..., Any]) -> Any:
    """`function`, compiled at its first call; kept on disk where there is a folder to write to."""
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:  # no such folder
        return njit(nogil=True)(function)


_BASE = np.uint64(0x9E3779B97F4A7C15)
_SQUARE = np.uint64(pow(int(_BASE), 2, 1 << 64))
_CUBE = np.uint64(pow(int(_BASE), 3, 1 << 64))
_FOURTH = np.uint64(pow(int(_BASE), 4, 1 << 64))
_TOP = np.uint64(44)
_BITS = 20
_SPACE, _LETTER, _DIGIT, _SIGN = 0, 1, 2, 3
_RUNS = 10  # at most so many n-grams begin at one character


@_compiled
def _mixed(value):
    """SplitMix64's finaliser: every bit of the result depends on every bit of `value`."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@_compiled
def _column(hashed, block, length):
    return np.int64(_mixed(hashed + np.uint64(length)) >> _TOP) + (block << _BITS)


@_compiled
def _is_letter(codes, at, kinds):
    """Letters, figures, and an apostrophe between letters ("don't")."""
    code = codes[at]
    kind = kinds[code]
    if _LETTER <= kind <= _DIGIT:
        return True
    if code != 39:
        return False
    return kinds[codes[at - 1]] == _LETTER and kinds[codes[at + 1]] == _LETTER


@_compiled
def _columns(codes, start, stop, kinds, function_words, low, characters, column, place):
    """Columns of all n-grams of one text, and where each begins; returns how many.

    Runs of characters are left out without `characters`, places with an empty `place`.
    """
    placed = place.shape[0] > 0
    size = stop - start
    for at in range(size):
        code = codes[start + at]
        low[at] = np.uint64(48 if kinds[code] == _DIGIT else code)
    made = 0
    for at in range(size - 2 if characters else 0):
        key = low[at] + low[at + 1] * _BASE + low[at + 2] * _SQUARE
        column[made] = _column(_mixed(key), 0, 3)
        if at + 4 < size:
            key += low[at + 3] * _CUBE
            column[made + 1] = _column(_mixed(key), 0, 4)
            key += low[at + 4] * _FOURTH
            column[made + 2] = _column(_mixed(key), 0, 5)
            if placed:
                place[made] = place[made + 1] = place[made + 2] = at
            made += 3
        else:
            if placed:
                place[made] = place[made + 1] = at
            made += 1
            if at + 3 < size:
                column[made] = _column(_mixed(key + low[at + 3] * _CUBE), 0, 4)
                made += 1
    word1 = word2 = word3 = skeleton1 = skeleton2 = skeleton3 = skeleton4 = np.uint64(0)
    place1 = place2 = place3 = place4 = 0
    tokens = at = 0
    while at < size:
        if kinds[codes[start + at]] == _SPACE:
            at += 1
            continue
        begin = at
        sign = not _is_letter(codes, start + at, kinds)
        key, power = np.uint64(0), np.uint64(1)
        while at < size and (at == begin or not sign):
            if at > begin and not _is_letter(codes, start + at, kinds):
                break
            key += low[at] * power
            power *= _BASE
            at += 1
        word3, word2, word1 = word2, word1, _mixed(key)
        skeleton = word1
        if not sign and not _holds(function_words, word1):
            first = max(begin, at - 3)
            key, power = np.uint64(0), np.uint64(1)
            for step in range(first, at):
                key += low[step] * power
                power *= _BASE
            skeleton = _mixed(_mixed(key) + np.uint64(1))
        skeleton4, skeleton3, skeleton2, skeleton1 = skeleton3, skeleton2, skeleton1, skeleton
        place4, place3, place2, place1 = place3, place2, place1, begin
        tokens += 1
        column[made], column[made + 1] = _column(word1, 1, 1), _column(skeleton1, 2, 1)
        if placed:
            place[made] = place[made + 1] = place1
        made += 2
        if tokens >= 2:
            column[made] = _column(_mixed(word2 * _BASE + word1), 1, 2)
            column[made + 1] = _column(_mixed(skeleton2 * _BASE + skeleton1), 2, 2)
            if placed:
                place[made] = place[made + 1] = place2
            made += 2
        if tokens >= 3:
            run = _mixed(_mixed(word3 * _BASE + word2) * _BASE + word1)
            column[made] = _column(run, 1, 3)
            run = _mixed(_mixed(skeleton3 * _BASE + skeleton2) * _BASE + skeleton1)
            column[made + 1] = _column(run, 2, 3)
            if placed:
                place[made] = place[made + 1] = place3
            made += 2
        if tokens >= 4:
            run = _mixed(_mixed(skeleton4 * _BASE + skeleton3) * _BASE + skeleton2)
            column[made] = _column(_mixed(run * _BASE + skeleton1), 2, 4)
            if placed:
                place[made] = place4
            made += 1
    return made


@_compiled
def _holds(table, value):
    """Whether a hash is in a table with open addressing, where 0 is empty."""
    mask = table.shape[0] - 1
    at = np.int64(value >> np.uint64(32)) & mask
    while table[at] != 0:
        if table[at] == value:
            return True
        at = (at + 1) & mask
    return False


@_compiled
def _longest(starts):
    longest = 0
    for row in range(starts.shape[0] - 1):
        longest = max(longest, starts[row + 1] - starts[row])
    return longest


@_compiled
def occurrences_of(codes, starts, kinds, function_words):
    """Row, column and place of every n-gram; a separator stands before and behind each text."""
    longest = _longest(starts)
    low = np.empty(longest + 1, np.uint64)
    column = np.empty(_RUNS * longest + 1, np.int32)
    place = np.empty(_RUNS * longest + 1, np.int32)
    room = _RUNS * codes.shape[0]
    rows = np.empty(room, np.int32)
    columns = np.empty(room, np.int32)
    places = np.empty(room, np.int32)
    made = 0
    for row in range(starts.shape[0] - 1):
        start, stop = starts[row], starts[row + 1] - 1
        size = _columns(codes, start, stop, kinds, function_words, low, True, column, place)
        for at in range(size):
            rows[made], columns[made], places[made] = row, column[at], place[at]
            made += 1
    return rows[:made].copy(), columns[:made].copy(), places[:made].copy()


@_compiled
def _ones(bits):
    """How many of 32 bits are set."""
    bits = bits - ((bits >> np.uint64(1)) & np.uint64(0x55555555))
    bits = (bits & np.uint64(0x33333333)) + ((bits >> np.uint64(2)) & np.uint64(0x33333333))
    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F)
    return np.int64(((bits * np.uint64(0x01010101)) & np.uint64(0xFFFFFFFF)) >> np.uint64(24))


@_compiled
def score_batch(
    codes, starts, kinds, function_words, known, first_of, idf, weight, values, intercept, score
):
    """The scores of a batch, summed text by text in the order of the columns.

    `known` has a word for every 32 columns: which of them are features, and, in its upper half,
    how many features come before. `first_of` says at which feature each block begins, and where
    the last ends. `values` holds what each count is worth; empty, presence alone counts.
    """
    longest = _longest(starts)
    low = np.empty(longest + 1, np.uint64)
    column = np.empty(_RUNS * longest + 1, np.int32)
    nowhere = np.empty(0, np.int32)
    features = idf.shape[0]
    counted = values.shape[0] > 0
    times = np.zeros(features if counted else 0, np.int32)
    found = np.zeros((features >> 5) + 1, np.uint64)  # which features the text has
    value = np.empty(_RUNS * longest + 1, np.float64)
    feature_of = np.empty(_RUNS * longest + 1, np.int32)
    characters = first_of[1] > first_of[0]
    for row in range(starts.shape[0] - 1):
        start, stop = starts[row], starts[row + 1] - 1
        size = _columns(codes, start, stop, kinds, function_words, low, characters, column, nowhere)
        hits = 0  # known columns to the front, without a branch that cannot be foreseen
        for at in range(size):
            one = np.int64(column[at])
            column[hits] = one
            hits += np.int64((known[one >> 5] >> np.uint64(one & 31)) & np.uint64(1))
        for at in range(hits):
            one = np.int64(column[at])
            word = known[one >> 5]
            below = word & ((np.uint64(1) << np.uint64(one & 31)) - np.uint64(1))
            feature = np.int64(word >> np.uint64(32)) + _ones(below)
            found[feature >> 5] |= np.uint64(1) << np.uint64(feature & 31)
            if counted:
                times[feature] += 1
        kept = 0
        for at in range(found.shape[0]):
            bits = found[at]
            while bits:
                lowest = bits & (~bits + np.uint64(1))
                feature = (at << 5) + _ones(lowest - np.uint64(1))
                bits ^= lowest
                feature_of[kept] = feature
                value[kept] = idf[feature]
                if counted:
                    value[kept] = values[times[feature]] * idf[feature]
                    times[feature] = 0
                kept += 1
            found[at] = 0
        total = 0.0
        at = 0
        for block in range(1, first_of.shape[0]):
            begin = at
            square = 0.0
            while at < kept and feature_of[at] < first_of[block]:
                square += value[at] * value[at]
                at += 1
            length = sqrt(square)
            for place in range(begin, at):
                total += value[place] / length * weight[feature_of[place]]
        score[row] = total + intercept
