"""Fitting Gaussian mixtures, one chain after another, and placing their draws, by numba.

The arithmetic is that of `wellhead.recursion.families.em`, which is the literal version and the
oracle of the tests: the same features, stopping rule and ridge. Matrix products are the
library's. Exponentials are a polynomial, which the compiler runs on several items at once; the
library's, called one item at a time, would make a generation seven times slower.

This module imports numba; import it only where the extra is known to be there.
"""

# Array types are numba's business here.
from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

__all__ = ["fit_all", "place"]

LOWEST = -700.0  # below it e^x counts as e^-700
LOG2_E = 1 / math.log(2)
# log 2 in two parts, the first with zeros at its end: k × first is exact.
LOG2_HIGH, LOG2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
# Added and taken away again, it rounds to a whole number and leaves it in the lowest bits.
ROUND = 1.5 * 2.0**52
BIAS = np.int64(1023)
EXP = tuple(1 / math.factorial(j) for j in range(13))
FULL = 1e200  # a product that has come so far goes into the sum of logarithms
EPSILON = 10 * float(np.finfo(np.float64).eps)


@njit(cache=True, nogil=True, error_model="numpy")
def fit_all(
    values: Any,
    mass: Any,
    weights: Any,
    means: Any,
    covariances: Any,
    likelihood: Any,
    steps: int,
    tolerance: float,
    ridge: float,
) -> None:
    """Fits each chain from the model in `weights`, `means` and `covariances`, in place.

    Args:
        values: items (chains, items, d).
        mass: (chains, items).
        weights, means, covariances: the start; replaced by the fit.
        likelihood: the mean log-likelihood of each chain; written.
        steps, tolerance: as in `em.expectation_maximisation`.
        ridge: added to every variance.
    """
    chains, items, dimension = values.shape
    width = 1 + dimension + dimension * (dimension + 1) // 2
    features = np.ones((width, items))
    coefficients = np.empty((weights.shape[1], width))
    for row in range(chains):
        whole = mass[row].sum()
        centre = (mass[row] @ values[row]) / whole
        _fill(features, values[row], centre)
        means[row] -= centre
        likelihood[row] = -np.inf
        for _ in range(steps):
            _coefficients(weights[row], means[row], covariances[row], coefficients)
            shares = coefficients @ features
            reached = _share(shares, mass[row]) / whole
            _maximise(shares @ features.T, weights[row], means[row], covariances[row], ridge)
            gain = reached - likelihood[row]
            likelihood[row] = reached
            if abs(gain) < tolerance:
                break
        means[row] += centre


@njit(cache=True, error_model="numpy")
def _fill(features: Any, values: Any, centre: Any) -> None:
    """Coordinates from their mean, and products of them (features, items); the first stays 1."""
    dimension = values.shape[1]
    at = 1 + dimension
    for i in range(dimension):
        features[1 + i] = values[:, i] - centre[i]
        for j in range(i + 1):
            features[at] = features[1 + i] * features[1 + j]
            at += 1


@njit(cache=True, error_model="numpy")
def _coefficients(weights: Any, means: Any, covariances: Any, out: Any) -> None:
    """What the features are multiplied with to give log-densities (components, features)."""
    dimension = means.shape[1]
    for c in range(len(weights)):
        precision = np.linalg.inv(covariances[c])
        linear = precision @ means[c]
        volume = math.log(np.linalg.det(covariances[c])) + dimension * math.log(2 * math.pi)
        out[c, 0] = math.log(weights[c]) - 0.5 * (linear @ means[c] + volume)
        out[c, 1 : 1 + dimension] = linear
        at = 1 + dimension
        for i in range(dimension):
            for j in range(i + 1):
                # Off the diagonal a product stands for two entries of the precision.
                out[c, at] = -precision[i, j] if i != j else -0.5 * precision[i, j]
                at += 1


@njit(cache=True, fastmath={"contract"}, error_model="numpy")
def _exponential(x: Any) -> Any:
    """e^x for x at most 0, to about 3e-16 of its value."""
    x = x if x > LOWEST else LOWEST
    shifted = x * LOG2_E + ROUND
    power = shifted - ROUND
    r = (x - power * LOG2_HIGH) - power * LOG2_LOW
    value = EXP[12]
    for j in range(11, -1, -1):
        value = value * r + EXP[j]
    bits = np.float64(shifted).view(np.int64)
    return value * np.int64((bits + BIAS) << np.int64(52)).view(np.float64)


@njit(cache=True, fastmath={"contract"}, error_model="numpy")
def _share(logs: Any, mass: Any) -> Any:
    """Turns log-densities (components, items) into shares of mass; the log-likelihood of all."""
    components, items = logs.shape
    top, total = logs[0].copy(), np.zeros(items)
    for c in range(1, components):
        for m in range(items):
            top[m] = max(top[m], logs[c, m])
    for c in range(components):
        for m in range(items):
            logs[c, m] = _exponential(logs[c, m] - top[m])
            total[m] += logs[c, m]
    # Items of one mass share the logarithm of a product; no factor exceeds the components.
    reached, product, weight = 0.0, 1.0, mass[0]
    for m in range(items):
        reached += mass[m] * top[m]
        if product > FULL or mass[m] != weight:
            reached += weight * math.log(product)
            product, weight = 1.0, mass[m]
        product *= total[m]
        total[m] = mass[m] / total[m]
    for c in range(components):
        for m in range(items):
            logs[c, m] *= total[m]
    return reached + weight * math.log(product)


@njit(cache=True, error_model="numpy")
def _maximise(sums: Any, weights: Any, means: Any, covariances: Any, ridge: float) -> None:
    components, dimension = means.shape
    whole = sums[:, 0] + EPSILON
    for c in range(components):
        means[c] = sums[c, 1 : 1 + dimension] / whole[c]
        at = 1 + dimension
        for i in range(dimension):
            for j in range(i + 1):
                covariances[c, i, j] = sums[c, at] / whole[c] - means[c, i] * means[c, j]
                covariances[c, j, i] = covariances[c, i, j]
                at += 1
            covariances[c, i, i] += ridge
    weights[:] = whole / whole.sum()


@njit(cache=True, nogil=True, error_model="numpy")
def place(values: Any, uniform: Any, edges: Any, means: Any, factors: Any) -> None:
    """Turns standard normal `values` (chains, items, d) into draws; see `mixture.placed`."""
    chains, items, dimension = values.shape
    for row in range(chains):
        for m in range(items):
            c, at = 0, uniform[row, m] * edges[row, -1]
            while at > edges[row, c]:
                c += 1
            # From the last coordinate on, because each needs those before it.
            for i in range(dimension - 1, -1, -1):
                total = means[row, c, i]
                for j in range(i + 1):
                    total += factors[row, c, i, j] * values[row, m, j]
                values[row, m, i] = total
