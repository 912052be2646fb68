"""Symbols counted and redrawn: formulas against multinomial chains."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from theory_chains import assert_mean

from wellhead.errors import BadSetting
from wellhead.recursion.theory import branching, discrete, theory_table

UNIFORM = np.full(10, 0.1)
ZIPF = discrete.zipf_mandelbrot(1000)


def multinomial_chain(
    p: np.ndarray, samples: int, fits: int, count: int, *, seed: int, a: float = 0.0
) -> np.ndarray:
    """Frequencies after `fits` rounds; each draw is real with probability `a`."""
    rng = np.random.default_rng(seed)
    frequencies = np.tile(p, (count, 1))
    for _ in range(fits):
        frequencies = rng.multinomial(samples, a * p + (1 - a) * frequencies) / samples
    return frequencies


def test_diversity_distance_and_survivors_agree_with_chains() -> None:
    frequencies = multinomial_chain(UNIFORM, 100, 20, 4_000, seed=1)
    chain = discrete.Replace(probabilities=UNIFORM, samples=100)
    assert_mean(1 - (frequencies**2).sum(1), chain.heterozygosity(20))
    distance = ((frequencies - UNIFORM) ** 2).sum(1)
    assert_mean(distance, chain.squared_distance(20))
    assert_mean((frequencies > 0).sum(1), chain.surviving_exact(20))


def test_rare_symbols_survive_as_branching_says() -> None:
    frequencies = multinomial_chain(ZIPF, 1000, 10, 300, seed=2)
    left = (frequencies > 0).sum(1)
    assert_mean(left, discrete.Replace(probabilities=ZIPF, samples=1000).surviving_branching(10))
    assert_mean(left, discrete.Replace(probabilities=ZIPF, samples=1000).surviving_exact(10))


def test_fresh_draws_hold_diversity_and_bring_symbols_back() -> None:
    frequencies = multinomial_chain(ZIPF, 1000, 30, 300, seed=3, a=0.1)
    chain = discrete.FreshReal(probabilities=ZIPF, samples=1000, real_share=0.1)
    distance = ((frequencies - ZIPF) ** 2).sum(1)
    assert_mean(distance, chain.squared_distance(30))
    diversity = chain.heterozygosity(30)
    assert_mean(1 - (frequencies**2).sum(1), diversity)
    assert_mean((frequencies > 0).sum(1), chain.surviving_symbols(30))


def test_accumulated_draws_keep_their_diversity() -> None:
    rng = np.random.default_rng(4)
    counts = rng.multinomial(20, np.tile(UNIFORM, (8_000, 1))).astype(float)
    for _ in range(29):
        counts += rng.multinomial(20, counts / counts.sum(1, keepdims=True))
    frequencies = counts / counts.sum(1, keepdims=True)
    expected = discrete.Accumulate(probabilities=UNIFORM, samples=20).heterozygosity(30)
    assert expected == pytest.approx(0.82914, abs=5e-6)
    assert_mean(1 - (frequencies**2).sum(1), expected)


def test_the_last_symbol_is_drawn_by_the_true_law() -> None:
    truth = np.array([0.6, 0.3, 0.1])
    frequencies = multinomial_chain(truth, 10, 150, 8_000, seed=5)
    assert (frequencies.max(1) == 1).mean() > 0.999
    for winner, expected in zip(
        frequencies.T == 1, discrete.Replace(probabilities=truth, samples=10).fixation, strict=True
    ):
        assert_mean(winner, expected)


def test_one_generation_misses_what_it_should() -> None:
    rng = np.random.default_rng(6)
    chain = discrete.Replace(probabilities=ZIPF, samples=300)
    missed = rng.multinomial(300, ZIPF, size=2_000) == 0
    assert_mean(missed.sum(1), chain.lost_after_one)
    assert_mean(missed @ ZIPF, chain.missing_mass)


def test_the_exact_chain_equals_enumeration() -> None:
    """All paths of 3 draws of 2 symbols over 2 generations, by hand."""
    p = [0.3, 0.7]
    left = 0.0
    for x, y in itertools.product(range(4), repeat=2):
        first = math.comb(3, x) * p[0] ** x * p[1] ** (3 - x)
        q = x / 3
        second = math.comb(3, y) * q**y * (1 - q) ** (3 - y)
        left += first * second * ((y > 0) + (y < 3))
    assert discrete.Replace(probabilities=p, samples=3).surviving_exact(2) == pytest.approx(left)


@pytest.mark.parametrize(
    ("samples", "n", "value"),
    [
        *[(1000, n, v) for n, v in [(1, 390.1), (2, 292.6), (5, 179.8), (10, 115.4)]],
        *[(1000, n, v) for n, v in [(20, 70.0), (50, 33.5)]],
    ],
)
def test_known_survivors_by_the_exact_chain(samples: int, n: int, value: float) -> None:
    got = discrete.Replace(probabilities=ZIPF, samples=samples).surviving_exact(n)
    assert got == pytest.approx(value, abs=0.06)


@pytest.mark.parametrize(("n", "value"), [(1, 946.6), (10, 528.4), (50, 208.3)])
def test_known_survivors_by_branching(n: int, value: float) -> None:
    got = discrete.Replace(probabilities=ZIPF, samples=10_000).surviving_symbols(n)
    assert got == pytest.approx(value, abs=0.06)


@pytest.mark.parametrize(("a", "value"), [(0.1, 214.3), (0.01, 64.7)])
def test_known_survivors_with_fresh_draws(a: float, value: float) -> None:
    got = discrete.FreshReal(probabilities=ZIPF, samples=1000, real_share=a).surviving_symbols(100)
    assert got == pytest.approx(value, abs=0.06)


@pytest.mark.parametrize(("n", "exact", "branching"), [(20, 6.26, 6.00), (50, 3.52, 3.19)])
def test_known_survivors_of_a_uniform_law(n: int, exact: float, branching: float) -> None:
    chain = discrete.Replace(probabilities=UNIFORM, samples=100)
    assert chain.surviving_exact(n) == pytest.approx(exact, abs=0.006)
    assert chain.surviving_branching(n) == pytest.approx(branching, abs=0.006)


def test_counts_of_a_corpus_are_a_chain_that_has_begun() -> None:
    rng = np.random.default_rng(7)
    counts = rng.multinomial(2_000, ZIPF)
    counts = counts[counts > 0]
    frequencies = multinomial_chain(counts / 2_000, 2_000, 8, 300, seed=8)
    left = float(np.sum(1 - branching.Replace().losses(8)[8].of(counts)))
    assert_mean((frequencies > 0).sum(1), left)


@pytest.mark.parametrize(("symbols", "samples"), [(2, 50), (10, 40)])
def test_collapse_takes_as_long_as_the_coalescent_says(symbols: int, samples: int) -> None:
    rng = np.random.default_rng(9)
    count = 3_000
    frequencies, times = np.full((count, symbols), 1 / symbols), np.zeros(count)
    while len(alive := np.flatnonzero(frequencies.max(1) < 1)):
        frequencies[alive] = rng.multinomial(samples, frequencies[alive]) / samples
        times[alive] += 1
    law = np.full(symbols, 1 / symbols)
    expected = discrete.Replace(probabilities=law, samples=samples).collapse_time
    # The coalescent is off by order one generation.
    error = 4 * times.std() / math.sqrt(count)
    assert times.mean() == pytest.approx(expected, abs=error + 1.0)


@pytest.mark.parametrize(
    ("symbols", "samples", "value"),
    [(2, 50, 67.3), (10, 10, 17.0), (10, 100, 187.6), (10, 1000, 1894), (10, 10_000, 18_900)],
)
def test_known_collapse_times(symbols: int, samples: int, value: float) -> None:
    law = np.full(symbols, 1 / symbols)
    got = discrete.Replace(probabilities=law, samples=samples).collapse_time
    assert got == pytest.approx(value, rel=4e-3)
    large = discrete.Replace(probabilities=law, samples=10**6)
    assert large.collapse_time / 10**6 == pytest.approx(large.collapse_time_limit, rel=1e-5)


@pytest.mark.parametrize(
    ("temperature", "entropies"), [(0.9, (4.662, 2.297, 0.751)), (0.7, (3.194, 0.096, 0.0))]
)
def test_low_temperature_alone_collapses_a_zipf_law(
    temperature: float, entropies: tuple[float, ...]
) -> None:
    law = discrete.zipf_mandelbrot(1000, shift=0)
    assert discrete.entropy(law) == pytest.approx(5.191, abs=5e-4)
    for n, value in zip((1, 5, 10), entropies, strict=True):
        sharp = discrete.sharpened(n, probabilities=law, temperature=temperature)
        assert discrete.entropy(sharp) == pytest.approx(value, abs=6e-4)


def test_sharpening_survives_extreme_powers() -> None:
    sharp = discrete.sharpened(100_000, probabilities=[0.6, 0.4, 0.0], temperature=0.5)
    assert sharp.tolist() == [1.0, 0.0, 0.0]
    flat = discrete.sharpened(1000, probabilities=[0.6, 0.4, 0.0], temperature=2.0)
    np.testing.assert_allclose(flat, [0.5, 0.5, 0.0])


@pytest.mark.parametrize("law", [[0.5, 0.6], [1.5, -0.5], [], [[0.5, 0.5]], [0.5, math.nan], "ab"])
def test_what_is_no_law_is_refused(law: object) -> None:
    with pytest.raises(BadSetting):
        discrete.Replace(probabilities=law, samples=10)


def test_the_exact_chain_refuses_more_memory_than_it_should_take() -> None:
    with pytest.raises(BadSetting, match="3000"):
        discrete.Replace(probabilities=UNIFORM, samples=3001).surviving_exact(1)


def test_a_regime_without_a_closed_form_is_refused() -> None:
    with pytest.raises(BadSetting, match="no closed form"):
        theory_table("discrete", regime="growing", samples=10, generations=1)
