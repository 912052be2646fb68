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
_INVERSE = np.uint64(pow(int(_BASE), -1, 1 << 64))
_TOP = np.uint64(44)
_BITS = 20
_SPACE, _LETTER, _DIGIT, _SIGN, _APOSTROPHE = 0, 1, 2, 3, 4
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
def _read(codes, start, size, letters, low, kind):
    """Characters of one text in lower case, with every digit as 0, and what each is.

    A space stands before and behind `kind`.
    """
    text, kinds = codes[start : start + size], kind[1:]
    for at in range(size):
        letter = letters[text[at]]
        low[at] = np.uint64(letter & np.uint32(0xFFFFFF))
        kinds[at] = np.uint8(letter >> np.uint32(24))
    kind[0] = kind[size + 1] = _SPACE


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
def _bounds(kind, size, part, last, begin, end):
    """Where each token begins and ends; returns how many there are.

    A token is a word or one sign. Parts of a word are letters, figures, and an apostrophe between
    letters ("don't"). Nothing here branches on the text, since the length of a word cannot be
    foreseen.
    """
    before, here, after = kind[:size], kind[1 : size + 1], kind[2 : size + 2]
    inside = part[1:]
    for at in range(size):
        what = here[at]
        between = (before[at] == _LETTER) & (after[at] == _LETTER)
        word = (what == _LETTER) | (what == _DIGIT) | ((what == _APOSTROPHE) & between)
        inside[at] = np.uint8(word)
    part[0] = part[size + 1] = 0
    part_before, part_after = part[:size], part[2 : size + 2]
    for at in range(size):
        word, other = inside[at], np.uint8(1)
        alone = np.uint8((here[at] != _SPACE) & (word == 0))
        last[at] = alone | (word & (part_after[at] ^ other))
        here[at] = alone | (word & (part_before[at] ^ other))
    tokens = 0
    for at in range(size):
        begin[tokens] = at
        tokens += np.int64(here[at])
    tokens = 0
    for at in range(size):
        end[tokens] = at + 1
        tokens += np.int64(last[at])
    return tokens


@_compiled
def _powers(longest):
    """Powers of the base and of its inverse."""
    power, inverse = np.empty(longest + 1, np.uint64), np.empty(longest + 1, np.uint64)
    power[0] = inverse[0] = 1
    for at in range(longest):
        power[at + 1] = power[at] * _BASE
        inverse[at + 1] = inverse[at] * _INVERSE
    return power, inverse


@_compiled
def _tokens(low, size, powers, prefix, begin, end, tokens, word, skeleton):
    """The hash of each token, and of its last three characters.

    Hashes of stretches are differences of sums from the beginning of the text: multiplied by the
    inverse power of where it begins, a stretch has the hash that it has anywhere.
    """
    power, inverse = powers
    total = np.uint64(0)
    following = prefix[1:]
    prefix[0] = 0
    for at in range(size):
        total += low[at] * power[at]
        following[at] = total
    for at in range(tokens):
        first = begin[at]
        word[at] = _mixed((prefix[end[at]] - prefix[first]) * inverse[first])
    for at in range(tokens):
        first = max(begin[at], end[at] - 3)
        key = (prefix[end[at]] - prefix[first]) * inverse[first]
        skeleton[at] = _mixed(_mixed(key) + np.uint64(1))


@_compiled
def _skeleton(function_words, part, begin, tokens, word, skeleton):
    """Function words and signs stay themselves. Each hash has two places in the table."""
    mask = np.uint64(function_words.shape[0] - 1)
    for at in range(tokens):
        whole = word[at]
        one = function_words[(whole >> np.uint64(32)) & mask]
        two = function_words[(whole >> np.uint64(48)) & mask]
        kept = (one == whole) | (two == whole) | (part[begin[at] + 1] == 0)
        every_bit = np.uint64(0) - np.uint64(kept)
        skeleton[at] ^= (skeleton[at] ^ whole) & every_bit


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
def _room(longest):
    """Room for work in between, for texts of up to so many characters."""
    return np.empty((8, longest + 2), np.uint64), np.empty((3, longest + 2), np.uint8)


@_compiled
def _columns(codes, start, stop, tables, powers, room, characters, column, place):
    """Columns of all n-grams of one text, and where each begins; returns how many.

    Runs of characters are left out without `characters`, places with an empty `place`.
    """
    letters, function_words = tables
    wide, narrow = room
    low, word, skeleton, chain, other, prefix = wide[0], wide[1], wide[2], wide[3], wide[4], wide[5]
    begin, end = wide[6].view(np.int64), wide[7].view(np.int64)
    kind, part, last = narrow[0], narrow[1], narrow[2]
    size = stop - start
    _read(codes, start, size, letters, low, kind)
    made = 0
    if characters:
        made = _character_columns(low, size, column, place)
    tokens = _bounds(kind, size, part, last, begin, end)
    _tokens(low, size, powers, prefix, begin, end, tokens, word, skeleton)
    _skeleton(function_words, part, begin, tokens, word, skeleton)
    made = _runs(word, begin, tokens, 1, 3, chain, other, column, place, made)
    return _runs(skeleton, begin, tokens, 2, 4, chain, other, column, place, made)


