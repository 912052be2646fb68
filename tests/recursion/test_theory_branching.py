"""Which words of a corpus are still in the training set: branching against literal redrawing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from theory_chains import assert_mean

from wellhead.errors import BadSetting
from wellhead.recursion.theory import branching
from wellhead.recursion.theory.branching import branching_under, survivor_rate

# A corpus whose words are all rare: 200 each of 1 to 5 occurrences and a frequent rest.
COUNTS = np.concatenate([np.repeat([1, 2, 3, 4, 5], 200), [300] * 20])
N = int(COUNTS.sum())
RARE = slice(0, 1000)
Step = Callable[[np.random.Generator, np.ndarray, list[np.ndarray]], np.ndarray]


def survivors(step: Step, rounds: int, *, seed: int = 0, runs: int = 40) -> np.ndarray:
    """Rare words in the training set after `rounds`, run by run."""
    left = []
    for run in range(runs):
        rng = np.random.default_rng([seed, run])
        training, pool = COUNTS.copy(), [COUNTS.copy()]
        for _ in range(rounds):
            training = step(rng, training, pool)
        left.append(np.count_nonzero(training[RARE]))
    return np.array(left)


def drawn(rng: np.random.Generator, training: np.ndarray, size: int) -> np.ndarray:
    return rng.multinomial(size, training / training.sum())


def expected(
    rounds: int, regime: str = "replace", share: float | None = None, ratio: float = 1.0
) -> float:
    loss = branching_under(regime, share, ratio).losses(rounds)[rounds]
    return float(np.sum(1 - loss.of(COUNTS[RARE])))


def test_replacement_is_the_survival_of_counts() -> None:
    assert expected(6) == pytest.approx(np.sum(-np.expm1(-COUNTS[RARE] * survivor_rate(6))))
    assert_mean(survivors(lambda rng, t, _: drawn(rng, t, N), 6), expected(6))


def test_fresh_text_brings_words_back() -> None:
    def step(rng: np.random.Generator, t: np.ndarray, _: list[np.ndarray]) -> np.ndarray:
        return drawn(rng, t, N * 4 // 5) + drawn(rng, COUNTS, N // 5)

    assert_mean(survivors(step, 6), expected(6, regime="fresh-real", share=0.2))


def test_kept_originals_keep_their_words() -> None:
    left = []
    for run in range(40):
        rng = np.random.default_rng([1, run])
        kept = rng.multivariate_hypergeometric(COUNTS, N // 5)
        training = COUNTS
        for _ in range(6):
            training = kept + drawn(rng, training, N - N // 5)
        left.append(np.count_nonzero(training[RARE]))
    assert_mean(np.array(left), expected(6, regime="fixed-original", share=0.2))


def test_a_subsample_of_everything_loses_words_slowly() -> None:
    def step(rng: np.random.Generator, t: np.ndarray, pool: list[np.ndarray]) -> np.ndarray:
        pool[0] = pool[0] + drawn(rng, t, N)
        return rng.multivariate_hypergeometric(pool[0], N)

    assert_mean(survivors(step, 5), expected(5, regime="accumulate-subsample"))


def test_growing_sets_lose_fewer_words() -> None:
    left = []
    for run in range(40):
        rng = np.random.default_rng([2, run])
        training = COUNTS
        for k in range(2, 7):
            training = drawn(rng, training, k * N)
        left.append(np.count_nonzero(training[RARE]))
    assert_mean(np.array(left), expected(5, regime="growing"))


@pytest.mark.parametrize("regime", ["replace", "accumulate-subsample"])
def test_a_model_worth_fewer_draws_writes_clumps(regime: str) -> None:
    def step(rng: np.random.Generator, t: np.ndarray, pool: list[np.ndarray]) -> np.ndarray:
        written = 4 * drawn(rng, t, N // 4)
        if regime == "replace":
            return written
        pool[0] = pool[0] + written
        return rng.multivariate_hypergeometric(pool[0], N)

    assert_mean(survivors(step, 4), expected(4, regime=regime, ratio=0.25))


@pytest.mark.parametrize("regime", ["accumulate", "synthetic-added"])
def test_regimes_that_keep_every_original_lose_nothing(regime: str) -> None:
    share = {"share": 0.5} if regime == "synthetic-added" else {}
    assert expected(50, regime=regime, **share) == 1000


@pytest.mark.parametrize("regime", ["fresh-real", "fixed-original"])
def test_all_real_data_is_the_end_of_loss_or_a_new_draw(regime: str) -> None:
    left = expected(20, regime=regime, share=1.0)
    new = float(np.sum(1 - np.exp(-COUNTS[RARE])))
    assert left == pytest.approx(new if regime == "fresh-real" else 1000)


def test_nothing_is_lost_before_the_first_round() -> None:
    for regime in branching.REGIMES:
        share = 0.3 if regime in ("fresh-real", "fixed-original", "synthetic-added") else None
        assert expected(0, regime=regime, share=share) == 1000


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: branching_under("golden-ratio"),
        lambda: branching_under("fresh-real"),
        lambda: branching_under("replace", 0.1),
        lambda: branching_under("replace", size_ratio=0.0),
        lambda: branching_under("fresh-real", 1.1),
        lambda: branching.Growing(sizes=[1.0]).losses(3),
        lambda: branching.Replace().losses(-1),
    ],
)
def test_settings_outside_their_range_raise(wrong: Callable[[], object]) -> None:
    with pytest.raises(BadSetting):
        wrong()
