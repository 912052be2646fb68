"""Drawing from and scoring with an n-gram model, compiled by numba.

Absolute discounting needs no table for drawing: take a uniform occurrence of the context; if it
is the first of its follower, back off with probability D. That gives (c(w) - D)/c to each
follower w and D × kinds/c to the level below, which is the definition. All numbers are 64-bit
signed: numba widens products of 32-bit unsigned ones behind one's back.

This module imports numba; import it only where the extra is known to be there.
"""

# Array types are numba's business here.
from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

__all__ = ["advance", "draw", "find", "occurrence", "one", "reset", "score"]


@njit(cache=True)
def find(followers: Any, low: int, high: int, word: int) -> int:
    """The place of `word` in followers[low:high], or -1."""
    end = high
    while low < high:
        middle = (low + high) // 2
        if followers[middle] < word:
            low = middle + 1
        else:
            high = middle
    return low if low < end and followers[low] == word else -1


@njit(cache=True)
def occurrence(cumulative: Any, low: int, high: int, number: int) -> int:
    """The type in [low, high) to which occurrence `number` belongs."""
    while high - low > 1:
        middle = (low + high) // 2
        if cumulative[middle] <= number:
            low = middle
        else:
            high = middle
    return low


@njit(cache=True)
def reset(state: Any, first: Any, followers: Any) -> None:
    """The contexts at the start of a document: all ends."""
    state[0] = 0
    for k in range(1, len(state)):
        context = state[k - 1]
        state[k] = -1
        if context >= 0:
            state[k] = find(followers[k - 1], first[k - 1][context], first[k - 1][context + 1], 0)


@njit(cache=True)
def advance(state: Any, word: int, first: Any, followers: Any) -> None:
    """The contexts after `word`; -1 where a context was never seen."""
    if word == 0:
        reset(state, first, followers)
        return
    for k in range(len(state) - 1, 0, -1):
        context = state[k - 1]
        state[k] = -1
        if context >= 0:
            state[k] = find(
                followers[k - 1], first[k - 1][context], first[k - 1][context + 1], word
            )
    state[0] = word


@njit(cache=True)
def one(
    rng: Any,
    state: Any,
    stream: Any,
    first: Any,
    followers: Any,
    cumulative: Any,
    discount: float,
    linear: float,
) -> int:
    """A word after the contexts in `state`, as `draw` draws it."""
    for k in range(len(first) - 1, -1, -1):
        context = state[k]
        if context < 0:
            continue
        low, high = first[k][context], first[k][context + 1]
        begin, total = cumulative[k][low], cumulative[k][high] - cumulative[k][low]
        if total == 0:
            continue
        if linear >= 0 and rng.random() >= linear:
            continue
        number = begin + min(int(rng.random() * total), total - 1)
        place = occurrence(cumulative[k], low, high, number)
        is_first = number == cumulative[k][place]
        if linear < 0 and is_first and rng.random() < discount:
            continue
        return followers[k][place]  # type: ignore[no-any-return]
    return stream[min(int(rng.random() * len(stream)), len(stream) - 1)]  # type: ignore[no-any-return]


@njit(cache=True)
def draw(
    rng: Any,
    size: int,
    stream: Any,
    first: Any,
    followers: Any,
    cumulative: Any,
    discount: float,
    linear: float,
) -> Any:
    """`size` words from the model. `stream` holds every word of the training data.

    With `linear` >= 0 each level is left with probability 1 - linear instead of discounting.
    """
    out = np.empty(size, np.int32)
    state = np.zeros(len(first), np.int64)
    reset(state, first, followers)
    for position in range(size):
        word = one(rng, state, stream, first, followers, cumulative, discount, linear)
        out[position] = word
        advance(state, word, first, followers)
    return out


@njit(cache=True)
def score(
    words: Any,
    ends: Any,
    unigrams: Any,
    total: int,
    floor: float,
    first: Any,
    followers: Any,
    cumulative: Any,
    types: Any,
    discount: float,
    linear: float,
) -> Any:
    """The log-probability of each word, given those before it in its document."""
    out = np.empty(len(words), np.float64)
    levels = len(first)
    state = np.zeros(levels, np.int64)
    reset(state, first, followers)
    document = 0
    for position in range(len(words)):
        word = words[position]
        chance = (1 - floor) * unigrams[word] / total + floor / len(unigrams)
        for k in range(levels):
            context = state[k]
            if context < 0:
                break
            low, high = first[k][context], first[k][context + 1]
            seen = cumulative[k][high] - cumulative[k][low]
            if seen == 0:
                break
            place = find(followers[k], low, high, word)
            count = 0
            if place >= 0:
                count = cumulative[k][place + 1] - cumulative[k][place]
            if linear >= 0:
                chance = linear * count / seen + (1 - linear) * chance
            else:
                left = discount * types[k][context] / seen
                chance = max(count - discount, 0.0) / seen + left * chance
        out[position] = np.log(chance)
        advance(state, word, first, followers)
        if position + 1 == ends[document]:
            document += 1
            reset(state, first, followers)
    return out
