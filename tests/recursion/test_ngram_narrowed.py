"""Narrowed sampling from n-grams: the fast draws against the law worked out word by word."""

from __future__ import annotations

import time
from collections import Counter
from functools import cache

import numpy as np
import pytest
from scipy.stats import chi2

from wellhead.errors import BadSetting
from wellhead.recursion.config import plan
from wellhead.recursion.families.documents import Documents
from wellhead.recursion.families.ngram import NGram
from wellhead.recursion.family import Fitting
from wellhead.recursion.samplers import Temperature, TopK, TopP, Unbiased

WORDS = 40_000
SAMPLERS = [
    TopP(p=0.9),
    TopP(p=0.3),
    TopP(p=0.8, temperature=0.7),
    TopP(p=0.6, temperature=1.5),
    TopK(k=1),
    TopK(k=4),
    TopK(k=6, temperature=1.4),
    Temperature(temperature=0.5),
    Temperature(temperature=1.3),
]


@pytest.fixture(scope="module")
def fitted(tmp_path_factory):
    """600 lines of a chain over 30 words: some contexts are rich, many were met once.

    Gives, by order and smoothing, the family, its model, and the law after a context.
    """
    rng = np.random.default_rng(4)
    law = rng.dirichlet(np.full(30, 0.15), 30)
    lines = []
    for _ in range(600):
        words = [int(rng.integers(30))]
        while len(words) < 8:
            words.append(int(rng.choice(30, p=law[words[-1]])))
        lines.append(" ".join(f"w{word}" for word in words))
    file = tmp_path_factory.mktemp("ngram") / "corpus.txt"
    file.write_text("\n".join(lines))

    @cache
    def fit(order: int, smoothing: str):
        family = NGram(order=order, corpus=str(file), smoothing=smoothing, floor=1e-12)
        model = family.fit(family.real_text().training, Fitting(np.random.default_rng(0)))
        size = len(family.real_text().vocabulary)
        return family, model, cache(lambda context: law_after(family, model, context, size))

    return fit


def law_after(family: NGram, model, context: tuple[int, ...], vocabulary: int) -> np.ndarray:
    """The probability of each word after a context, from the scores."""
    words = np.array([[*context, word] for word in range(vocabulary)])
    ends = np.arange(1, vocabulary + 1) * words.shape[1]
    scores = family.score(model, Documents(words.ravel().astype(np.int32), ends))
    return np.exp(scores.reshape(words.shape)[:, -1])


def narrowed(law: np.ndarray, sampler) -> dict[float, float]:
    """The literal law: the mass drawn at each level of probability, so that ties need no rule."""
    law = law ** (1 / sampler.temperature)
    law = np.sort(law / law.sum())[::-1]
    before = np.concatenate([[0.0], np.cumsum(law)[:-1]])
    kept = np.arange(len(law)) < getattr(sampler, "k", len(law))
    kept &= before < getattr(sampler, "p", 1.0) - 1e-9
    drawn: dict[float, float] = Counter()
    for chance, keeps in zip(law, kept, strict=True):
        drawn[float(f"{chance:.6g}")] += chance * keeps / law[kept].sum()
    return drawn


def after_contexts(words: np.ndarray, order: int) -> dict[tuple[int, ...], Counter[int]]:
    """What was drawn after each context that lies within one document."""
    grams = np.lib.stride_tricks.sliding_window_view(words, order)
    kinds, counts = np.unique(grams[(grams[:, :-1] > 0).all(axis=1)], axis=0, return_counts=True)
    found: dict[tuple[int, ...], Counter[int]] = {}
    for (*context, word), times in zip(kinds.tolist(), counts.tolist(), strict=True):
        found.setdefault(tuple(context), Counter())[word] = times
    return found


def chi_square(expected: dict[float, float], found: Counter[float]) -> tuple[float, int]:
    """The statistic and its degrees of freedom; cells of fewer than 5 expected go together."""
    total = found.total()
    cells = [[0.0, 0.0]]
    for level, mass in expected.items():
        if mass * total >= 5:
            cells.append([found[level], mass * total])
        else:
            cells[0][0] += found[level]
            cells[0][1] += mass * total
    kept = [(seen, wanted) for seen, wanted in cells if wanted >= 1]
    statistic = sum((seen - wanted) ** 2 / wanted for seen, wanted in kept)
    return statistic, max(len(kept) - 1, 0)


@pytest.mark.parametrize("smoothing", ["discount", "linear"])
@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize("sampler", SAMPLERS, ids=repr)
def test_narrowed_draws_follow_the_literal_law_after_each_context(
    fitted, order, smoothing, sampler
):
    """Chi-square after the contexts drawn most often, and no word beyond the limits."""
    family, model, law_of = fitted(order, smoothing)
    words = family.sample(model, WORDS, sampler, np.random.default_rng(11)).words
    statistic, freedom = 0.0, 0
    after = after_contexts(words, order)
    for context, seen in sorted(after.items(), key=lambda item: -item[1].total())[:40]:
        law = law_of(context)
        plain = law ** (1 / sampler.temperature)
        levels = [float(f"{chance:.6g}") for chance in plain / plain.sum()]
        expected, found = narrowed(law, sampler), Counter()
        for word, times in seen.items():
            found[levels[word]] += times
        assert all(expected[level] > 0 for level in found)
        part, cells = chi_square(expected, found)
        statistic, freedom = statistic + part, freedom + cells
    assert freedom == 0 or chi2.sf(statistic, freedom) > 1e-4


def test_temperatures_whose_powers_have_no_numbers_are_refused_before_anything_runs():
    table = {"family": {"name": "ngram"}, "regime": "replace", "generations": 1}
    sampler = {"name": "temperature", "temperature": 0.01}
    with pytest.raises(BadSetting, match="for n-grams"):
        plan(table | {"sampler": sampler})


@pytest.mark.parametrize("sampler", [TopP(p=0.9), TopP(p=0.5), TopK(k=5), TopP(p=1.0)], ids=repr)
def test_a_narrowed_draw_costs_at_most_three_times_one_from_the_law(fitted, sampler):
    """Processor time of drawing alone, the least of some runs, with twenty words a context."""
    family, model, _ = fitted(3, "discount")

    def seconds(how) -> float:
        taken = []
        for _ in range(5):
            began = time.thread_time()
            family.sample(model, 400_000, how, np.random.default_rng(3))
            taken.append(time.thread_time() - began)
        return min(taken)

    family.sample(model, 1000, sampler, np.random.default_rng(3))
    assert seconds(sampler) < 3 * seconds(Unbiased())
