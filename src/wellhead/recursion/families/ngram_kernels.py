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

__all__ = ["draw", "draw_narrowed", "score"]


@njit(cache=True)
def _find(followers: Any, low: int, high: int, word: int) -> int:
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
def _occurrence(cumulative: Any, low: int, high: int, number: int) -> int:
    """The type in [low, high) to which occurrence `number` belongs."""
    while high - low > 1:
        middle = (low + high) // 2
        if cumulative[middle] <= number:
            low = middle
        else:
            high = middle
    return low


@njit(cache=True)
def _reset(state: Any, first: Any, followers: Any) -> None:
    """The contexts at the start of a document: all ends."""
    state[0] = 0
    for k in range(1, len(state)):
        context = state[k - 1]
        state[k] = -1
        if context >= 0:
            state[k] = _find(followers[k - 1], first[k - 1][context], first[k - 1][context + 1], 0)


@njit(cache=True)
def _advance(state: Any, word: int, first: Any, followers: Any) -> None:
    """The contexts after `word`; -1 where a context was never seen."""
    if word == 0:
        _reset(state, first, followers)
        return
    for k in range(len(state) - 1, 0, -1):
        context = state[k - 1]
        state[k] = -1
        if context >= 0:
            state[k] = _find(
                followers[k - 1], first[k - 1][context], first[k - 1][context + 1], word
            )
    state[0] = word


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
    levels = len(first)
    state = np.zeros(levels, np.int64)
    _reset(state, first, followers)
    for position in range(size):
        word = -1
        for k in range(levels - 1, -1, -1):
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
            place = _occurrence(cumulative[k], low, high, number)
            is_first = number == cumulative[k][place]
            if linear < 0 and is_first and rng.random() < discount:
                continue
            word = followers[k][place]
            break
        if word < 0:
            word = stream[min(int(rng.random() * len(stream)), len(stream) - 1)]
        out[position] = word
        _advance(state, word, first, followers)
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
    _reset(state, first, followers)
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
            place = _find(followers[k], low, high, word)
            count = 0
            if place >= 0:
                count = cumulative[k][place + 1] - cumulative[k][place]
            if linear >= 0:
                chance = linear * count / seen + (1 - linear) * chance
            else:
                left = discount * types[k][context] / seen
                chance = max(count - discount, 0.0) / seen + left * chance
        out[position] = np.log(chance)
        _advance(state, word, first, followers)
        if position + 1 == ends[document]:
            document += 1
            _reset(state, first, followers)
    return out


@njit(cache=True)
def draw_narrowed(
    rng: Any,
    size: int,
    unigrams: Any,
    order: Any,
    first: Any,
    followers: Any,
    cumulative: Any,
    types: Any,
    discount: float,
    linear: float,
    power: float,
    most: int,
    mass: float,
) -> Any:
    """`size` words from the `most` likeliest that hold `mass`, probabilities to the `power`.

    Words that follow the context at some level (the head) are worked out one by one; all others
    (the tail) keep the order of `order`, the words by falling frequency, up to one factor.
    """
    out = np.empty(size, np.int32)
    levels, vocabulary = len(first), len(unigrams)
    total = unigrams.sum()
    tail = (unigrams / total) ** power
    tail_sum = tail.sum()
    state = np.zeros(levels, np.int64)
    chance = np.zeros(vocabulary)
    in_head = np.zeros(vocabulary, np.bool_)
    head = np.empty(vocabulary, np.int64)
    weights = np.empty(vocabulary)
    chosen = np.empty(vocabulary, np.int64)
    _reset(state, first, followers)
    for position in range(size):
        heads, rest = 0, 1.0
        for k in range(levels - 1, -1, -1):
            context = state[k]
            if context < 0:
                continue
            low, high = first[k][context], first[k][context + 1]
            seen = cumulative[k][high] - cumulative[k][low]
            if seen == 0:
                continue
            for place in range(low, high):
                count = cumulative[k][place + 1] - cumulative[k][place]
                if count == 0:
                    continue
                word = followers[k][place]
                if not in_head[word]:
                    in_head[word] = True
                    head[heads] = word
                    heads += 1
                    chance[word] = 0.0
                part = linear * count if linear >= 0 else count - discount
                chance[word] += rest * part / seen
            rest *= 1 - linear if linear >= 0 else discount * types[k][context] / seen
        head_sum = 0.0
        tail_left = tail_sum
        for j in range(heads):
            word = head[j]
            tail_left -= tail[word]
            chance[word] = (chance[word] + rest * unigrams[word] / total) ** power
            head_sum += chance[word]
            weights[j] = -chance[word]
        factor = rest**power
        everything = head_sum + factor * max(tail_left, 0.0)
        ranked = np.argsort(weights[:heads])
        # Merge head and tail by falling probability until the limit is reached.
        taken, held, j, t = 0, 0.0, 0, 0
        while taken < most and held < mass * everything:
            while t < vocabulary and in_head[order[t]]:
                t += 1
            from_tail = factor * tail[order[t]] if t < vocabulary else 0.0
            from_head = chance[head[ranked[j]]] if j < heads else 0.0
            if from_head <= 0.0 and from_tail <= 0.0:
                break
            if from_head >= from_tail:
                chosen[taken] = head[ranked[j]]
                held += from_head
                j += 1
            else:
                chosen[taken] = order[t]
                held += from_tail
                t += 1
            taken += 1
        left = rng.random() * held
        word = chosen[taken - 1]
        for i in range(taken):
            candidate = chosen[i]
            left -= chance[candidate] if in_head[candidate] else factor * tail[candidate]
            if left < 0:
                word = candidate
                break
        for i in range(heads):
            in_head[head[i]] = False
        out[position] = word
        _advance(state, word, first, followers)
    return out
