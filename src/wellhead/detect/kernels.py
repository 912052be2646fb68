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
def _lowered(codes, start, size, kinds, low, kind):
    """Characters of one text with every digit as 0, and what each is: space, part of a word, sign.

    Parts of a word are letters, figures, and an apostrophe between letters ("don't").
    """
    for at in range(size):
        code = codes[start + at]
        what = kinds[code]
        low[at] = np.uint64(48 if what == _DIGIT else code)
        if code == 39:
            before, after = kinds[codes[start + at - 1]], kinds[codes[start + at + 1]]
            what = _LETTER if before == _LETTER and after == _LETTER else _SIGN
        kind[at] = _LETTER if what == _DIGIT else what


@_compiled
def _character_columns(low, size, column, place):
    """Columns of runs of 3, 4 and 5 characters; returns how many.

    Each loop is over one kind of run, so that the processor takes several at a time.
    """
    placed = place.shape[0] > 0
    made = 0
    second, third, fourth, fifth = low[1:], low[2:], low[3:], low[4:]
    for at in range(size - 2):
        key = low[at] + second[at] * _BASE + third[at] * _SQUARE
        column[at] = _column(_mixed(key), 0, 3)
    made = max(size - 2, 0)
    runs = column[made:]
    for at in range(size - 3):
        key = low[at] + second[at] * _BASE + third[at] * _SQUARE + fourth[at] * _CUBE
        runs[at] = _column(_mixed(key), 0, 4)
    made += max(size - 3, 0)
    runs = column[made:]
    for at in range(size - 4):
        key = low[at] + second[at] * _BASE + third[at] * _SQUARE + fourth[at] * _CUBE
        runs[at] = _column(_mixed(key + fifth[at] * _FOURTH), 0, 5)
    made += max(size - 4, 0)
    if placed:
        at = 0
        for length in range(3, 6):
            for begin in range(size - length + 1):
                place[at] = begin
                at += 1
    return made


@_compiled
def _tokens(low, kind, size, function_words, word, skeleton, begin):
    """The hash of each token, that of its skeleton, and where it begins; returns how many."""
    tokens = at = 0
    while at < size:
        if kind[at] == _SPACE:
            at += 1
            continue
        first = at
        sign = kind[at] == _SIGN
        key, power = low[at], _BASE
        at += 1
        while not sign and at < size and kind[at] == _LETTER:
            key += low[at] * power
            power *= _BASE
            at += 1
        whole = _mixed(key)
        word[tokens], skeleton[tokens], begin[tokens] = whole, whole, first
        if not sign and not _holds(function_words, whole):
            key, power = np.uint64(0), np.uint64(1)
            for step in range(max(first, at - 3), at):
                key += low[step] * power
                power *= _BASE
            skeleton[tokens] = _mixed(_mixed(key) + np.uint64(1))
        tokens += 1
    return tokens


@_compiled
def _runs(token, begin, tokens, block, longest, chain, other, column, place, made):
    """Columns of runs of up to `longest` tokens from number `made` on; returns how many there are.

    `chain` holds the hash of the run that ends at each token, made from that of the run before it.
    """
    placed = place.shape[0] > 0
    for at in range(tokens):
        chain[at] = token[at]
    for length in range(1, longest + 1):
        number = tokens - length + 1
        if number < 1:
            break
        if length > 1:
            last, ending = token[length - 1 :], other[length - 1 :]
            before = chain[length - 2 :]
            for at in range(number):
                ending[at] = _mixed(before[at] * _BASE + last[at])
            chain, other = other, chain
        hashed, runs = chain[length - 1 :], column[made:]
        for at in range(number):
            runs[at] = _column(hashed[at], block, length)
        if placed:
            for at in range(number):
                place[made + at] = begin[at]
        made += number
    return made


@_compiled
def _columns(codes, start, stop, kinds, function_words, room, kind, characters, column, place):
    """Columns of all n-grams of one text, and where each begins; returns how many.

    Runs of characters are left out without `characters`, places with an empty `place`; `room` and
    `kind` are for work in between.
    """
    low, word, skeleton, chain, other = room[0], room[1], room[2], room[3], room[4]
    begin = room[5].view(np.int64)
    size = stop - start
    _lowered(codes, start, size, kinds, low, kind)
    made = 0
    if characters:
        made = _character_columns(low, size, column, place)
    tokens = _tokens(low, kind, size, function_words, word, skeleton, begin)
    made = _runs(word, begin, tokens, 1, 3, chain, other, column, place, made)
    return _runs(skeleton, begin, tokens, 2, 4, chain, other, column, place, made)


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
    work, kind = np.empty((6, longest + 1), np.uint64), np.empty(longest + 1, np.int8)
    column = np.empty(_RUNS * longest + 1, np.int32)
    place = np.empty(_RUNS * longest + 1, np.int32)
    room = _RUNS * codes.shape[0]
    rows = np.empty(room, np.int32)
    columns = np.empty(room, np.int32)
    places = np.empty(room, np.int32)
    made = 0
    for row in range(starts.shape[0] - 1):
        start, stop = starts[row], starts[row + 1] - 1
        size = _columns(codes, start, stop, kinds, function_words, work, kind, True, column, place)
        for at in range(size):
            rows[made], columns[made], places[made] = row, column[at], place[at]
            made += 1
    return rows[:made].copy(), columns[:made].copy(), places[:made].copy()


@_compiled
def _ones(bits):
    """How many bits are set, in the form that compilers take for one instruction."""
    bits = bits - ((bits >> np.uint64(1)) & np.uint64(0x5555555555555555))
    bits = (bits & np.uint64(0x3333333333333333)) + (
        (bits >> np.uint64(2)) & np.uint64(0x3333333333333333)
    )
    bits = (bits + (bits >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int64((bits * np.uint64(0x0101010101010101)) >> np.uint64(56))


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
    work, kind = np.empty((6, longest + 1), np.uint64), np.empty(longest + 1, np.int8)
    column = np.empty(_RUNS * longest + 1, np.int32)
    nowhere = np.empty(0, np.int32)
    features = idf.shape[0]
    counted = values.shape[0] > 0
    times = np.zeros(features if counted else 0, np.int32)
    found = np.zeros((features >> 6) + 1, np.uint64)  # which features the text has
    value = np.empty(_RUNS * longest + 1, np.float64)
    feature_of = np.empty(_RUNS * longest + 1, np.int32)
    characters = first_of[1] > first_of[0]
    for row in range(starts.shape[0] - 1):
        start, stop = starts[row], starts[row + 1] - 1
        size = _columns(
            codes, start, stop, kinds, function_words, work, kind, characters, column, nowhere
        )
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
            found[feature >> 6] |= np.uint64(1) << np.uint64(feature & 63)
            if counted:
                times[feature] += 1
        kept = 0
        for at in range(found.shape[0]):
            bits = found[at]
            while bits:
                lowest = bits & (~bits + np.uint64(1))
                feature_of[kept] = (at << 6) + _ones(lowest - np.uint64(1))
                bits ^= lowest
                kept += 1
            found[at] = 0
        for at in range(kept):
            value[at] = idf[feature_of[at]]
        if counted:
            for at in range(kept):
                value[at] = values[times[feature_of[at]]] * idf[feature_of[at]]
                times[feature_of[at]] = 0
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
