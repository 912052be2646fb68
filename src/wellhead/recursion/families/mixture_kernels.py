"""Fitting Gaussian mixtures, one chain after another, compiled by numba.

The arithmetic is that of `wellhead.recursion.families.em`, which is the literal version and the
oracle of the tests: the same features, stopping rule and ridge. What differs is that a step reads
every item once, in blocks that stay in the cache, and keeps only the sums; and that exponentials
and logarithms are polynomials, which the compiler runs on several items at once (the library's
own functions are called one item at a time and would take most of the time).

This module imports numba; import it only where the extra is known to be there.
"""

# Array types are numba's business here.
from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import njit

from wellhead.recursion.families.mixture_draws import BLOCK

__all__ = ["exponential", "fit_all", "logarithm"]

TOGETHER = 32  # factors of a product, each at most the number of components
LOWEST = -700.0  # below it e^x counts as e^-700

LOG2_E = 1 / math.log(2)
# log 2 in two parts, the first with zeros at its end: k × first is exact.
LOG2_HIGH, LOG2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
# Added and taken away again, it rounds to a whole number and leaves it in the lowest bits.
ROUND = 1.5 * 2.0**52
BIAS = np.int64(1023)
MANTISSA, ONE, ROOT_HALF = np.int64(2**52 - 1), np.int64(1023 << 52), np.int64(0x3FE6A09E667F3BCD)
EXP = tuple(1 / math.factorial(j) for j in range(13))
LOG = tuple(2 / (2 * j + 1) for j in range(11))

SUMS = {"reassoc", "contract", "nsz"}  # sums may be reordered; nothing else is assumed


@njit(cache=True, fastmath={"contract"}, error_model="numpy")
def exponential(x: Any) -> Any:
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
def logarithm(x: Any) -> Any:
    """log x for positive x that are not subnormal, to about 3e-16."""
    bits = np.float64(x).view(np.int64)
    power = (bits - ROOT_HALF) >> np.int64(52)
    scaled = np.int64(bits - (power << np.int64(52))).view(np.float64)  # within √½ and √2
    s = (scaled - 1) / (scaled + 1)
    square = s * s
    value = LOG[10]
    for j in range(9, -1, -1):
        value = value * square + LOG[j]
    return power * LOG2_HIGH + (value * s + power * LOG2_LOW)


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
    components = weights.shape[1]
    width = 1 + dimension + dimension * (dimension + 1) // 2
    features = np.ones((width, items))
    coefficients = np.empty((components, width))
    sums = np.empty((components, width))
    block = np.empty((components + 2, BLOCK))
    centre, linear = np.empty(dimension), np.empty(dimension)
    inverse = np.empty((dimension, dimension))
    for row in range(chains):
        whole, even = _weigh(mass[row])
        _fill(features, values[row], mass[row], whole, centre)
        means[row] -= centre
        likelihood[row] = -np.inf
        for _ in range(steps):
            _coefficients(weights[row], means[row], covariances[row], inverse, linear, coefficients)
            reached = _sums(features, mass[row], even, coefficients, sums, block) / whole
            _maximise(sums, weights[row], means[row], covariances[row], ridge)
            gain = reached - likelihood[row]
            likelihood[row] = reached
            if abs(gain) < tolerance:
                break
        means[row] += centre


@njit(cache=True, fastmath=SUMS, error_model="numpy")
def _weigh(mass: Any) -> Any:
    """The sum, and whether all are the same."""
    whole, other = 0.0, 0
    for m in range(len(mass)):
        whole += mass[m]
        other += mass[m] != mass[0]
    return whole, other == 0


@njit(cache=True, fastmath=SUMS, error_model="numpy")
def _fill(features: Any, values: Any, mass: Any, whole: float, centre: Any) -> None:
    """Coordinates from their mean, and products of them (features, items); the first stays 1.

    Centred, so that second moments minus squared means lose no digits.
    """
    items, dimension = values.shape
    place = 1 + dimension
    for i in range(dimension):
        total = 0.0
        for m in range(items):
            total += mass[m] * values[m, i]
        centre[i] = total / whole
        own = features[1 + i]
        for m in range(items):
            own[m] = values[m, i] - centre[i]
        for j in range(i + 1):
            other, product = features[1 + j], features[place]
            for m in range(items):
                product[m] = own[m] * other[m]
            place += 1


@njit(cache=True, error_model="numpy")
def _sums(features: Any, mass: Any, even: bool, coefficients: Any, sums: Any, block: Any) -> Any:
    """Writes the responsibility-weighted sums of features; the log-likelihood of all items."""
    sums[:] = 0.0
    reached = 0.0
    for low in range(0, features.shape[1], BLOCK):
        reached += _shares(features, low, mass[low : low + BLOCK], even, coefficients, block)
        _add(features, low, block, sums)
    return reached


