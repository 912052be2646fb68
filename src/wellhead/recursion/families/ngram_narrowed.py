"""Drawing from an n-gram model with top-p, top-k or a temperature, compiled by numba.

A word is drawn from the context's law (probabilities to the `power`) and kept if the words that
come before it by falling probability are fewer than `most` and hold less than the share `mass`:
what is kept follows the narrowed law exactly. After a context a word has the probability
``part + rest × (its probability after the context one word shorter)``, and `part` is 0 for words
that never followed. So each context ranks only its own followers, once, when it is first needed, by
their probability here and by that one level lower; the mass before any word is then a sum over
levels of what lies before it among the followers, in place of those words one level lower. Each
context remembers the least likely word that was kept and the likeliest that was not, which soon
decides every draw.

Where the kept words hold so little that draws are refused again and again, the law is walked
through from its top instead, and the word drawn on the way. Ties go by the number of the word.

This module imports numba; import it only where the extra is known to be there.
"""

# Array types are numba's business here.
from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from wellhead.recursion.data import Array
from wellhead.recursion.families.ngram_counts import NGramModel
from wellhead.recursion.families.ngram_kernels import advance, find, one, reset

__all__ = ["Narrowing", "Smoothing", "draw_narrowed"]

PATIENCE = 16  # draws that are refused before the law is walked through
ROUNDING = 1e-12  # of a mass: what is less is what sums lose
SHORT = 24  # rows that are sorted by insertion
WORD, CHANCE, BEFORE = range(3)
MET, OWN, MASS, KEPT, LAST_KEPT, REFUSED, FIRST_REFUSED = range(7)


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
        chance: of each word without a context (vocabulary,).
        words: ranked by it: word, probability, mass before it (vocabulary, 3).
        own: the followers of each context, ranked by their probability after it (types, 3).
        lower: the same words, ranked by their probability one level lower (types, 3).
        facts: what is known of each context: whether it was ranked, the mass of its followers and
            of all words, the last word kept and the first one refused (contexts, 7).
    """

    base: Array
    first: Array
    followers: Array
    part: Array
    rest: Array
    chance: Array
    words: Array
    own: Array
    lower: Array
    facts: Array


def draw_narrowed(
    rng: np.random.Generator,
    size: int,
    model: NGramModel,
    stream: Array,
    how: Smoothing,
    limits: Narrowing,
) -> Array:
    """`size` words of the narrowed law; `stream` holds every word of the training data."""
    first, followers, cumulative, _ = zip(*model.levels, strict=True)
    law = _law(model, how, limits.power)
    drawn: Array = _draw(rng, size, stream, first, followers, cumulative, law, how, limits)
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
    chance = model.unigrams / model.unigrams.sum()
    order = np.argsort(-chance, kind="stable")
    before = np.concatenate([[0.0], np.cumsum(chance[order] ** power)[:-1]])
    return Law(
        np.array(contexts[:-1]),
        np.concatenate(firsts),
        np.concatenate([level.followers for level in model.levels]),
        np.concatenate(parts),
        np.concatenate(rests),
        chance,
        np.column_stack([order, chance[order], before]),
        np.empty((types, 3)),
        np.empty((types, 3)),
        np.zeros((contexts[-1], 7)),
    )


@njit(cache=True)
def _draw(
    rng: Any,
    size: int,
    stream: Any,
    first: Any,
    followers: Any,
    cumulative: Any,
    law: Any,
    how: Any,
    limits: Any,
) -> Any:
    out = np.empty(size, np.int32)
    state = np.zeros(len(first), np.int64)
    path = np.empty(len(first), np.int64)
    reset(state, first, followers)
    for position in range(size):
        way = path[: _path(state, law, path)]
        word, tries = -1, 0
        while word < 0:
            if tries == PATIENCE:
                word = _walk(rng, way, law, limits)
                break
            if limits.power == 1:
                word = one(
                    rng, state, stream, first, followers, cumulative, how.discount, how.linear
                )
            else:
                word = _powered(rng, way, law, limits.power)
            if not _kept(word, way, law, limits):
                word = -1
                tries += 1
        out[position] = word
        advance(state, word, first, followers)
    return out


@njit(cache=True)
def _path(state: Any, law: Any, path: Any) -> int:
    """The contexts that have followers, shortest first; how many they are."""
    depth = 0
    for k in range(len(state)):
        if state[k] >= 0 and law.rest[law.base[k] + state[k]] >= 0:
            path[depth] = law.base[k] + state[k]
            depth += 1
    return depth


@njit(cache=True)
def _weight(chance: float, power: float) -> float:
    return chance if power == 1 else chance**power


@njit(cache=True)
def _place(word: int, context: int, law: Any) -> int:
    """Where a word stands among the followers of a context, or -1."""
    return find(law.followers, law.first[context], law.first[context + 1], word)


@njit(cache=True)
def _chance(word: int, way: Any, law: Any) -> float:
    """The probability of a word after the last context of the way."""
    chance = law.chance[word]
    for context in way:
        place = _place(word, context, law)
        chance *= law.rest[context]
        if place >= 0:
            chance += law.part[place]
    return chance  # type: ignore[no-any-return]


@njit(cache=True)
def _meet(way: Any, law: Any, power: float) -> None:
    """Rank the followers of every context of the way that was not met before."""
    if len(way) == 0 or law.facts[way[-1], MET]:
        return
    for i in range(len(way)):
        context = way[i]
        facts = law.facts[context]
        if facts[MET] == 0:
            low, high = law.first[context], law.first[context + 1]
            for place in range(low, high):
                word = law.followers[place]
                lower = _chance(word, way[:i], law)
                law.lower[place, WORD] = law.own[place, WORD] = word
                law.lower[place, CHANCE] = lower
                law.own[place, CHANCE] = law.rest[context] * lower + law.part[place]
            facts[OWN] = _ranked(law.own[low:high], power)
            whole = _whole(way[:i], law, power)
            left = whole - _ranked(law.lower[low:high], power)
            left = left if left > ROUNDING * whole else 0.0
            facts[MASS] = facts[OWN] + _weight(law.rest[context], power) * left
            facts[KEPT] = np.inf
            facts[MET] = 1


@njit(cache=True)
def _ranked(rows: Any, power: float) -> float:
    """Sort rows by falling probability, ties by word, and sum up; their mass."""
    if len(rows) <= SHORT:
        for i in range(1, len(rows)):
            word, chance = rows[i, WORD], rows[i, CHANCE]
            j = i
            while j > 0 and rows[j - 1, CHANCE] < chance:
                rows[j, WORD], rows[j, CHANCE] = rows[j - 1, WORD], rows[j - 1, CHANCE]
                j -= 1
            rows[j, WORD], rows[j, CHANCE] = word, chance
    else:
        order = np.argsort(-rows[:, CHANCE], kind="mergesort")
        rows[:] = rows[order]
    total = 0.0
    for i in range(len(rows)):
        rows[i, BEFORE] = total
        total += _weight(rows[i, CHANCE], power)
    return total


@njit(cache=True)
def _powered(rng: Any, way: Any, law: Any, power: float) -> int:
    """A word by its probability to the power: a follower, or any other word one level lower."""
    _meet(way, law, power)
    whole = _whole(way[:0], law, power)
    i = len(way) - 1
    while True:
        rows, left = law.words, -1.0
        while i >= 0:
            context = way[i]
            left = rng.random() * law.facts[context, MASS]
            if left < law.facts[context, OWN]:
                rows = law.own[law.first[context] : law.first[context + 1]]
                break
            i -= 1
        if i < 0:
            left = rng.random() * whole
        word = int(rows[_at(rows, left), WORD])
        i += 1
        while i < len(way) and _place(word, way[i], law) < 0:
            i += 1
        if i == len(way):
            return word
        i -= 1  # the word belongs to a higher level: draw again below that one


@njit(cache=True)
def _at(rows: Any, left: float) -> int:
    """The row whose stretch of mass holds `left`."""
    low, high = 0, len(rows)
    while high - low > 1:
        middle = (low + high) // 2
        if rows[middle, BEFORE] <= left:
            low = middle
        else:
            high = middle
    return low


@njit(cache=True)
def _kept(word: int, way: Any, law: Any, limits: Any) -> bool:
    """Whether the words before this one are fewer than `most` and hold less than `mass`."""
    plenty = limits.most >= len(law.chance)
    if plenty and limits.mass >= 1:
        return True
    chance = _chance(word, way, law)
    if limits.power == 1 and plenty and 1 - chance < limits.mass:
        return True
    _meet(way, law, limits.power)
    if len(way) == 0:
        return _within(word, chance, way, law, limits)
    facts = law.facts[way[-1]]
    if chance > facts[KEPT] or (chance == facts[KEPT] and word <= facts[LAST_KEPT]):
        return True
    if chance < facts[REFUSED] or (chance == facts[REFUSED] and word >= facts[FIRST_REFUSED]):
        return False
    if _within(word, chance, way, law, limits):
        facts[KEPT], facts[LAST_KEPT] = chance, word
        return True
    facts[REFUSED], facts[FIRST_REFUSED] = chance, word
    return False


@njit(cache=True)
def _within(word: int, chance: float, way: Any, law: Any, limits: Any) -> bool:
    """Whether what stands before a word is within the limits, worked out."""
    enough = limits.mass * _whole(way, law, limits.power) if limits.mass < 1 else np.inf
    taken, held, scale = 0, 0.0, 1.0
    for i in range(len(way) - 1, -1, -1):
        low, high = law.first[way[i]], law.first[way[i] + 1]
        rows = law.own[low:high]
        found = _rank(rows, chance, word, way[i + 1 :], law)
        taken += found
        held += scale * _mass(rows, found, limits.power)
        if held >= enough or taken >= limits.most:
            return False
        scale *= _weight(law.rest[way[i]], limits.power)
        rows = law.lower[low:high]
        found = _rank(rows, chance, word, way[i:], law)
        taken -= found
        held -= scale * _mass(rows, found, limits.power)
    found = _rank(law.words, chance, word, way, law)
    taken += found
    held += scale * _mass(law.words, found, limits.power)
    return taken < limits.most and held < enough


@njit(cache=True)
def _whole(way: Any, law: Any, power: float) -> float:
    """The mass of all words."""
    if len(way):
        return law.facts[way[-1], MASS]  # type: ignore[no-any-return]
    return law.words[-1, BEFORE] + _weight(law.words[-1, CHANCE], power)  # type: ignore[no-any-return]


@njit(cache=True)
def _mass(rows: Any, place: int, power: float) -> float:
    """Of the rows before a place, which may be their end."""
    if place < len(rows):
        return rows[place, BEFORE]  # type: ignore[no-any-return]
    return rows[-1, BEFORE] + _weight(rows[-1, CHANCE], power) if place else 0.0


@njit(cache=True)
def _scaled(chance: float, way: Any, law: Any) -> float:
    """A probability as it is at the end of the way, for a word that follows nothing on it."""
    for context in way:
        chance *= law.rest[context]
    return chance


@njit(cache=True)
def _rank(rows: Any, chance: float, word: int, way: Any, law: Any) -> int:
    """How many rows stand before a word with this probability at the end of the way."""
    low, high = 0, len(rows)
    while low < high:
        middle = (low + high) // 2
        other = _scaled(rows[middle, CHANCE], way, law)
        if other > chance or (other == chance and rows[middle, WORD] < word):
            low = middle + 1
        else:
            high = middle
    return low


@njit(cache=True)
def _walk(rng: Any, way: Any, law: Any, limits: Any) -> int:
    """A word of the narrowed law, which is merged from the levels by falling probability."""
    _meet(way, law, limits.power)
    at = np.zeros(len(way) + 1, np.int64)
    enough = limits.mass * _whole(way, law, limits.power) if limits.mass < 1 else np.inf
    word, taken, held = -1, 0, 0.0
    while taken < limits.most and held < enough:
        best, top, came = -1, 0.0, -1
        for i in range(len(at)):
            rows = (
                law.words if i == 0 else law.own[law.first[way[i - 1]] : law.first[way[i - 1] + 1]]
            )
            while at[i] < len(rows) and _follows(int(rows[at[i], WORD]), way[i:], law):
                at[i] += 1
            if at[i] == len(rows):
                continue
            candidate = int(rows[at[i], WORD])
            chance = _scaled(rows[at[i], CHANCE], way[i:], law)
            if chance > top or (chance == top and candidate < best):
                best, top, came = candidate, chance, i
        if best < 0:
            break
        at[came] += 1
        taken += 1
        weight = _weight(top, limits.power)
        held += weight
        if rng.random() * held < weight:
            word = best
    return word


@njit(cache=True)
def _follows(word: int, way: Any, law: Any) -> bool:
    """Whether a word follows any context of the way."""
    for context in way:  # noqa: SIM110 - numba knows no generators
        if _place(word, context, law) >= 0:
            return True
    return False