@_compiled
def _longest(starts):
    longest = 0
    for row in range(starts.shape[0] - 1):
        longest = max(longest, starts[row + 1] - starts[row])
    return longest


@_compiled
def occurrences_of(codes, starts, letters, function_words):
    """Row, column and place of every n-gram; a separator stands before and behind each text."""
    longest = _longest(starts)
    powers, work, tables = _powers(longest), _room(longest), (letters, function_words)
    column = np.empty(_RUNS * longest + 1, np.int32)
    place = np.empty(_RUNS * longest + 1, np.int32)
    room = _RUNS * codes.shape[0]
    rows = np.empty(room, np.int32)
    columns = np.empty(room, np.int32)
    places = np.empty(room, np.int32)
    made = 0
    for row in range(starts.shape[0] - 1):
        start, stop = starts[row], starts[row + 1] - 1
        size = _columns(codes, start, stop, tables, powers, work, True, column, place)
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
def _lowest(bits):
    """The number of the lowest bit that is set; 64 if none is."""
    return _ones(~bits & (bits - np.uint64(1)))


@_compiled
def _found(column, size, known, found, times):
    """Note which features the columns are: no branch, since which column is one is chance."""
    counted = times.shape[0] > 0
    for at in range(size):
        one = np.uint64(np.uint32(column[at]))
        word, bit = known[one >> np.uint64(5)], one & np.uint64(31)
        is_known = (word >> bit) & np.uint64(1)
        below = word & ((np.uint64(1) << bit) - np.uint64(1))
        feature = (word >> np.uint64(32)) + np.uint64(_ones(below))
        found[feature >> np.uint64(6)] |= is_known << (feature & np.uint64(63))
        if counted:
            times[feature] += np.int32(is_known)


@_compiled
def _listed(found, feature_of):
    """The features that were found, ascending; returns how many, and forgets them.

    Four of a word are written at once and counted afterwards: how many there are is chance.
    """
    kept = 0
    for at in range(found.shape[0]):
        bits, first = found[at], at << 6
        many = _ones(bits)
        for step in range(4):
            feature_of[kept + step] = first + _lowest(bits)
            bits &= bits - np.uint64(1)
        done = kept + 4
        kept += many
        while done < kept:
            feature_of[done] = first + _lowest(bits)
            bits &= bits - np.uint64(1)
            done += 1
        found[at] = 0
    return kept


@_compiled
def _sum(feature_of, kept, first_of, value, share):
    """The sum of all shares, each times its value in a block of length 1."""
    begin = 0
    for block in range(1, first_of.shape[0]):
        stop = begin + np.searchsorted(feature_of[begin:kept], first_of[block])
        square = 0.0
        for at in range(begin, stop):
            square += value[at] * value[at]
        if stop > begin:
            length = sqrt(square)
            for at in range(begin, stop):
                share[at] *= value[at] / length
        begin = stop
    total = 0.0
    for at in range(kept):
        total += share[at]
    return total


@_compiled
def score_batch(
    codes, starts, letters, function_words, known, first_of, idf, weight, values, intercept, score
):
    """The scores of a batch, summed text by text in the order of the columns.

    `known` has a word for every 32 columns: which of them are features, and, in its upper half,
    how many features come before. `first_of` says at which feature each block begins, and where
    the last ends. `values` holds what each count is worth; empty, presence alone counts.
    """
    longest = _longest(starts)
    powers, work, tables = _powers(longest), _room(longest), (letters, function_words)
    column = np.empty(_RUNS * longest + 1, np.int32)
    nowhere = np.empty(0, np.int32)
    features = idf.shape[0]
    counted = values.shape[0] > 0
    times = np.zeros(features + 1 if counted else 0, np.int32)
    found = np.zeros((features >> 6) + 1, np.uint64)  # which features the text has
    feature_of = np.empty(_RUNS * longest + 5, np.int32)
    value = np.empty(_RUNS * longest + 1, np.float64)
    share = np.empty(_RUNS * longest + 1, np.float64)
    characters = first_of[1] > first_of[0]
    for row in range(starts.shape[0] - 1):
        start, stop = starts[row], starts[row + 1] - 1
        size = _columns(codes, start, stop, tables, powers, work, characters, column, nowhere)
        _found(column, size, known, found, times)
        kept = _listed(found, feature_of)
        for at in range(kept):
            feature = np.uint64(np.uint32(feature_of[at]))
            value[at] = idf[feature]
            share[at] = weight[feature]
        if counted:
            for at in range(kept):
                feature = np.uint64(np.uint32(feature_of[at]))
                value[at] *= values[times[feature]]
                times[feature] = 0
        score[row] = _sum(feature_of, kept, first_of, value, share) + intercept