@njit(cache=True, fastmath=SUMS, error_model="numpy")
def _shares(features: Any, low: int, mass: Any, even: bool, coefficients: Any, block: Any) -> Any:
    """Writes each component's share of each item's mass into `block`; their log-likelihood."""
    components, width = coefficients.shape
    items = len(mass)
    top, total = block[components, :items], block[components + 1, :items]
    for c in range(components):
        logs = block[c, :items]
        logs[:] = coefficients[c, 0]
        # Two features in one pass: half as many loads and stores of what they are added to.
        for f in range(1, width - 1, 2):
            one, two = coefficients[c, f], coefficients[c, f + 1]
            first, second = features[f, low : low + items], features[f + 1, low : low + items]
            for m in range(items):
                logs[m] += one * first[m] + two * second[m]
        if width % 2 == 0:
            one, first = coefficients[c, width - 1], features[width - 1, low : low + items]
            for m in range(items):
                logs[m] += one * first[m]
        for m in range(items):
            top[m] = logs[m] if c == 0 else max(top[m], logs[m])
    if components == 2:
        # The larger of two shares is 1 before they are scaled: one exponential instead of two.
        first, second = block[0, :items], block[1, :items]
        for m in range(items):
            apart = first[m] - second[m]
            smaller = exponential(-abs(apart))
            total[m] = 1.0 + smaller
            first[m], second[m] = (1.0, smaller) if apart > 0 else (smaller, 1.0)
    else:
        total[:] = 0.0
        for c in range(components):
            logs = block[c, :items]
            for m in range(items):
                logs[m] = exponential(logs[m] - top[m])
                total[m] += logs[m]
    reached = _likelihood(mass, even, top, total)
    for m in range(items):
        total[m] = mass[m] / total[m]
    for c in range(components):
        shares = block[c, :items]
        for m in range(items):
            shares[m] *= total[m]
    return reached


@njit(cache=True, fastmath=SUMS, error_model="numpy")
def _likelihood(mass: Any, even: bool, top: Any, total: Any) -> Any:
    """The log-likelihood of all items; those of one mass share logarithms of products."""
    items, reached = len(mass), 0.0
    if not even:
        for m in range(items):
            reached += mass[m] * (top[m] + logarithm(total[m]))
        return reached
    for m in range(items):
        reached += top[m]
    whole = items - items % TOGETHER
    for low in range(0, whole, TOGETHER):
        product = 1.0
        for m in range(TOGETHER):
            product *= total[low + m]
        reached += logarithm(product)
    for m in range(whole, items):
        reached += logarithm(total[m])
    return mass[0] * reached


@njit(cache=True, fastmath=SUMS, error_model="numpy")
def _add(features: Any, low: int, block: Any, sums: Any) -> None:
    components, width = sums.shape
    items = min(BLOCK, features.shape[1] - low)
    for c in range(components):
        shares, weight = block[c, :items], 0.0
        for m in range(items):
            weight += shares[m]
        sums[c, 0] += weight
        for f in range(1, width - 1, 2):
            first, second = features[f, low : low + items], features[f + 1, low : low + items]
            one, two = 0.0, 0.0
            for m in range(items):
                one += shares[m] * first[m]
                two += shares[m] * second[m]
            sums[c, f] += one
            sums[c, f + 1] += two
        if width % 2 == 0:
            first, one = features[width - 1, low : low + items], 0.0
            for m in range(items):
                one += shares[m] * first[m]
            sums[c, width - 1] += one


@njit(cache=True, error_model="numpy")
def _maximise(sums: Any, weights: Any, means: Any, covariances: Any, ridge: float) -> None:
    components, dimension = means.shape
    for c in range(components):
        weights[c] = sums[c, 0] + 10 * np.finfo(np.float64).eps
        place = 1 + dimension
        for i in range(dimension):
            means[c, i] = sums[c, 1 + i] / weights[c]
            for j in range(i + 1):
                covariances[c, i, j] = sums[c, place] / weights[c] - means[c, i] * means[c, j]
                covariances[c, j, i] = covariances[c, i, j]
                place += 1
            covariances[c, i, i] += ridge
    weights /= weights.sum()


@njit(cache=True, error_model="numpy")
def _coefficients(
    weights: Any, means: Any, covariances: Any, inverse: Any, linear: Any, out: Any
) -> None:
    """What the features are multiplied with to give log-densities (components, features).

    `inverse` (d, d) and `linear` (d,) are scratch.
    """
    components, dimension = means.shape
    for c in range(components):
        spread = _invert(covariances[c], inverse)
        out[c, 0] = np.log(weights[c]) - 0.5 * dimension * np.log(2 * np.pi) - spread
        place = 1 + dimension
        linear[:] = 0.0
        for i in range(dimension):
            for j in range(i + 1):
                # The precision is the transpose of the inverse factor times that factor.
                entry = 0.0
                for k in range(i, dimension):
                    entry += inverse[k, i] * inverse[k, j]
                linear[i] += entry * means[c, j]
                if i != j:
                    linear[j] += entry * means[c, i]
                # Off the diagonal a product stands for two entries of the precision.
                out[c, place] = -entry if i != j else -0.5 * entry
                place += 1
        for i in range(dimension):
            out[c, 0] -= 0.5 * linear[i] * means[c, i]
            out[c, 1 + i] = linear[i]


@njit(cache=True, error_model="numpy")
def _invert(covariance: Any, inverse: Any) -> Any:
    """Writes the inverse of the Cholesky factor; returns half the log-determinant.

    Written out, because a call of the library costs more than these few products.
    """
    dimension, spread = len(covariance), 0.0
    for i in range(dimension):
        # The factor's row first, in the lower triangle, then turned into the inverse's.
        for j in range(i + 1):
            value = covariance[i, j]
            for k in range(j):
                value -= inverse[i, k] * inverse[j, k]
            if i == j and not value > 0:
                raise ValueError("a covariance is not positive definite")
            inverse[i, j] = math.sqrt(value) if i == j else value / inverse[j, j]
        spread += math.log(inverse[i, i])
    for i in range(dimension):
        own = 1.0 / inverse[i, i]
        for j in range(i):
            value = 0.0
            for k in range(j, i):
                value -= inverse[i, k] * inverse[k, j]
            inverse[i, j] = value * own
        inverse[i, i] = own
    return spread
