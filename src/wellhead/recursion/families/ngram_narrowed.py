"""Drawing from an n-gram model with top-p, top-k or a temperature, compiled by numba.

After a context a word has the probability ``part + rest × (its probability after the context one
word shorter)``, and `part` is 0 for words that never followed. The narrowed law keeps a word (its
probability to the `power`) if the words that come before it by falling probability are fewer than
`most` and hold less than the share `mass`. Ties go by the number of the word.

No law is written out. Each context ranks only its own followers, once, when it is first needed, by
their probability here and by that one level lower. What is kept after a context is then a stretch
from the top of each level's ranking, found by one bisection of all levels together: the mass before
any word is a sum over levels of what lies before it among the followers, in place of those words
one level lower. Drawing takes a level by the mass of its stretch and a word from it, and begins
again if that word belongs to a longer context. Each word's own level offers it at least as often as
any shorter one, so a draw takes fewer than `order` attempts on average.

This module imports numba; import it only where the extra is known to be there.
"""

# Array types are numba's business here.
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from wellhead.recursion.data import Array
from wellhead.recursion.families.ngram_counts import NGramModel
from wellhead.recursion.families.ngram_kernels import advance, find, reset

__all__ = ["Narrowing", "Smoothing", "draw_narrowed"]

ROUNDING = 1e-12  # of a mass: what is less is what sums lose
SHORT = 24  # rows that are sorted by insertion


class Smoothing(NamedTuple):
    """`linear` below 0: absolute discounting by `discount`; else the weight of each level."""

    discount: float
    linear: float


class Narrowing(NamedTuple):
    """Probabilities to the `power`; the `most` likeliest words that hold `mass`."""

    power: float
    most: int
    mass: float


class Law(NamedTuple):
    """The law after every context; the contexts of all levels are numbered through.

    Args:
        base: where the contexts of each level begin (levels,).
        first: where the followers of each context begin (contexts,).
        followers: words (types,).
        part: what a context gives to each follower (types,).
        rest: what it leaves to the level below; -1 where nothing follows (contexts,).
        left: the same to the power (contexts,).
        unigram: the probability of each word without a context (vocabulary,).
        word: rankings of words: of all without a context, of the followers of each context by their
            probability after it, and of the same by their probability one level lower
            (vocabulary + 2 × types,).
        chance: their probabilities; `after`: the mass of a row and of all above it in its ranking.
        mass: of all words after each context that was met, else 0 (contexts,).
        kept: the rows kept of each level's ranking, the longest context first, and the mass of
            these and of those before; the last row is no context (contexts + 1, 2 × (levels + 1)).
    """

    base: Array
    first: Array
    followers: Array
    part: Array
    rest: Array
    left: Array
    unigram: Array
    word: Array
    chance: Array
    after: Array
    mass: Array
    kept: Array


def draw_narrowed(
    rng: np.random.Generator, size: int, model: NGramModel, how: Smoothing, limits: Narrowing
) -> Array:
    """`size` words of the narrowed law."""
    first, followers, _, _ = zip(*model.levels, strict=True)
    drawn: Array = _draw(rng, size, first, followers, _law(model, how, limits.power), limits)
    return drawn


def _law(model: NGramModel, how: Smoothing, power: float) -> Law:
    firsts, parts, rests, contexts, types = [], [], [], [0], 0
    for level in model.levels:
        seen = np.append(np.diff(level.cumulative[level.first]), 0)
        counts = np.diff(level.cumulative)
        each = np.repeat(np.maximum(seen[:-1], 1), np.diff(level.first))
        taken = how.linear * counts if how.linear >= 0 else np.maximum(counts - how.discount, 0)
        parts.append(taken / each)
        kinds = np.append(level.types, 0)
        left = how.discount * kinds / np.maximum(seen, 1) if how.linear < 0 else 1 - how.linear
        rests.append(np.where(seen > 0, left, -1.0))
        firsts.append(level.first + types)
        contexts.append(contexts[-1] + len(level.first))
        types += len(level.followers)
    unigram = model.unigrams / model.unigrams.sum()
    order = np.argsort(-unigram, kind="stable")
    words, rows = len(unigram), len(unigram) + 2 * types
    word, chance, after = np.empty(rows, np.int32), np.empty(rows), np.empty(rows)
    word[:words], chance[:words] = order, unigram[order]
    after[:words] = np.cumsum(chance[:words] ** power)
    rest = np.concatenate(rests)
    return Law(
        np.array(contexts[:-1]),
        np.concatenate(firsts),
        np.concatenate([level.followers for level in model.levels]),
        np.concatenate(parts),
        rest,
        np.abs(rest) ** power,
        unigram,
        word,
        chance,
        after,
        np.zeros(contexts[-1]),
        np.zeros((contexts[-1] + 1, 2 * len(contexts))),
    )


@njit(cache=True)
def _draw(rng: Any, size: int, first: Any, followers: Any, law: Any, limits: Any) -> Any:
    out = np.empty(size, np.int32)
    state = np.zeros(len(first), np.int64)
    path = np.empty(len(first), np.int64)
    reset(state, first, followers)
    for position in range(size):
        way = path[: _path(state, law.base, law.rest, path)]
        kept = law.kept[way[-1] if len(way) else len(law.kept) - 1]
        if kept[0] + kept[len(way)] == 0:
            _meet(way, law, limits.power)
            _resolve(kept, way, law, limits)
        word = _one(rng, kept, way, law)
        out[position] = word
        advance(state, word, first, followers)
    return out


