"""Chains of Gaussian fits, simulated apart from the code under test, and the 4-error comparison.

Two oracles: `Chains` draws sufficient statistics (a normal mean, a chi-square scatter), many
thousand chains at a time; `literal_*` in the test files draw every sample.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def assert_mean(simulated: np.ndarray, formula: float, *, errors: float = 4.0) -> None:
    """The mean of `simulated` lies within `errors` standard errors of `formula`."""
    values = np.asarray(simulated, dtype=float)
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert error > 0, "a simulation without spread cannot test anything"
    assert abs(values.mean() - formula) <= errors * error, (
        f"simulated {values.mean():.6g} ± {error:.2g}, formula {formula:.6g}"
    )


def assert_sd(simulated: np.ndarray, formula: float, *, errors: float = 4.0) -> None:
    """The standard deviation of `simulated` agrees, by the error of a squared deviation."""
    deviations = (simulated - simulated.mean()) ** 2
    assert_mean(deviations, formula**2, errors=errors)


def assert_median(simulated: np.ndarray, formula: float, *, slack: float = 0.0) -> None:
    """`formula` lies between the order statistics 4 binomial errors around the median."""
    ordered = np.sort(simulated)
    half, reach = len(ordered) / 2, 2 * np.sqrt(len(ordered))
    low, high = ordered[int(half - reach)], ordered[int(half + reach)]
    assert low * (1 - slack) <= formula <= high * (1 + slack)


def chains(
    count: int,
    fits: int,
    size: Callable[[int], int],
    *,
    seed: int,
    ddof: int = 0,
    bias: float = 1.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Means and variances after `fits` replacements, from the truth N(0, 1)."""
    rng = np.random.default_rng(seed)
    mean, variance = np.zeros(count), np.ones(count)
    for fit in range(1, fits + 1):
        m = size(fit)
        drawn = bias * variance
        mean = mean + np.sqrt(drawn / m) * rng.standard_normal(count)
        variance = drawn * rng.chisquare(m - 1, count) / (m - ddof)
    return mean, variance


def wasserstein(mean: np.ndarray, variance: np.ndarray) -> np.ndarray:
    """Squared Wasserstein-2 distances from N(0, 1)."""
    return np.asarray(mean**2 + (np.sqrt(variance) - 1) ** 2)