@njit(cache=True)
def _one(rng: Any, kept: Any, way: Any, law: Any) -> int:
    """A word of the stretches after a context, drawn again where a longer context has it."""
    depth, levels, after = len(way), len(law.base) + 1, law.after
    while True:
        left, level, scale = rng.random() * kept[levels + depth], 0, 1.0
        while level < depth and left >= kept[levels + level]:
            level += 1
            scale *= law.left[way[depth - level]]
        if level:
            left -= kept[levels + level - 1]
        left /= scale
        low = 0 if level == depth else len(law.unigram) + law.first[way[depth - level - 1]]
        high = low + int(kept[level]) - 1
        while low < high:
            middle = (low + high) // 2
            if after[middle] <= left:
                low = middle + 1
            else:
                high = middle
        word = int(law.word[low])
        i = depth - level
        while i < depth and find(law.followers, law.first[way[i]], law.first[way[i] + 1], word) < 0:
            i += 1
        if i == depth:
            return word


@njit(cache=True)
def _path(state: Any, base: Any, rest: Any, path: Any) -> int:
    """The contexts that have followers, shortest first; how many they are."""
    depth = 0
    for k in range(len(state)):
        if state[k] >= 0 and rest[base[k] + state[k]] >= 0:
            path[depth] = base[k] + state[k]
            depth += 1
    return depth


@njit(cache=True)
def _weight(chance: float, power: float) -> float:
    return chance if power == 1 else chance**power


@njit(cache=True)
def _meet(way: Any, law: Any, power: float) -> None:
    """Rank the followers of every context of the way that was not met before."""
    words, types = len(law.unigram), len(law.followers)
    first, followers, part, rest = law.first, law.followers, law.part, law.rest
    whole = law.after[words - 1]
    for i in range(len(way)):
        context = way[i]
        if law.mass[context] == 0:
            low, high = first[context], first[context + 1]
            for place in range(low, high):
                word, below = followers[place], law.unigram[followers[place]]
                for j in range(i):
                    found = find(followers, first[way[j]], first[way[j] + 1], word)
                    below = rest[way[j]] * below + (part[found] if found >= 0 else 0.0)
                law.word[words + place] = law.word[words + types + place] = word
                law.chance[words + types + place] = below
                law.chance[words + place] = rest[context] * below + part[place]
            for start in (words, words + types):
                own, end = start + low, start + high
                _rank(law.word[own:end], law.chance[own:end], law.after[own:end], power)
            left = whole - law.after[words + types + high - 1]
            left = left if left > ROUNDING * whole else 0.0
            law.mass[context] = law.after[words + high - 1] + law.left[context] * left
        whole = law.mass[context]


@njit(cache=True)
def _rank(words: Any, chances: Any, after: Any, power: float) -> None:
    """Sort rows by falling probability, ties by word (they come in its order), and sum up."""
    if len(words) <= SHORT:
        for i in range(1, len(words)):
            word, chance = words[i], chances[i]
            j = i
            while j > 0 and chances[j - 1] < chance:
                words[j], chances[j] = words[j - 1], chances[j - 1]
                j -= 1
            words[j], chances[j] = word, chance
    else:
        order = np.argsort(-chances, kind="mergesort")
        words[:], chances[:] = words[order], chances[order]
    total = 0.0
    for i in range(len(words)):
        total += _weight(chances[i], power)
        after[i] = total


@njit(cache=True)
def _resolve(kept: Any, way: Any, law: Any, limits: Any) -> None:
    """Find how far from its top each ranking is kept after a context.

    Ranking 0 is that of all words; 2i + 1 and 2i + 2 are those of the followers of context i, one
    level lower and after it. What ranking n has, the contexts ``way[n // 2:]`` pass on.
    """
    words, types, count = len(law.unigram), len(law.followers), 2 * len(way) + 1
    begin, low, high = np.zeros((3, count), np.int64)
    scale, whole = np.ones((2, count)), law.after[words - 1]
    high[0] = words
    for i, context in enumerate(way):
        own = 2 * i + 2
        begin[own] = words + law.first[context]
        begin[own - 1] = begin[own] + types
        high[own - 1 : own + 1] = law.first[context + 1] - law.first[context]
        scale[0, :own] *= law.rest[context]
        scale[1, :own] *= law.left[context]
        whole = law.mass[context]
    if limits.most >= words and limits.mass >= 1:
        low[:] = high
    else:
        enough = limits.mass * whole if limits.mass < 1 else np.inf
        _bisect(begin, low, high, scale, law, limits.most, enough)
    held = 0.0
    for level in range(len(way) + 1):
        number = count - 1 - 2 * level
        if low[number]:
            held += scale[1, number] * law.after[begin[number] + low[number] - 1]
        kept[level], kept[len(law.base) + 1 + level] = low[number], held


@njit(cache=True)
def _bisect(
    begin: Any, low: Any, high: Any, scale: Any, law: Any, most: int, enough: float
) -> None:
    """Close the brackets of all rankings around the first word that is not kept."""
    place = np.empty(len(low), np.int64)
    while True:
        widest = 0
        for number in range(2, len(low), 2):
            if high[number] - low[number] > high[widest] - low[widest]:
                widest = number
        if low[widest] == high[widest]:
            return
        row = begin[widest] + (low[widest] + high[widest]) // 2
        chance, word = scale[0, widest] * law.chance[row], law.word[row]
        taken, held = 0, 0.0
        for number in range(len(low)):
            start, end = begin[number] + low[number], begin[number] + high[number]
            while start < end:
                middle = (start + end) // 2
                other = scale[0, number] * law.chance[middle]
                if other > chance or (other == chance and law.word[middle] < word):
                    start = middle + 1
                else:
                    end = middle
            place[number] = start - begin[number]
            sign = 1 - 2 * (number % 2)
            taken += sign * place[number]
            if place[number]:
                held += sign * scale[1, number] * law.after[start - 1]
        if taken < most and held < enough:
            low[:] = place
            low[widest] += 1
        else:
            high[:] = place
